package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/pelletier/go-toml/v2"
	"github.com/tailscale/hujson"
	"go.yaml.in/yaml/v3"
)

// folders are where the resources of the benchmarks have what they are about.
func folders() []string {
	return []string{"etc", "home", "opt", "srv", "var/cache/debconf"}
}

// sources parses and evaluates a manifest, and reads what its resources are about: each file
// once, parsed where nothing is known of it otherwise.
func sources(root, manifest string) error {
	bodies, err := parse(manifest)
	if err != nil {
		return err
	}
	sideBySide(len(bodies), 1, func(i int) { evaluateAll(bodies[i]) })
	var paths []string
	for _, folder := range folders() {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil
			case err != nil || d.IsDir():
				return err
			case d.Type() == fs.ModeSymlink:
				_, err = os.Readlink(path)
				return err
			}
			paths = append(paths, path)
			return nil
		})
		if err != nil {
			return err
		}
	}
	var mu sync.Mutex
	var failed error
	sideBySide(len(paths), 8, func(i int) {
		if err := readSource(paths[i]); err != nil {
			mu.Lock()
			failed = err
			mu.Unlock()
		}
	})
	return failed
}

// evaluateAll evaluates every attribute that refers to nothing.
func evaluateAll(body *hclsyntax.Body) {
	for _, block := range body.Blocks {
		for _, a := range block.Body.Attributes {
			if len(a.Expr.Variables()) == 0 {
				_, _ = a.Expr.Value(nil)
			}
		}
	}
}

func readSource(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var tree any
	switch filepath.Ext(path) {
	case ".toml":
		return toml.Unmarshal(text, &tree)
	case ".yaml":
		return yaml.Unmarshal(text, &tree)
	case ".json":
		_, err := hujson.Parse(text)
		return err
	}
	lines := map[string]int{}
	n := 0
	for line := range bytes.Lines(text) {
		n++
		lines[string(line)] = n
	}
	return nil
}
