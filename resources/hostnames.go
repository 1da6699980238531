package resources

import (
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// RenameHost returns the names of a line of /etc/hosts with a host's new name for its old
// one, short and with a domain. Other names stay.
func RenameHost(names []string, old, name string) []string {
	short, _, full := strings.Cut(name, ".")
	oldShort, _, _ := strings.Cut(old, ".")
	var out []string
	add := func(n string) {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	for _, n := range names {
		domain, within := strings.CutPrefix(n, oldShort+".")
		switch {
		case old == "":
			add(n)
		case n == oldShort:
			add(short)
		case n == old:
			add(name)
		case within && full:
			add(name)
		case within:
			add(short + "." + domain)
		default:
			add(n)
		}
	}
	switch {
	case slices.Contains(out, name):
	case full: // the first name is the canonical one
		out = append([]string{name}, out...)
		add(short)
	default:
		add(name)
	}
	return out
}

// resultingHosts is what the names of a line of /etc/hosts become.
func resultingHosts(have, want cty.Value) cty.Value {
	h, w := resource.Must[HostnameWant](have), resource.Must[HostnameWant](want)
	if w.InHosts.Value != w.Name { // those of an earlier state
		return cty.StringVal(w.InHosts.Value)
	}
	names := RenameHost(strings.Fields(h.InHosts.Value), h.Saved.Value, w.Name)
	return cty.StringVal(strings.Join(names, " "))
}
