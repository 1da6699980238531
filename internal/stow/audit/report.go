package audit

import (
	"cmp"
	"context"
	"path"
	"slices"
)

// Package is one package of the store, FOO.
type Package struct {
	Name     string
	Versions []Version
	Uses     []Use
	Managers []string // managers with control data for every version: :control-default
}

// Version is one FOO/N.N, by its disk name.
type Version struct {
	Name     string
	Link     string   // its text, if it is a link; "" for a directory
	Managers []string // managers with control data for it
}

// Use is a target that shows a version.
type Use struct {
	Version string `json:"-"`
	Target  string `json:"target"`
	Home    bool   `json:"home,omitempty"`   // the store's own target: :installed
	Holder  string `json:"holder,omitempty"` // the text of :managed-by; "" none
}

// Report is an audit.
type Report struct {
	Versions []Entry `json:"versions"`
	// Unseen are views that could not be read. While there is one, no version counts as unreferenced.
	Unseen []string `json:"unseen,omitempty"`
}

// Entry describes one FOO/N.N.
type Entry struct {
	Name      string   `json:"name"`
	Alias     string   `json:"alias,omitempty"`   // the version that it links to
	Installed bool     `json:"installed"`         // the store's own target shows it; a version that is neither that nor missing is available
	Missing   bool     `json:"missing,omitempty"` // it is used, but its tree is missing
	Uses      []Use    `json:"uses,omitempty"`
	Control   []string `json:"control,omitempty"` // managers with control data for it
	// Unreferenced is set if no target shows it, under any name.
	Unreferenced bool     `json:"unreferenced,omitempty"`
	Contents     *Summary `json:"contents,omitempty"`
}

// Make audits a store: all its packages with versions, and its registered views that cannot be read; both in any order.
func Make(packages []Package, unseen []string) Report {
	r := Report{Versions: []Entry{}, Unseen: slices.Sorted(slices.Values(unseen))}
	slices.SortFunc(packages, func(a, b Package) int { return cmp.Compare(a.Name, b.Name) })
	for _, p := range packages {
		r.Versions = append(r.Versions, p.judgeVersions(len(unseen) == 0)...)
	}
	return r
}

// AddContents reads every file of every version below a stow directory.
func (r *Report) AddContents(ctx context.Context, stow string) error {
	for i := range r.Versions {
		e := &r.Versions[i]
		if e.Alias != "" || e.Missing {
			continue
		}
		sum, err := Digest(ctx, stow+"/"+e.Name)
		if err != nil {
			return err
		}
		e.Contents = &sum
	}
	return nil
}

// judgeVersions judges the versions of a package.
func (p Package) judgeVersions(sure bool) []Entry {
	versions := slices.Clone(p.Versions)
	for _, u := range p.Uses {
		if !slices.ContainsFunc(versions, func(v Version) bool { return v.Name == u.Version }) {
			versions = append(versions, Version{Name: u.Version})
		}
	}
	slices.SortFunc(versions, func(a, b Version) int { return cmp.Compare(a.Name, b.Name) })
	used := p.usedVersions()
	var out []Entry
	for _, v := range versions {
		e := Entry{Name: p.Name + "/" + v.Name, Alias: v.Link}
		e.Missing = !slices.ContainsFunc(p.Versions, func(o Version) bool { return o.Name == v.Name })
		for _, u := range p.Uses {
			if u.Version == v.Name {
				e.Uses = append(e.Uses, u)
				e.Installed = e.Installed || u.Home
			}
		}
		slices.SortFunc(e.Uses, func(a, b Use) int { return cmp.Compare(a.Target, b.Target) })
		e.Control = slices.Sorted(slices.Values(append(slices.Clone(v.Managers), p.Managers...)))
		e.Control = slices.Compact(e.Control)
		e.Unreferenced = sure && !used[v.Name]
		out = append(out, e)
	}
	return out
}

// usedVersions returns the versions that targets show, and the versions that these link to.
func (p Package) usedVersions() map[string]bool {
	links := map[string]string{}
	for _, v := range p.Versions {
		if v.Link != "" {
			links[v.Name] = path.Clean(v.Link)
		}
	}
	used := map[string]bool{}
	for _, u := range p.Uses {
		for name := u.Version; name != "" && !used[name]; name = links[name] {
			used[name] = true
		}
	}
	return used
}
