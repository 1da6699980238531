package site

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/app/exit"
	"converge/internal/engine/assembly"
	"converge/internal/resource"
	"converge/internal/secrets"
)

// Select returns the resources of --target and their dependencies, without those of --exclude and their dependents;
// nil means all. behind are those that are omitted only because they depend on an excluded one. A target without any
// resource left is refused.
func (s *Site) Select(targets, excludes []string) (chosen map[int]bool, behind []string, err error) {
	if chosen, err = s.SelectTargets(targets); err != nil || len(excludes) == 0 {
		return chosen, nil, err
	}
	named, err := s.findNamed("--exclude", excludes)
	if err != nil {
		return nil, nil, err
	}
	out := assembly.FindDependents(s.Graph, named)
	if len(targets) > 0 {
		if err := s.checkLeft(targets, out); err != nil {
			return nil, nil, err
		}
	}
	left := map[int]bool{}
	for i, r := range s.Resources {
		switch {
		case chosen != nil && !chosen[i]:
		case !out[i]:
			left[i] = true
		case !slices.Contains(named, i):
			behind = append(behind, r.Addr.String())
		}
	}
	return left, behind, nil
}

// checkLeft refuses a target without any resource left.
func (s *Site) checkLeft(targets []string, out map[int]bool) error {
	for _, t := range targets {
		wanted, err := s.findNamed("--target", []string{t})
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(wanted, func(i int) bool { return !out[i] }) {
			return fmt.Errorf("--target asks for %s, and --exclude leaves that out, or what it depends on", t)
		}
	}
	return nil
}

// findNamed returns the resources that the values of a flag name.
func (s *Site) findNamed(flag string, names []string) (found []int, err error) {
	for _, name := range names {
		addrs, err := s.expandName(flag, name)
		if err != nil {
			return nil, err
		}
		for _, a := range addrs {
			some := assembly.Find(s.Resources, a)
			if len(some) == 0 {
				return nil, s.refuseAddress(fmt.Errorf("cannot select %s: it is not declared", a), flag, name)
			}
			found = append(found, some...)
		}
	}
	return found, nil
}

// SelectTargets returns the resources of --target and their dependencies; nil means
// all.
func (s *Site) SelectTargets(targets []string) (map[int]bool, error) {
	if len(targets) == 0 {
		return nil, nil
	}
	var addrs []resource.Addr
	for _, t := range targets {
		some, err := s.expandName("--target", t)
		if err != nil {
			return nil, err
		}
		for _, a := range some {
			if len(assembly.Find(s.Resources, a)) == 0 {
				return nil, s.refuseAddress(fmt.Errorf("cannot select %s: it is not declared", a), "--target", t)
			}
		}
		addrs = append(addrs, some...)
	}
	return assembly.Select(s.Graph, s.Resources, addrs)
}

// expandName returns the addresses that a value of --target or --exclude represents: its own, those of all resources
// in a module ("module.web"), or those that match a pattern, in which a star matches any characters.
func (s *Site) expandName(flag, target string) ([]resource.Addr, error) {
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
		return nil, exit.With(exit.Failure, fmt.Errorf("%s %q matches no resource of the manifest", flag, target), "converge graph lists them")
	case strings.HasPrefix(target, "module."):
		return nil, s.refuseAddress(fmt.Errorf("the manifest has no resource in %s", target), flag, target)
	}
	return nil, s.refuseAddress(fmt.Errorf("no resource has the address %q", target), flag, target)
}

// Options select the site: its manifest's inputs, its node, its root.
type Options struct {
	Vars, VarFiles, Nodes []string
	Root                  string
	Tree                  bool                 // --root is given
	State                 string               // --state: fetched files are kept in the state folder
	SHA256                string               // of the archive, if the command line names a URL
	Origin                string               // that URL, without passwords and query; "": the manifest is local
	Vague                 bool                 // the URL has a query, so that another site may have the same Origin
	Saved                 map[string]string    // variables of a saved plan; --var takes precedence
	Facts                 string               // a file with the facts of another machine, to which the site then belongs; "": it belongs to this one
	Over                  map[string]cty.Value // facts and attributes of another machine, which replace the present ones; nil: as Facts selects
	Secrets               bool                 // secrets are read; otherwise the site has placeholders for them

	unsaved       map[string][]byte // manifests that an editor has in memory, by absolute path
	secrets       *secrets.Reader   // set once something was evaluated
	onlyVariables bool
	asks          bool // expressions will be evaluated
	warned        bool // about facts that could not be found
}

// IsElsewhere reports whether the site belongs to another machine, known only by its facts.
func (f *Options) IsElsewhere() bool { return f.Facts != "" || f.Over != nil }

// values returns the variables that the command line sets.
func (f *Options) values() (map[string]string, error) {
	vars := maps.Clone(f.Saved)
	if vars == nil {
		vars = make(map[string]string, len(f.Vars))
	}
	for _, arg := range f.Vars {
		name, value, ok := strings.Cut(arg, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--var is NAME=VALUE, not %q%s", arg, meantVar(arg))
		}
		vars[name] = value
	}
	return vars, nil
}

// untyped names the variables that a saved plan or a test sets, and --var does not.
func (f *Options) untyped() map[string]bool {
	out := map[string]bool{}
	for name := range f.Saved {
		out[name] = !slices.ContainsFunc(f.Vars, func(arg string) bool { return strings.HasPrefix(arg, name+"=") })
	}
	return out
}

// meantVar suggests the form of a variable that was given in another form: NAME: VALUE, as in YAML, or only the name.
func meantVar(arg string) string {
	isName := regexp.MustCompile(`^[A-Za-z_][\w-]*$`).MatchString
	name, value, ok := strings.Cut(arg, ":")
	switch name, value = strings.TrimSpace(name), strings.TrimSpace(value); {
	case ok && isName(name):
		return fmt.Sprintf("; did you mean --var '%s=%s'?", name, value)
	case isName(arg):
		return fmt.Sprintf("; a value is set by --var '%s=VALUE', a file of values by --var-file", arg)
	}
	return "; a file of values is --var-file"
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
