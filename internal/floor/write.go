package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// write makes n files of the benchmarks' size, one after the other.
func write(root string, n int, durable bool) error {
	for i := range n {
		path := filepath.Join(root, fmt.Sprintf("srv/d%d/f%06d", i%10, i))
		content := fmt.Sprintf("# file f%06d\n", i) + strings.Repeat("key = value\n", 8)
		if err := replace(path, content, durable); err != nil {
			return err
		}
	}
	return nil
}

func replace(path, content string, durable bool) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".floor-")
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteString(content); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if durable {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	return os.Rename(f.Name(), path)
}
