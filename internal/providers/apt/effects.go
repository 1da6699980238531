package apt

import (
	"path"
	"slices"
	"time"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// sideEffects lists the packages that no change of the batch concerns and whose version differs since before its
// transactions. Only the database shows what was really done: the package lists may have been renewed between a plan
// and its transaction. The last job of the batch, if any, knows which packages provide virtual names.
func (s *sources) sideEffects(before, after *database, cs []resource.Change, j *job) []resource.Change {
	asked := map[string]bool{}
	if j != nil {
		for _, it := range j.items {
			asked[it.name] = true
		}
	}
	for _, c := range cs {
		name := c.Label()
		for _, d := range []*database{before, after} {
			asked[d.nameOf(name)] = true
		}
	}
	var out []resource.Change
	note := func(name string) {
		was, _ := before.findByKey(name)
		now, _ := after.findByKey(name)
		if o := (operation{name: name, old: was.presentVersion(), new: now.presentVersion()}); o.old != o.new && !asked[name] {
			out = append(out, s.undeclaredChange(o))
		}
	}
	for name := range before.eachPackage {
		note(name)
	}
	for name := range after.eachPackage {
		if _, known := before.findByKey(name); !known {
			note(name)
		}
	}
	slices.SortFunc(out, func(a, b resource.Change) int { return a.Addr.Compare(b.Addr) })
	return out
}

// presentVersion is the version of an installed package, "" if it is missing.
func (p pkg) presentVersion() string {
	if p.isGone() {
		return ""
	}
	return p.version
}

// unpacking records which packages the transactions of a batch changed, and when.
type unpacking struct {
	names map[string]bool
	at    time.Time
}

// addDifferences adds the packages that differ, and the moment when the last of them was
// unpacked: dpkg then writes its list of files. A unit that its own package's
// script restarted later runs the new files.
func (u *unpacking) addDifferences(t fsys.Files, before, after *database) {
	for name, now := range after.eachPackage {
		was, _ := before.findByKey(name)
		if was.version == now.version && was.state == now.state {
			continue
		}
		if u.names == nil {
			u.names = map[string]bool{}
		}
		u.names[name] = true
		for _, file := range []string{name, now.name + ":" + now.arch} {
			info, err := t.Stat(path.Join(infoDir, file+".list"))
			if err == nil && changeTime(info).After(u.at) {
				u.at = changeTime(info)
			}
		}
	}
}

// momentsOf returns when the changes took effect: all changes of dpkg at the moment at which the last package was
// unpacked, because a unit may use any of them.
func (u *unpacking) momentsOf(db *database, cs []resource.Change) []time.Time {
	at := make([]time.Time, len(cs))
	for i, c := range cs {
		if u.names[db.nameOf(c.Label())] {
			at[i] = u.at
		}
	}
	return at
}
