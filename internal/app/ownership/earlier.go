package ownership

import (
	"fmt"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
	"converge/resources"
)

// earlier caches what the resources of a site override, by resource and file: each entry of another site needs it.
type earlier struct {
	keys  map[overriding]resources.OverriddenKeys
	hosts map[*resource.Resource]resources.OverriddenHosts
}

// overriding is a resource, and a file in which it may override keys.
type overriding struct {
	*resource.Resource
	file string
}

func newEarlier() *earlier {
	return &earlier{map[overriding]resources.OverriddenKeys{}, map[*resource.Resource]resources.OverriddenHosts{}}
}

func (e *earlier) findKeys(read resources.Reader, file string, r *resource.Resource) resources.OverriddenKeys {
	at := overriding{r, file}
	keys, known := e.keys[at]
	if !known {
		keys = resources.OverriddenSSH(read, file, r)
		e.keys[at] = keys
	}
	return keys
}

func (e *earlier) findHosts(read resources.Reader, r *resource.Resource) resources.OverriddenHosts {
	hosts, known := e.hosts[r]
	if !known {
		hosts = resources.FindOverriddenHosts(read, r)
		e.hosts[r] = hosts
	}
	return hosts
}

// mayPrecede reports whether the site may have text that is read before a file in which the first value counts.
func (f filesOf) mayPrecede(file string) bool { return len(f.ssh) > 0 && resources.IsSSHConfig(file) }

// findEarlier returns the resource whose text is read before that of another site, in a file in which the first value
// counts, and differs: a drop-in of sshd_config, a section for all hosts, an earlier line of /etc/hosts; nil: there is
// none.
func findEarlier(e other, f filesOf) *contradiction {
	file, theirs := "", e.Resource
	if at, isPath := strings.CutPrefix(e.LedgerEntry.Key, assembly.PathKey); isPath && hasContent(e.LedgerEntry) {
		file, theirs = at, nil
	} else if at, _, isPart := resource.CutPartKey(e.LedgerEntry.Key); isPart && theirs != nil && theirs.Kind != nil && theirs.Kind.Name == "setting" {
		file = at
	}
	if f.mayPrecede(file) {
		for _, r := range f.ssh {
			if r.Key == e.LedgerEntry.Key {
				continue
			}
			if key := f.earlier.findKeys(f.read, file, r).Find(theirs); key != "" {
				what := fmt.Sprintf("decides %s in %q, which is read before that in %q", key, resources.SSHFile(r), file)
				if resources.SSHFile(r) == file {
					what = fmt.Sprintf("decides %s in another section of %q, which counts first", key, file)
				}
				return newContradiction(r, e.LedgerEntry, what, "wants that otherwise", adviceFirst)
			}
		}
	}
	return findEarlierHost(e, f)
}

// findEarlierHost is findEarlier for /etc/hosts.
func findEarlierHost(e other, f filesOf) *contradiction {
	if e.Resource == nil || e.Resource.Kind == nil {
		return nil
	}
	for _, file := range filesIn(e.LedgerEntry) {
		if file != resources.HostsFile {
			continue
		}
		for _, r := range f.parts[file] {
			if r.Key == e.LedgerEntry.Key || !r.IsEnforced() {
				continue
			}
			if name := f.earlier.findHosts(f.read, r).Find(e.Resource); name != "" {
				return newContradiction(r, e.LedgerEntry, fmt.Sprintf("gives %q another address in %q, in an earlier line", name, file), "wants that otherwise", adviceFirst)
			}
		}
	}
	return nil
}
