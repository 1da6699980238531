package main

import (
	"bytes"
	"fmt"
	"os"
)

// packages parses the manifest and reads what dpkg knows: which packages are
// there, and in which version.
func packages(root, manifest string) error {
	if _, err := parse(manifest); err != nil {
		return err
	}
	data, err := os.ReadFile(root + "/var/lib/dpkg/status")
	if err != nil {
		return err
	}
	versions := map[string]string{}
	var name []byte
	for line := range bytes.Lines(data) {
		if n, ok := bytes.CutPrefix(line, []byte("Package: ")); ok {
			name = bytes.TrimSpace(n)
		}
		if v, ok := bytes.CutPrefix(line, []byte("Version: ")); ok {
			versions[string(name)] = string(bytes.TrimSpace(v))
		}
	}
	if len(versions) == 0 {
		return fmt.Errorf("cannot find a package below %q", root)
	}
	return nil
}
