package source

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Beside holds what the advice about files beside the manifests of a folder depends on.
type Beside struct {
	Dir      string
	IsModule bool // the block that calls it sets its variables, and no file does
	HasData  bool // the manifest names files of values for each host
}

// WarnOfOthers warns of files in a folder of manifests that another tool would read, and that converge does not; nil if
// there are none.
func (f *Files) WarnOfOthers(at Beside) *hcl.Diagnostic {
	entries, err := os.ReadDir(at.Dir)
	if err != nil {
		return nil // the folder was read before, and this is only a hint
	}
	var blocks, values []string
	for _, e := range entries {
		name := e.Name()
		path := filepath.Join(at.Dir, name)
		switch {
		case strings.HasPrefix(name, ".") || f.isVarFile(path) || f.isRead(path) || e.IsDir() && f.holdsVarFile(path):
		case isOtherBlocks(name):
			blocks = append(blocks, name)
		case isOtherValues(name) && !(at.HasData && !strings.Contains(name, ".tfvars")):
			values = append(values, name)
		}
	}
	if len(blocks)+len(values) == 0 {
		return nil
	}
	in := ""
	if at.Dir != "." {
		in = fmt.Sprintf(" in the folder %q", at.Dir)
	}
	detail := fmt.Sprintf("Nothing is read of %s%s: manifests are the files whose names end in .hcl.", joinNames(append(slices.Clone(blocks), values...)), in)
	if len(blocks) > 0 {
		detail += " A block of Terraform is here one that begins with its kind, as in file \"/etc/motd\" { … }; variable, locals, output and module are written as there."
	}
	return &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "Files of another tool", Detail: detail + at.adviseValues(values)}
}

// adviseValues explains how to read values from files of each form, with the first of them as the example.
func (at Beside) adviseValues(names []string) (advice string) {
	given := map[string]bool{}
	for _, name := range names {
		for _, file := range at.listValues(name) {
			form, text := at.advise(file)
			if !given[form] {
				given[form] = true
				advice += text
			}
		}
	}
	return advice
}

// advise returns the form of a file of values, and explains how to read it; file is relative to the folder.
func (at Beside) advise(file string) (form, advice string) {
	end := filepath.Ext(file)
	switch {
	case filepath.Base(file) == "hiera.yaml":
		return "hiera", fmt.Sprintf(" The layers of %s are here a list of files of values, in HCL or JSON, the general ones first: settings { data = [\"data/${node.hostname}.hcl\"] }.", file)
	case end == ".yml", end == ".yaml", end == "": // Ansible's files of a group often have no extension
		return "yaml", fmt.Sprintf(" YAML is read by an expression: locals { vars = yamldecode(file(%q)) } gives local.vars.NAME.", file)
	case !slices.Contains([]string{".tfvars", ".json", ".hcl"}, end):
		return "", ""
	case at.IsModule:
		return "values", " The variables of a module are set in the block that uses it."
	}
	return "values", fmt.Sprintf(" Values of variables, NAME = VALUE on each line or an object of JSON, are read by --var-file %s, or without a flag by settings { data = [%q] }.", filepath.Join(at.Dir, file), file)
}

// listValues returns the files with that name: the file itself, or those in the folder and its subfolders, as Ansible keeps them.
func (at Beside) listValues(name string) (files []string) {
	if info, err := os.Stat(filepath.Join(at.Dir, name)); err != nil || !info.IsDir() {
		return []string{name}
	}
	for _, pattern := range []string{"*", "*/*"} {
		found, _ := filepath.Glob(filepath.Join(escapeGlob(filepath.Join(at.Dir, name)), pattern)) // the pattern is well formed
		for _, path := range found {
			info, err := os.Stat(path)
			rel, failed := filepath.Rel(at.Dir, path)
			if err == nil && failed == nil && info.Mode().IsRegular() && !strings.HasPrefix(filepath.Base(path), ".") {
				files = append(files, rel)
			}
		}
	}
	return files
}

// holdsVarFile reports whether a given file of variables is below a folder.
func (f *Files) holdsVarFile(dir string) bool {
	abs, err := filepath.Abs(dir)
	return err == nil && slices.ContainsFunc(f.opts.VarFiles, func(file string) bool {
		at, err := filepath.Abs(file)
		return err == nil && strings.HasPrefix(at, abs+"/")
	})
}

// escapeGlob returns the pattern that matches only this path.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

func isOtherBlocks(name string) bool {
	return strings.HasSuffix(name, ".tf") || strings.HasSuffix(name, ".tf.json") || strings.HasSuffix(name, ".tofu")
}

func isOtherValues(name string) bool {
	stem, end, _ := strings.Cut(name, ".")
	switch {
	case strings.HasSuffix(name, ".tfvars"), strings.HasSuffix(name, ".tfvars.json"), name == "hiera.yaml":
		return true
	case stem == "group_vars", stem == "host_vars":
		return slices.Contains([]string{"", "yml", "yaml", "json"}, end)
	}
	return slices.Contains([]string{"vars", "variables", "values"}, stem) && slices.Contains([]string{"yml", "yaml", "json"}, end)
}
