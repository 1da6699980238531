package getopt

import "strings"

// completeName finds the full name of an abbreviated one: itself, if it is a name,
// or if nothing begins with it. It is false, after a complaint, if several names
// begin with it.
func (r *run) completeName(name string) (string, bool) {
	name = r.foldCase(name)
	if name == "" || r.specs[name] != nil {
		return name, true
	}
	hits := r.namesWith(name, false)
	if len(hits) == 0 {
		hits = r.namesWith(name, true)
	}
	if len(hits) == 0 {
		return name, true
	}
	if len(hits) == 1 {
		return hits[0], true
	}
	for _, h := range hits[1:] {
		if r.specs[h] != r.specs[hits[0]] {
			r.addError("Option %s is ambiguous (%s)", name, strings.Join(hits, ", "))
			return "", false
		}
	}
	return r.specs[hits[0]].Name, true
}

// namesWith lists the names that begin so, of late options or of the others.
func (r *run) namesWith(with string, late bool) []string {
	var hits []string
	for _, n := range r.names {
		if r.specs[n].Late == late && strings.HasPrefix(n, with) {
			hits = append(hits, n)
		}
	}
	return hits
}
