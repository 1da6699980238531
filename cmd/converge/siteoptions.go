package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
)

// siteOptions say which site is meant: its manifest's inputs, its node, its root.
type siteOptions struct {
	vars, varFiles, nodes []string
	root                  string
	saved                 map[string]string // variables of a saved plan; --var wins
}

// values are the variables that the command line sets.
func (f *siteOptions) values() (map[string]string, error) {
	vars := maps.Clone(f.saved)
	if vars == nil {
		vars = make(map[string]string, len(f.vars))
	}
	for _, arg := range f.vars {
		name, value, ok := strings.Cut(arg, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--var is NAME=VALUE, not %q", arg)
		}
		vars[name] = value
	}
	return vars, nil
}

// clean checks the root and makes it absolute.
func (f *siteOptions) clean() error {
	if f.root == "" {
		return fmt.Errorf("--root needs a folder")
	}
	abs, err := filepath.Abs(f.root)
	if err != nil {
		return fmt.Errorf("cannot find --root %q: %w", f.root, err)
	}
	f.root = abs
	return nil
}
