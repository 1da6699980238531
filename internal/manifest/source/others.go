package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
)

// describeOthers tells of files of another tool that look like manifests; "" if there are none.
func describeOthers(entries []os.DirEntry) string {
	for _, e := range entries {
		tool := ""
		switch filepath.Ext(e.Name()) {
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
		return fmt.Sprintf(" Files such as %q are %s: blocks of converge begin with a kind, as in file \"/etc/motd\" { … }.", e.Name(), tool)
	}
	return ""
}

// DescribeValues tells of files beside the manifests of a folder that Terraform would read values of variables
// from; "" if there are none.
func (f *Files) DescribeValues(dir string) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "" // it has been read, and this is a hint alone
	}
	for _, e := range entries {
		if name := e.Name(); (strings.HasSuffix(name, ".tfvars") || strings.HasSuffix(name, ".tfvars.json")) && !f.isVarFile(filepath.Join(dir, name)) {
			return fmt.Sprintf(" %s is not read by itself: --var-file %s reads it.", name, filepath.Join(dir, name))
		}
	}
	return ""
}

// WarnOfOthers warns of files in a folder of manifests that another tool would read, and that are not read here; nil if
// there are none. hasData: files of values are named in the manifest, for each host.
func (f *Files) WarnOfOthers(dir string, hasData bool) *hcl.Diagnostic {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // it has been read, and this is a hint alone
	}
	var blocks, values []string
	for _, e := range entries {
		name := e.Name()
		path := filepath.Join(dir, name)
		switch {
		case strings.HasPrefix(name, ".") || f.isVarFile(path) || f.isRead(path):
		case isOtherBlocks(name):
			blocks = append(blocks, name)
		case isOtherValues(name) && !(hasData && !strings.Contains(name, ".tfvars")):
			values = append(values, path)
		}
	}
	if len(blocks)+len(values) == 0 {
		return nil
	}
	var b strings.Builder
	in := ""
	if dir != "." {
		in = fmt.Sprintf(" in the folder %q", dir)
	}
	fmt.Fprintf(&b, "Nothing is read of %s%s: manifests are the files whose names end in .hcl.", joinNames(append(slices.Clone(blocks), baseNames(values)...)), in)
	if len(blocks) > 0 {
		b.WriteString(" A block of Terraform is here one that begins with its kind, as in file \"/etc/motd\" { … }; variable, locals, output and module are written as there.")
	}
	if len(values) > 0 {
		fmt.Fprintf(&b, " Values of variables, NAME = VALUE on each line or an object of JSON, are read by --var-file %s, or without a flag by settings { data = [%q] }.", values[0], filepath.Base(values[0]))
	}
	return &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "Files of another tool", Detail: b.String()}
}

func isOtherBlocks(name string) bool {
	return strings.HasSuffix(name, ".tf") || strings.HasSuffix(name, ".tf.json") || strings.HasSuffix(name, ".tofu")
}

func isOtherValues(name string) bool {
	return strings.HasSuffix(name, ".tfvars") || strings.HasSuffix(name, ".tfvars.json") || slices.Contains([]string{"group_vars", "host_vars", "hiera.yaml", "vars.yml", "vars.yaml", "vars.json"}, name)
}

// isRead reports whether a file beside the manifests was read, or one in a folder.
func (f *Files) isRead(path string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, isValues := f.varSums[path]; isValues {
		return true
	}
	for p := range f.read {
		if p == path || strings.HasPrefix(p, path+"/") {
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

func baseNames(paths []string) (names []string) {
	for _, p := range paths {
		names = append(names, filepath.Base(p))
	}
	return names
}

// NearFile returns the path that a path was probably meant to be which leads nowhere: one of its names has a slip,
// or lacks the end of a manifest; "" if there is none, or path leads somewhere.
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
		return "" // this is a hint alone
	}
	var names []string
	for _, e := range entries {
		if e.Name() == name+".hcl" || e.Name() == name+".hcl.json" || e.Name() == name+".json" {
			return dir + e.Name()
		}
		if !strings.HasSuffix(e.Name(), "~") { // an editor's copy
			names = append(names, e.Name())
		}
	}
	if near := diag.Misspelt(name, names); near != "" {
		return dir + near
	}
	return ""
}

// SuggestFile answers " Did you mean …?" if a path that leads nowhere is close to one that does.
func SuggestFile(path string) string {
	if near := NearFile(path); near != "" {
		return fmt.Sprintf(" Did you mean %q?", near)
	}
	return ""
}
