package resources

import (
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// RenameHost replaces a host's old name, short and with a domain, by its new one in the names of a line of /etc/hosts.
// Other names stay.
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

// RenameHosts replaces a host's old name by its new one in several lines of /etc/hosts for one address. If no line has
// either name, the first gets the new one.
func RenameHosts(lines []string, old, name string) []string {
	out := slices.Clone(lines)
	rename := func(i int) { out[i] = strings.Join(RenameHost(strings.Fields(lines[i]), old, name), " ") }
	found := false
	for i, line := range lines {
		if names := strings.Fields(line); old != "" && old != name && hasHost(names, old) {
			rename(i)
		}
		found = found || slices.Contains(strings.Fields(out[i]), name)
	}
	if !found && len(out) > 0 {
		rename(0)
	}
	return out
}

// hasHost reports whether a host is among names, short or with a domain.
func hasHost(names []string, host string) bool {
	short, _, _ := strings.Cut(host, ".")
	return slices.ContainsFunc(names, func(n string) bool { return n == host || n == short || strings.HasPrefix(n, short+".") })
}

// resultingHosts is the result for the names of the lines of /etc/hosts.
func resultingHosts(have, want cty.Value) cty.Value {
	h, w := resource.Must[HostnameWant](have), resource.Must[HostnameWant](want)
	if w.InHosts.Value != w.Name { // those of an earlier state
		return cty.StringVal(w.InHosts.Value)
	}
	return cty.StringVal(strings.Join(RenameHosts(strings.Split(h.InHosts.Value, "\n"), h.Saved.Value, w.Name), "\n"))
}
