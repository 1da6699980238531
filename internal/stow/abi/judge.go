package abi

import (
	"cmp"
	"slices"
)

// Change is a package that is switched from one version to another.
type Change struct {
	FOO      string
	From, To string // versions; From is "" if none is installed
	Old, New Facts  // of From and To
}

// Dependent is an image that may link to the package.
type Dependent struct {
	FOO, Version string
	Installed    bool // in the switched target
	Facts        Facts
}

// Verdict is what a switch means for a dependent.
type Verdict string

// The verdicts.
const (
	Nothing Verdict = "nothing" // it does not link to the package
	Relink  Verdict = "relink"  // it does, and the new version provides all that it uses
	Rebuild Verdict = "rebuild" // it does, and would fail or misbehave
)

// Effect is the verdict on one dependent.
type Effect struct {
	Name      string   `json:"name"` // FOO/N.N
	Installed bool     `json:"installed"`
	Verdict   Verdict  `json:"verdict"`
	Links     []string `json:"links,omitempty"` // sonames of the package that it links to
	Reasons   []Reason `json:"reasons,omitempty"`
	// Already is set if the installed version has the same faults: the switch breaks nothing that works now.
	Already bool `json:"already,omitempty"`
	// Pinned is set if its run path leads to the installed version itself, which stays available, so that the switch
	// does not affect it.
	Pinned bool `json:"pinned,omitempty"`
	// Unsure is set if some symbols are not recorded, so that only sonames and versions were compared.
	Unsure bool `json:"unsure,omitempty"`
}

// Impact is the verdict on all dependents, by name.
type Impact struct {
	FOO     string   `json:"package"`
	From    string   `json:"from,omitempty"`
	To      string   `json:"to"`
	Effects []Effect `json:"effects"`
}

// Judge determines the effect of a change on each dependent. It skips versions of the package itself, which are not
// dependents.
func Judge(c Change, dependents []Dependent) Impact {
	im := Impact{FOO: c.FOO, From: c.From, To: c.To, Effects: []Effect{}}
	before, after := newOffer(c.Old), newOffer(c.New)
	for _, d := range dependents {
		if d.FOO != c.FOO {
			im.Effects = append(im.Effects, judgeDependent(c, d, before, after))
		}
	}
	slices.SortStableFunc(im.Effects, func(a, b Effect) int { return cmp.Compare(a.Name, b.Name) })
	return im
}

func judgeDependent(c Change, d Dependent, before, after offer) Effect {
	e := Effect{Name: d.FOO + "/" + d.Version, Installed: d.Installed, Verdict: Nothing}
	var links []Link
	for _, l := range d.Facts.Links {
		switch {
		case l.FOO != "" && l.FOO != c.FOO, l.FOO == "" && before[key{l.Arch, l.Soname}] == nil: // of another package
		case c.From != "" && l.isPinned(c.FOO, c.From):
			e.Pinned = true
		default:
			links = append(links, l)
			e.Links = append(e.Links, l.Soname)
		}
	}
	e.Links = sortUnique(e.Links)
	if len(links) == 0 {
		return e
	}
	e.Verdict, e.Unsure = Relink, d.Facts.Uses == nil
	was := listLacking(d.Facts, links, before, before, nil)
	now := listLacking(d.Facts, links, before, after, &e.Unsure)
	if len(now) == 0 {
		return e
	}
	e.Verdict, e.Reasons = Rebuild, now
	e.Already = c.From != ""
	for _, r := range now {
		e.Already = e.Already && wasLacking(was, r)
	}
	return e
}

// wasLacking reports whether the old version had the same fault, or a worse one.
func wasLacking(was []Reason, r Reason) bool {
	return slices.ContainsFunc(was, func(w Reason) bool {
		if w.Soname != r.Soname || w.Arch != r.Arch {
			return false
		}
		return w.Kind == NoLibrary || w.Kind == OtherArch || w == r
	})
}

// listLacking lists what a dependent uses of some libraries and an offer lacks. before shows which symbols without a
// version are theirs.
func listLacking(f Facts, links []Link, before, offer offer, unsure *bool) []Reason {
	var out []Reason
	missing := map[key]bool{} // libraries, and versions of them, that are listed already
	for _, l := range links {
		k := key{l.Arch, l.Soname}
		lib := offer[k]
		if lib == nil {
			missing[k] = true
			out = append(out, offer.reasonAbsent(l))
			continue
		}
		if old := before[k]; unsure != nil && (lib.Symbols == nil || old != nil && old.Symbols == nil) {
			*unsure = true
		}
		for _, v := range l.Versions {
			if lib.Versions != nil && !slices.Contains(lib.Versions, v) {
				missing[key{l.Arch, l.Soname + "\x00" + v}] = true
				out = append(out, Reason{Kind: NoVersion, Soname: l.Soname, Arch: l.Arch, Version: v})
			}
		}
	}
	for _, u := range f.Uses {
		if r, bad := lackOfUse(u, links, before, offer, missing); bad {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, compareReasons)
	return slices.Compact(out)
}

func lackOfUse(u Use, links []Link, before, offer offer, missing map[key]bool) (Reason, bool) {
	soname := u.Soname
	if soname == "" {
		if soname = before.findOwner(u, links); soname == "" {
			return Reason{}, false // of another library
		}
	} else if !slices.ContainsFunc(links, func(l Link) bool { return l.Soname == soname && l.Arch == u.Arch }) {
		return Reason{}, false
	}
	if missing[key{u.Arch, soname}] || missing[key{u.Arch, soname + "\x00" + u.Version}] {
		return Reason{}, false // listed already
	}
	r := Reason{Kind: NoSymbol, Soname: soname, Arch: u.Arch, Version: u.Version, Symbol: u.Name}
	has, known := offer.findSymbol(u, soname)
	if has == nil && u.Soname == "" {
		// Any other loaded library may provide it.
		for _, l := range links {
			if has == nil && l.Arch == u.Arch {
				var k bool
				has, k = offer.findSymbol(u, l.Soname)
				known = known && k
			}
		}
	}
	switch {
	case has == nil:
		return r, known
	case u.Copy && has.Size != u.Size && has.Size != 0 && u.Size != 0:
		r.Kind, r.Was, r.Is = OtherSize, u.Size, has.Size
		return r, true
	}
	return Reason{}, false
}

// offer indexes the libraries of an image.
type offer map[key]*offered

type offered struct {
	*Library
	symbols map[string][]*Symbol // by name
}

func newOffer(f Facts) offer {
	o := offer{}
	for i := range f.Libraries {
		l := offered{&f.Libraries[i], map[string][]*Symbol{}}
		for j := range l.Symbols {
			s := &l.Symbols[j]
			l.symbols[s.Name] = append(l.symbols[s.Name], s)
		}
		o[key{l.Arch, l.Soname}] = &l
	}
	return o
}

func (o offer) reasonAbsent(l Link) Reason {
	r := Reason{Kind: NoLibrary, Soname: l.Soname, Arch: l.Arch}
	for k := range o {
		if k.soname == l.Soname {
			r.Kind = OtherArch
		}
	}
	return r
}

// findOwner returns the first of the libraries that has a symbol, or depends on a library that has it.
func (o offer) findOwner(u Use, links []Link) string {
	for _, l := range links {
		if s, _ := o.findSymbol(u, l.Soname); s != nil && l.Arch == u.Arch {
			return l.Soname
		}
	}
	return ""
}

// findSymbol searches for a symbol in a library and its dependencies. known is false if some of them do not record their
// symbols.
func (o offer) findSymbol(u Use, soname string) (found *Symbol, known bool) {
	known = true
	queue, seen := []string{soname}, map[string]bool{soname: true}
	for len(queue) > 0 {
		k := key{u.Arch, queue[0]}
		queue = queue[1:]
		l := o[k]
		if l == nil {
			continue
		}
		known = known && l.Symbols != nil
		for _, s := range l.symbols[u.Name] {
			if satisfiesUse(u, l.Library, s) {
				return s, true
			}
		}
		for _, t := range l.Through {
			if !seen[t] {
				seen[t] = true
				queue = append(queue, t)
			}
		}
	}
	return nil, known
}

// satisfiesUse applies the loader's rule: a library without versions satisfies any use, and a use without a version gets
// any symbol that is not hidden.
func satisfiesUse(u Use, l *Library, s *Symbol) bool {
	switch {
	case l.Versions == nil:
		return true
	case u.Version == "":
		return s.Version == "" || !s.Hidden
	}
	return s.Version == u.Version
}
