package resources

import (
	"bytes"
	"net/netip"
	"strings"

	"converge/internal/resource"
)

// hostName is a name of /etc/hosts, and whether an IPv6 address is asked for.
type hostName struct {
	name string
	is6  bool
}

// firstAddresses returns the effective addresses of a file such as /etc/hosts: of several lines with a name, the first
// counts.
func firstAddresses(content string) map[hostName]string {
	out := map[hostName]string{}
	for line := range strings.Lines(content) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		at, err := netip.ParseAddr(words[0])
		if err != nil {
			continue
		}
		for _, name := range words[1:] {
			key := hostName{strings.ToLower(name), at.Is6()}
			if _, known := out[key]; !known {
				out[key] = at.String()
			}
		}
	}
	return out
}

// OverriddenHosts are the names of /etc/hosts that lose their effective address, with these addresses.
type OverriddenHosts map[hostName]string

// FindOverriddenHosts returns the names that lose their effective address once a resource has made its file, because
// an earlier line gives them another one.
func FindOverriddenHosts(read Reader, r *resource.Resource) OverriddenHosts {
	before := read.content(hostsFile)
	after, isKnown := fileAfter(read, hostsFile, r)
	if !isKnown || bytes.Equal(before, after) {
		return nil
	}
	out := OverriddenHosts{}
	now := firstAddresses(string(after))
	for name, at := range firstAddresses(string(before)) {
		if then, there := now[name]; there && then != at {
			out[name] = at
		}
	}
	return out
}

// Find returns a host that a resource declares with the address that was effective; "": there is none.
func (h OverriddenHosts) Find(theirs *resource.Resource) string {
	if len(h) == 0 {
		return ""
	}
	for name, at := range firstAddresses(hostLinesOf(theirs)) {
		if h[name] == at {
			return name.name
		}
	}
	return ""
}

// hostLinesOf returns the lines of /etc/hosts that a resource declares.
func hostLinesOf(r *resource.Resource) string {
	switch r.Kind.Name {
	case "line":
		w := resource.Must[LineWant](r.Want)
		return resource.DecodeBytes(w.Line.Value)
	case "block":
		w := resource.Must[BlockWant](r.Want)
		if w.Content != nil {
			text, _ := contentText(w.Content)
			return text
		}
	case "hostname":
		w := resource.Must[HostnameWant](r.Want)
		return "127.0.1.1 " + w.Name
	}
	return ""
}

// HostsFile is the file of names of hosts.
const HostsFile = hostsFile
