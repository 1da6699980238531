package journal

import "slices"

// HeldCount counts the things that a site holds.
type HeldCount struct {
	Made       int // by converge
	Declared   int // by the present manifest of another site
	Undeclared int // of those made
}

func (n HeldCount) with(made, declared bool) HeldCount {
	if made {
		n.Made++
	}
	if declared {
		n.Declared++
	} else if made {
		n.Undeclared++
	}
	return n
}

// CountHeld counts the things of the other sites that wanted accepts, by site.
func (sl SiteLedger) CountHeld(wanted func(site string) bool, declared func(key string) bool) map[string]HeldCount {
	l, unlock := sl.lock()
	defer unlock()
	out, own := map[string]HeldCount{}, sl.site.allNames()
	accepted := map[string]bool{} // by site, escaped
	isWanted := func(site string) bool {
		is, known := accepted[site]
		if !known {
			name := unescapeItem(site)
			is = !slices.Contains(own, name) && wanted(name)
			accepted[site] = is
		}
		return is
	}
	if !mayBeHeld(l, isWanted) {
		return out
	}
	last, sites := "", []string(nil) // those of the last entry's holds that are wanted
	for key, v := range l.each() {
		if v.holds != last {
			last, sites = v.holds, sites[:0]
			for _, h := range splitHolds(v.holds) {
				if isWanted(h.site) {
					sites = append(sites, unescapeItem(h.site))
				}
			}
		}
		for _, site := range sites {
			out[site] = out[site].with(!v.found || v.original != "", declared(key))
		}
	}
	return out
}
