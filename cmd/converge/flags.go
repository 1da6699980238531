package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// siteFlags say which site is meant: its manifest's inputs, its node, its root.
type siteFlags struct {
	vars, varFiles, nodes []string
	root                  string
	saved                 map[string]string // variables of a saved plan; --var wins
}

// values are the variables that the command line sets.
func (f *siteFlags) values() (map[string]string, error) {
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

func (f *siteFlags) add(fs *pflag.FlagSet) {
	fs.StringArrayVar(&f.vars, "var", nil, "set variable `NAME=VALUE`; may be repeated, and wins over files and CONVERGE_VAR_NAME")
	fs.StringArrayVar(&f.varFiles, "var-file", nil, "read variables from `FILE` (HCL or JSON); may be repeated")
	fs.StringArrayVar(&f.nodes, "node", nil, "read node attributes from `FILE` (HCL or JSON), over those of /etc/converge/node.d; may be repeated")
	addRoot(fs, &f.root)
}

func addRoot(fs *pflag.FlagSet, root *string) {
	fs.StringVar(root, "root", "/", "converge the tree below `DIR` instead of the running system")
}

// clean checks the root and makes it absolute.
func (f *siteFlags) clean() error {
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

// outputFlags say how a run is shown.
type outputFlags struct {
	json    bool
	jsonLog string
	verbose bool
}

func (f *outputFlags) add(fs *pflag.FlagSet) {
	fs.BoolVar(&f.json, "json", false, "print one JSON object a line instead of text")
	fs.StringVar(&f.jsonLog, "json-log", "", "write the JSON lines to `FILE` as well")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "show what is as declared too, whole diffs, and places in the manifest")
}

// stateFlags say where converge remembers, and how long it waits for others.
type stateFlags struct {
	dir         string
	lockTimeout time.Duration
}

// lockPatience is how long a run waits for another one by default: longer than a
// large transaction of packages takes.
const lockPatience = 10 * time.Minute

func (f *stateFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.dir, "state", "", "keep journal, undo data and lock in `DIR` (default: see converge help)")
	fs.DurationVar(&f.lockTimeout, "lock-timeout", lockPatience, "wait `DURATION` for another run, and for whoever else holds the package manager's or the user database's lock")
}
