package site

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/zclconf/go-cty/cty"

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
	var addrs []resource.Addr
	for _, t := range targets {
		some, err := s.expandTarget(t)
		if err != nil {
			return nil, err
		}
		addrs = append(addrs, some...)
	}
	chosen, err := assembly.Select(s.Graph, s.Resources, addrs)
	if err != nil {
		return nil, s.suggestAddress(err, targets)
	}
	return chosen, nil
}

// expandTarget returns the addresses that a target stands for: its own, those of all resources
// in a module ("module.web"), or those that a pattern matches, in which a star stands for any
// characters.
func (s *Site) expandTarget(target string) ([]resource.Addr, error) {
	addr, err := resource.ParseAddr(target)
	isPattern := strings.Contains(target, "*")
	if err == nil && !isPattern {
		return []resource.Addr{addr}, nil
	}
	var found []resource.Addr
	pattern := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(target), `\*`, ".*") + "$")
	for _, r := range s.Resources {
		for _, a := range append([]resource.Addr{r.Addr}, r.Also...) {
			if name := a.String(); isPattern && pattern.MatchString(name) || strings.HasPrefix(name, target+".") || strings.HasPrefix(name, target+"[") {
				found = append(found, a)
			}
		}
	}
	switch {
	case len(found) > 0:
		return found, nil
	case isPattern:
		return nil, exit.With(exit.Failure, fmt.Errorf("--target %q matches no resource of the manifest", target), "converge graph lists them")
	case strings.HasPrefix(target, "module."):
		return nil, exit.With(exit.Failure, fmt.Errorf("the manifest has no resource in %s", target), "converge graph lists them")
	}
	return nil, exit.With(exit.Failure, err, `quote it for the shell: --target 'file["/etc/motd"]'`)
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
	Tree                  bool                 // --root is given
	State                 string               // --state: what is fetched is kept in the state folder
	SHA256                string               // of the archive, where the command line names a URL
	Origin                string               // that URL, without passwords and query; "": the manifest is local
	Vague                 bool                 // the URL has a query, so that its Origin may be that of another site
	Saved                 map[string]string    // variables of a saved plan; --var wins
	Facts                 string               // a file with the facts of another machine, which the site is then of; "": it is of this one
	Over                  map[string]cty.Value // facts and attributes of another machine, laid over those; nil: as Facts says
	Secrets               bool                 // secrets are read; otherwise the site has placeholders in their place

	unsaved       map[string][]byte // manifests that an editor has in memory, by absolute path
	secrets       *secrets.Reader   // once something was evaluated
	onlyVariables bool
	asks          bool // expressions will be evaluated
	warned        bool // of facts that could not be found
}

// IsElsewhere reports whether the site is one of a machine that is not this one, of which no
// more is known than facts.
func (f *Options) IsElsewhere() bool { return f.Facts != "" || f.Over != nil }

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
