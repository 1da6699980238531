package site

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"strings"

	"converge/internal/app/exit"
	"converge/internal/app/kinds"
	"converge/internal/engine/assembly"
	"converge/internal/manifest"
	"converge/internal/resource"
	"converge/internal/secrets"
)

// SelectTargets returns the resources of --target and their dependencies; nil means
// all.
func (s *Site) SelectTargets(targets []string) (map[int]bool, error) {
	if len(targets) == 0 {
		return nil, nil
	}
	addrs := make([]resource.Addr, len(targets))
	for i, t := range targets {
		var err error
		if addrs[i], err = resource.ParseAddr(t); err != nil {
			return nil, exit.With(exit.Failure, err, `quote it for the shell: --target 'file["/etc/motd"]'`)
		}
	}
	chosen, err := assembly.Select(s.Graph, s.Resources, addrs)
	if err != nil {
		return nil, s.suggestAddress(err, targets)
	}
	return chosen, nil
}

// suggestAddress adds the nearest declared address to an error about a target.
func (s *Site) suggestAddress(err error, targets []string) error {
	known := make([]string, len(s.Resources))
	declared := make(map[string]bool, len(known))
	for i, r := range s.Resources {
		known[i] = r.Addr.String()
		declared[known[i]] = true
	}
	e := exit.With(exit.Failure, err)
	for _, t := range targets {
		if near := exit.Nearest(t, known); near != "" && !declared[t] {
			e.Hints = append(e.Hints, "did you mean "+near+"?")
		}
	}
	return e
}

// DeclaredAddresses lists the addresses that a manifest declares, for completion:
// without facts, without order, and without diagnostics.
func DeclaredAddresses(path string, f *Options) []string {
	if path == "-" {
		return nil
	}
	vars, err := f.values()
	if err != nil {
		return nil
	}
	ms, _ := manifest.Load(context.Background(), path, manifest.Options{
		Kinds: kinds.List(kinds.Providers{}), Vars: vars, VarFiles: f.VarFiles, Stdin: strings.NewReader(""),
		WithoutSecrets: true,
	})
	out := make([]string, len(ms.Resources))
	for i, r := range ms.Resources {
		out[i] = r.Addr.String()
	}
	return out
}

// DeclaredVariables lists the variables that a manifest declares, for completion.
func DeclaredVariables(path string, f *Options) []string {
	if path == "-" {
		return nil
	}
	ms, _ := manifest.Load(context.Background(), path, manifest.Options{
		Kinds: kinds.List(kinds.Providers{}), Stdin: strings.NewReader(""), WithoutSecrets: true, OnlyVariables: true,
	})
	out := make([]string, len(ms.Variables))
	for i, v := range ms.Variables {
		out[i] = v.Name
	}
	return out
}

// Options say which site is meant: its manifest's inputs, its node, its root.
type Options struct {
	Vars, VarFiles, Nodes []string
	Root                  string
	State                 string            // --state: what is fetched is kept in the state folder
	SHA256                string            // of the archive, where the command line names a URL
	Origin                string            // that URL, without passwords and query; "": the manifest is local
	Vague                 bool              // the URL has a query, so that its Origin may be that of another site
	Saved                 map[string]string // variables of a saved plan; --var wins
	Secrets               bool              // secrets are read; otherwise the site has placeholders in their place

	unsaved       map[string][]byte // manifests that an editor has in memory, by absolute path
	secrets       *secrets.Reader   // once something was evaluated
	onlyVariables bool
	warned        bool // of facts that could not be found
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
