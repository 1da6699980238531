package journal

import (
	"encoding/json"
	"fmt"
	"strings"

	"converge/internal/resource"
)

func targetKey(site string, target resource.Addr) string {
	return targetPrefix + site + " " + target.String()
}

// addTargets adds the targets of the changes to the ledger, as far as it does
// not hold them yet.
func (r *Run) addTargets(changes []LedgerChange) (out []LedgerChange, err error) {
	if r.Site == nil {
		return nil, nil
	}
	for _, c := range changes {
		for _, h := range splitHolds(c.Holds) {
			if h.tells == "" || unescapeItem(h.site) != r.SiteID.Name {
				continue
			}
			for t := splitItems(h.tells); len(t) >= 3; t = t[3:] {
				addr, err := resource.ParseAddr(t[2])
				key := targetKey(r.SiteID.Name, addr)
				if err != nil || r.targets[key] {
					continue
				}
				r.targets[key] = true
				if out, err = r.addTarget(out, key, addr); err != nil {
					return nil, err
				}
			}
		}
	}
	return out, nil
}

func (r *Run) addTarget(out []LedgerChange, key string, addr resource.Addr) ([]LedgerChange, error) {
	res := r.Site(addr)
	if res == nil {
		return out, nil
	}
	want, err := r.describeWanted(res)
	if err != nil {
		return nil, fmt.Errorf("cannot journal %s: %w", addr, err)
	}
	c := LedgerChange{Key: key, Digest: string(want), Found: true, Addr: addr.String()}
	r.s.mu.Lock()
	v, known := r.s.memory.ledger.findEntry(key)
	r.s.mu.Unlock()
	if known && v.digest == c.Digest {
		return out, nil
	}
	return append(out, c), nil
}

// targetValue returns the wanted value of a target in the ledger; nil if it has none.
func (l *ledger) targetValue(site string, addr resource.Addr) json.RawMessage {
	if v, ok := l.findEntry(targetKey(site, addr)); ok {
		return json.RawMessage(v.digest)
	}
	return nil
}

// dropTargets forgets targets that no entry notifies any more.
func (l *ledger) dropTargets() {
	var targets []string
	for key := range l.allEntries() {
		if strings.HasPrefix(key, targetPrefix) {
			targets = append(targets, key)
		}
	}
	if len(targets) == 0 {
		return
	}
	named := map[string]bool{}
	for _, v := range l.entries {
		if strings.IndexByte(v.holds, '\t') < 0 {
			continue // no notifications
		}
		for _, h := range splitHolds(v.holds) {
			for t := splitItems(h.tells); len(t) >= 3; t = t[3:] {
				named[targetPrefix+unescapeItem(h.site)+" "+t[2]] = true
			}
		}
	}
	for _, key := range targets {
		if !named[key] {
			delete(l.entries, key)
		}
	}
}
