package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"converge/internal/manifest/diag"
)

// describeOthers describes files of another tool that look like manifests; "" if there are none.
func describeOthers(names []string) string {
	for _, name := range names {
		tool := ""
		switch filepath.Ext(name) {
		case ".tf":
			tool = "Terraform's"
		case ".yml", ".yaml":
			tool = "written in YAML"
		case ".pp":
			tool = "Puppet's"
		case ".rb":
			tool = "Chef's"
		default:
			continue
		}
		return fmt.Sprintf(" Files such as %q are %s: blocks of converge begin with a kind, as in file \"/etc/motd\" { … }.", name, tool)
	}
	return ""
}

// DescribeValues describes files beside the manifests of a folder from which Terraform would read values of variables;
// "" if there are none.
func (f *Files) DescribeValues(dir string) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "" // the folder was read before, and this is only a hint
	}
	for _, e := range entries {
		if name := e.Name(); (strings.HasSuffix(name, ".tfvars") || strings.HasSuffix(name, ".tfvars.json")) && !f.isVarFile(filepath.Join(dir, name)) {
			return fmt.Sprintf(" %s is not read by itself: --var-file %s reads it.", name, filepath.Join(dir, name))
		}
	}
	return ""
}

// isRead reports whether a file beside the manifests was read, or any file in a folder.
func (f *Files) isRead(path string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, isValues := f.varSums[path]; isValues {
		return true
	}
	asked, err := filepath.Abs(path)
	for p := range f.read {
		p, failed := filepath.Abs(p) // paths from path.module are absolute, even if the folder has a relative name
		if err == nil && failed == nil && (p == asked || strings.HasPrefix(p, asked+"/")) {
			return true
		}
	}
	return false
}

// joinNames joins up to five names.
func joinNames(names []string) string {
	const most = 5
	if n := len(names) - most; n > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), n)
	}
	if n := len(names) - 1; n > 0 {
		return strings.Join(names[:n], ", ") + " and " + names[n]
	}
	return names[0]
}

// NearFile returns the existing path that a path was probably meant to be: one of its names is misspelt, or the
// extension of a manifest is missing; "" if there is none, or if path exists.
func NearFile(path string) string {
	dir, name := filepath.Split(filepath.Clean(path))
	at := dir
	if at == "" {
		at = "."
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) || name == "" {
		return ""
	}
	if _, err := os.Stat(at); errors.Is(err, fs.ErrNotExist) {
		near := filepath.Join(NearFile(at), name)
		if _, err := os.Stat(near); err != nil || near == name {
			return ""
		}
		return near
	}
	entries, err := os.ReadDir(at)
	if err != nil {
		return "" // this is only a hint
	}
	var names []string
	for _, e := range entries {
		if e.Name() == name+".hcl" || e.Name() == name+".hcl.json" || e.Name() == name+".json" {
			return dir + e.Name()
		}
		if !strings.HasSuffix(e.Name(), "~") { // an editor's backup
			names = append(names, e.Name())
		}
	}
	if near := diag.Misspelt(name, names); near != "" {
		return dir + near
	}
	return ""
}

// SuggestFile returns " Did you mean …?" if a path that does not exist is similar to one that does.
func SuggestFile(path string) string {
	if near := NearFile(path); near != "" {
		return fmt.Sprintf(" Did you mean %q?", near)
	}
	return ""
}
