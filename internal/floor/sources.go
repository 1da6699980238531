package main

import (
	"io/fs"
	"os"
	"path/filepath"
)

// sources reads what the resources of a manifest are about, each file once.
func sources(root, manifest string) error {
	if _, err := parse(manifest); err != nil {
		return err
	}
	return filepath.WalkDir(filepath.Join(root, "etc"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		_, err = os.ReadFile(path)
		return err
	})
}
