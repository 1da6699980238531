package store

import (
	"fmt"
	"slices"
	"strings"
)

// Action is a change of a package.
type Action uint8

// The actions, -S, -D and -R of the command line.
const (
	Stow Action = iota + 1
	Unstow
	Restow
)

// Change is one thing that is asked for.
type Change struct {
	Action Action
	Arg    Arg
}

// Options are a command's options for all its changes.
type Options struct {
	Force bool // take packages away from whoever holds them
	// Naive takes a bare name for a naive package even if its directory looks
	// as if versions were in it.
	Naive bool
	// Notify runs HOLDER --stow-forced FOO/N.N for the holder that lost a
	// package.
	Notify bool
}

// wish is all that a command asks of one package, or of its :config.
type wish struct {
	foo    string
	config bool
	naive  bool
	of     []Change
}

// wishes sorts changes by package, in the order in which each is named first.
// :config is a matter of its own.
func (s *Store) wishes(changes []Change, o Options, protocol func(foo string) (bool, error)) ([]wish, error) {
	var out []wish
	for _, c := range changes {
		naive, err := s.isNaive(c, o, protocol)
		if err != nil {
			return nil, err
		}
		w := wish{foo: c.Arg.Package, config: c.Arg.Part == Config, naive: naive}
		at := slices.IndexFunc(out, func(o wish) bool { return o.foo == w.foo && o.config == w.config })
		switch {
		case at < 0:
			out, at = append(out, w), len(out)
		case out[at].naive && !naive: // FOO and FOO/1.0 in one command
			out[at].naive = false
		}
		out[at].of = append(out[at].of, c)
	}
	return out, nil
}

// isNaive reports whether a change follows GNU Stow's rules alone. Stowing
// intended versions by them would link them as if they were files.
func (s *Store) isNaive(c Change, o Options, protocol func(string) (bool, error)) (bool, error) {
	a := c.Arg
	if a.Part != "" {
		return false, nil
	}
	yes, err := protocol(a.Package)
	if err != nil || yes {
		return false, err
	}
	if c.Action == Unstow || o.Naive || !isPackage(a.Package) {
		return true, nil
	}
	versions, err := s.LooksVersioned(a.Package)
	if err != nil || len(versions) == 0 || s.shownWhole(a.Package, versions) {
		return true, err
	}
	return false, &UsageError{Text: fmt.Sprintf(
		"%s seems to hold versions: %s/%s is one of them; --naive stows %s itself all the same",
		a.Package, a.Package, versions[len(versions)-1], a.Package)}
}

// pick is the version that a change is about.
func (s *Store) pick(c Change, r record) (string, error) {
	foo := c.Arg.Package
	switch {
	case c.Arg.Part != "":
		return c.Arg.Part, nil
	case r.installed != "" || c.Action == Unstow:
		return r.installed, nil
	}
	d, err := s.pkg(foo)
	if err != nil {
		return "", err
	}
	var st State
	if d != nil {
		defer d.Close()
		if err := st.list(d); err != nil {
			return "", err
		}
	}
	switch len(st.Versions) {
	case 0:
		return "", &UsageError{Text: "there is no version of " + foo}
	case 1:
		return st.Versions[0].Disk, nil
	}
	names := make([]string, len(st.Versions))
	for i, v := range st.Versions {
		names[i] = foo + "/" + v.Disk
	}
	return "", &UsageError{Text: fmt.Sprintf("which version of %s? There are %s", foo, strings.Join(names, ", "))}
}
