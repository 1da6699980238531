package site

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
)

// Options say which site is meant: its manifest's inputs, its node, its root.
type Options struct {
	Vars, VarFiles, Nodes []string
	Root                  string
	Saved                 map[string]string // variables of a saved plan; --var wins
}

// values are the variables that the command line sets.
func (f *Options) values() (map[string]string, error) {
	vars := maps.Clone(f.Saved)
	if vars == nil {
		vars = make(map[string]string, len(f.Vars))
	}
	for _, arg := range f.Vars {
		name, value, ok := strings.Cut(arg, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--var is NAME=VALUE, not %q", arg)
		}
		vars[name] = value
	}
	return vars, nil
}

// Clean checks the root and makes it absolute.
func (f *Options) Clean() error {
	if f.Root == "" {
		return fmt.Errorf("--root needs a folder")
	}
	abs, err := filepath.Abs(f.Root)
	if err != nil {
		return fmt.Errorf("cannot find --root %q: %w", f.Root, err)
	}
	f.Root = abs
	return nil
}
