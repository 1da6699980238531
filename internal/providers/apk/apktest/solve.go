package apktest

import (
	"slices"
	"strings"

	"converge/internal/version"
)

// dep is a constraint: [!]NAME[@TAG][OPERATOR VERSION].
type dep struct {
	not         bool
	name, tag   string
	op, version string
}

func parseDep(s string) (d dep, ok bool) {
	s, d.not = strings.CutPrefix(s, "!")
	end := strings.IndexAny(s, "@<>=~")
	if end < 0 {
		d.name = s
		return d, s != ""
	}
	d.name, s = s[:end], s[end:]
	if rest, ok := strings.CutPrefix(s, "@"); ok {
		if end = strings.IndexAny(rest, "<>=~"); end < 0 {
			d.tag = rest
			return d, d.name != ""
		}
		d.tag, s = rest[:end], rest[end:]
	}
	d.version = strings.TrimLeft(s, "<>=~")
	d.op = s[:len(s)-len(d.version)]
	return d, d.name != "" && d.version != ""
}

func parseDeps(s string) (list []dep) {
	for word := range strings.FieldsSeq(s) {
		if d, ok := parseDep(word); ok {
			list = append(list, d)
		}
	}
	return list
}

func (d dep) String() string {
	name := d.name
	if d.tag != "" {
		name += "@" + d.tag
	}
	if d.not {
		name = "!" + name
	}
	return name + d.op + d.version
}

func setDep(list []dep, d dep) []dep { return append(dropDep(list, d.name), d) }

func dropDep(list []dep, name string) []dep {
	return slices.DeleteFunc(slices.Clone(list), func(d dep) bool { return d.name == name })
}

// matches reports whether the constraint names a package, by its name or one that it provides. A package that provides
// a name without a version satisfies no version.
func (d dep) matches(p *pkg) bool {
	if d.op == "><" {
		return d.name == p.name && d.version == p.checksum
	}
	if d.name == p.name {
		return d.allows(p.version)
	}
	return slices.ContainsFunc(p.provide, func(q dep) bool {
		return q.name == d.name && (d.op == "" || q.version != "" && d.allows(q.version))
	})
}

func (d dep) allows(v string) bool {
	c := version.CompareAPK(v, d.version)
	switch {
	case d.op == "":
		return true
	case strings.Contains(d.op, "~"):
		return strings.HasPrefix(v, d.version)
	}
	return strings.Contains(d.op, "=") && c == 0 || strings.Contains(d.op, "<") && c < 0 || strings.Contains(d.op, ">") && c > 0
}

// maxSteps ends a search.
const maxSteps = 200000

// solve chooses packages that meet the world.
func (w *state) solve() bool {
	deps := slices.Clone(w.world)
	// The dependency with the fewest candidates comes first, and a conflict at once.
	slices.SortStableFunc(deps, func(a, b dep) int { return rank(a) - rank(b) })
	return w.search(deps, nil)
}

func rank(d dep) int {
	switch {
	case d.not:
		return 0
	case d.op != "":
		return 1
	}
	return 2
}

// search meets the first constraint that is not, in every way until the rest can be
// met too.
func (w *state) search(deps []dep, chosen []*pkg) bool {
	if w.steps++; w.steps > maxSteps {
		return false
	}
	for _, d := range deps {
		met := slices.ContainsFunc(chosen, d.matches)
		if d.not && met {
			return false
		}
		if d.not || met {
			continue
		}
		if slices.ContainsFunc(chosen, func(p *pkg) bool { return p.name == d.name }) {
			return false // in another version
		}
		for _, p := range w.candidates(d) {
			if fits(p, deps, chosen) && w.search(append(slices.Clone(p.depends), deps...), append(slices.Clip(chosen), p)) {
				return true
			}
		}
		return false
	}
	w.chosen = chosen
	return true
}

// fits reports whether a package contradicts nothing that is chosen or asked for.
func fits(p *pkg, deps []dep, chosen []*pkg) bool {
	for _, d := range deps {
		if d.not && d.matches(p) || !d.not && d.name == p.name && !d.matches(p) {
			return false
		}
	}
	for _, c := range chosen {
		if c.name == p.name {
			return false
		}
		for _, d := range p.depends {
			if d.not && d.matches(c) {
				return false
			}
		}
	}
	return true
}

// candidates are the packages that satisfy a constraint, the preferred one first. If several provide a name without a
// version, apk chooses none itself.
func (w *state) candidates(d dep) []*pkg {
	var list []*pkg
	for _, p := range slices.Concat(w.installed, w.offers) {
		same := func(q *pkg) bool { return q.name == p.name && q.version == p.version }
		if !d.matches(p) || slices.ContainsFunc(list, same) || d.op == "><" && p.checksum != d.version {
			continue
		}
		if d.name != p.name && d.op == "" && !w.isInstalled(p) && !providesVersion(p, d.name) {
			continue
		}
		if !w.isInstalled(p) && !w.isOffered(p, "") && !w.isOffered(p, d.tag) {
			continue
		}
		list = append(list, p)
	}
	slices.SortStableFunc(list, func(a, b *pkg) int {
		if a.name != b.name {
			return boolRank(b.name == d.name) - boolRank(a.name == d.name)
		}
		if d.tag != "" && w.isOffered(a, d.tag) != w.isOffered(b, d.tag) {
			return boolRank(w.isOffered(b, d.tag)) - boolRank(w.isOffered(a, d.tag))
		}
		if !w.newest && w.isInstalled(a) != w.isInstalled(b) {
			return boolRank(w.isInstalled(b)) - boolRank(w.isInstalled(a))
		}
		return -version.CompareAPK(a.version, b.version)
	})
	return list
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

func providesVersion(p *pkg, name string) bool {
	return slices.ContainsFunc(p.provide, func(d dep) bool { return d.name == name && d.version != "" })
}

func (w *state) isInstalled(p *pkg) bool {
	return slices.ContainsFunc(w.installed, func(q *pkg) bool { return q.name == p.name && q.version == p.version })
}

// isOffered reports whether a repository of a tag, "" for none, or a file has the package.
func (w *state) isOffered(p *pkg, tag string) bool {
	return slices.ContainsFunc(w.offers, func(q *pkg) bool { return q.name == p.name && q.version == p.version && q.tag == tag })
}
