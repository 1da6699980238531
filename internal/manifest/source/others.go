package source

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
