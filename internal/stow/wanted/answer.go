package wanted

import (
	"context"
	"slices"

	"converge/internal/stow/control"
	"converge/internal/stow/versiondir"
	"converge/internal/version"
)

// Status is the kind of an answer.
type Status string

// The answers.
const (
	Satisfied    Status = "satisfied"
	WouldInstall Status = "would-install"
	Unknown      Status = "unknown"
	Refused      Status = "refused" // it is available, but the requesting user may not install it
)

// Local is a version of a package in a stow directory.
type Local struct {
	Package, Version string // FOO, and the name of the version's directory
	Installed        bool
	Names            control.Names // of its control data; none: FOO
	Unstable         bool
	Refused          string // why the requesting user may not install it; "": the user may

	// Has reports whether it contains something of a kind; nil: of all kinds.
	Has func(ctx context.Context, k Kind) (bool, error)
}

// Query asks a manager for a package.
type Query struct {
	Name     string // in the manager's namespace
	Versions version.Set
	Kinds    []Kind
}

// Offer is a manager's answer to a query. The zero value means that it does not know the package, or no such version.
type Offer struct {
	Name      string // of the installed or installable package, see [NativeNames]
	Version   string
	Installed bool
	Refused   string // why it cannot be installed; "": it can
}

// Manager is the system's package manager.
type Manager interface {
	// Namespaces returns the namespaces of its names; the first is its own.
	Namespaces() []string
	// Offers answers all queries together, in the same order.
	Offers(ctx context.Context, queries []Query) ([]Offer, error)
}

// Asker answers wants.
type Asker struct {
	Locals  []Local
	Manager Manager // nil: there is none
}

// Answer is the answer to a want.
type Answer struct {
	Want    *Want
	Status  Status
	Local   bool         // it is in a stow directory
	Name    control.Name // in full; for a local one that of FOO in the namespace "converge"
	Version string       // for a local package, the name of the version's directory
	Why     string       // why it is refused
}

// String returns the answer as a line: the status, then the package.
func (a Answer) String() string {
	switch {
	case a.Status == Satisfied && a.Local:
		return string(a.Status) + " " + a.Name.Name + "/" + a.Version
	case a.Status == Satisfied, a.Status == WouldInstall:
		return string(a.Status) + " " + a.Name.String() + " " + a.Version
	}
	return string(a.Status) + " " + a.Want.Names.String()
}

// Answer answers the wants in order.
func (k *Asker) Answer(ctx context.Context, wants []Want) ([]Answer, error) {
	offers, err := k.askManager(ctx, wants)
	if err != nil {
		return nil, err
	}
	out := make([]Answer, len(wants))
	for i := range wants {
		local, err := k.findLocal(ctx, &wants[i])
		if err != nil {
			return nil, err
		}
		out[i] = chooseBest(&wants[i], local, offers[i])
	}
	return out, nil
}

// askManager asks the manager about every name that it may know.
func (k *Asker) askManager(ctx context.Context, wants []Want) ([][]Answer, error) {
	out := make([][]Answer, len(wants))
	spaces := k.managerSpaces()
	if len(spaces) == 0 {
		return out, nil
	}
	var queries []Query
	var of []int
	for i := range wants {
		for _, n := range wants[i].Names {
			if n.Space == "" || slices.Contains(spaces, n.Space) {
				queries = append(queries, Query{n.Name, wants[i].Versions, wants[i].Kinds})
				of = append(of, i)
			}
		}
	}
	if len(queries) == 0 {
		return out, nil
	}
	offers, err := k.Manager.Offers(ctx, queries)
	if err != nil {
		return nil, err
	}
	for q, o := range offers {
		if o.Name == "" {
			continue
		}
		w := &wants[of[q]]
		a := Answer{Want: w, Name: control.Name{Space: spaces[0], Name: o.Name}, Version: o.Version, Why: o.Refused}
		a.Status = statusOf(o.Installed, o.Refused)
		out[of[q]] = append(out[of[q]], a)
	}
	return out, nil
}

func (k *Asker) managerSpaces() []string {
	if k.Manager == nil {
		return nil
	}
	return k.Manager.Namespaces()
}

func statusOf(installed bool, refused string) Status {
	switch {
	case installed:
		return Satisfied
	case refused != "":
		return Refused
	}
	return WouldInstall
}

// findLocal returns the suitable packages in the stow directories, best first.
func (k *Asker) findLocal(ctx context.Context, w *Want) ([]Answer, error) {
	var fit []Local
	for _, l := range k.Locals {
		if !w.Versions.Allows(versiondir.VersionName(l.Version)) || !k.hasName(w.Names, l) {
			continue
		}
		has, err := l.hasAll(ctx, w.Kinds)
		if err != nil {
			return nil, err
		}
		if has {
			fit = append(fit, l)
		}
	}
	slices.SortStableFunc(fit, func(a, b Local) int {
		if a.Unstable != b.Unstable {
			if a.Unstable {
				return 1
			}
			return -1
		}
		return -version.Compare(versiondir.VersionName(a.Version), versiondir.VersionName(b.Version))
	})
	out := make([]Answer, len(fit))
	for i, l := range fit {
		out[i] = Answer{
			Want: w, Status: statusOf(l.Installed, l.Refused), Local: true,
			Name: control.Name{Space: control.Manager, Name: l.Package}, Version: l.Version, Why: l.Refused,
		}
	}
	return out, nil
}

// hasAll reports whether it contains something of each kind.
func (l Local) hasAll(ctx context.Context, kinds []Kind) (bool, error) {
	if l.Has == nil {
		return true, nil
	}
	for _, kind := range kinds {
		if has, err := l.Has(ctx, kind); err != nil || !has {
			return false, err
		}
	}
	return true, nil
}

// hasName reports whether one of the names is a name of the package. A name without a namespace is in the manager's own.
func (k *Asker) hasName(names control.Names, l Local) bool {
	spaces := k.managerSpaces()
	whole := func(n control.Name) control.Name {
		if slices.Contains(spaces, n.Space) {
			n.Space = ""
		}
		return n
	}
	own := control.Names{{Space: control.Manager, Name: l.Package}}
	if len(l.Names) == 0 {
		own = append(own, control.Name{Name: l.Package})
	}
	for _, n := range l.Names {
		own = append(own, whole(n))
	}
	return slices.ContainsFunc(names, func(n control.Name) bool { return slices.Contains(own, whole(n)) })
}

// chooseBest chooses installed before not installed, permitted before refused, and the stow directories before the
// manager.
func chooseBest(w *Want, local, native []Answer) Answer {
	all := append(local, native...)
	for _, s := range []Status{Satisfied, WouldInstall, Refused} {
		for _, a := range all {
			if a.Status == s {
				return a
			}
		}
	}
	return Answer{Want: w, Status: Unknown}
}

// Decision is the result of [Decide].
type Decision struct {
	Install []Answer // to be installed
	Ask     []Answer // optional, to be installed if the user agrees
	Unmet   []Answer // required, but neither installed nor available
}

// Decide determines what to install. If anything required is unmet, that is nothing: the application would not work with
// the rest either. A package that meets two wants is installed once.
func Decide(answers []Answer, withOptional bool) Decision {
	var d Decision
	seen := map[string]bool{}
	for _, a := range answers {
		key := a.Name.String() + " " + a.Version
		switch {
		case a.Status == WouldInstall && (withOptional || !a.Want.Optional):
			if !seen[key] {
				d.Install = append(d.Install, a)
			}
			seen[key] = true
		case a.Status == WouldInstall:
			d.Ask = append(d.Ask, a)
		case a.Status != Satisfied && !a.Want.Optional:
			d.Unmet = append(d.Unmet, a)
		}
	}
	if len(d.Unmet) > 0 {
		d.Install, d.Ask = nil, nil
	}
	return d
}

// ExitUnmet is the exit status of a command that answers a requirement file, if
// something required is unknown, or refused.
const ExitUnmet = 5
