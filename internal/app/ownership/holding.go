package ownership

import (
	"strings"

	"converge/internal/app/site"
	"converge/internal/engine"
	"converge/internal/journal"
	"converge/internal/resource"
)

// maxDeps is the most dependencies that the ledger keeps of a resource by way of
// resources that have no record, like commands.
const maxDeps = 100

// Holdings computes, for each resource of a site, what the ledger has to keep: its
// dependencies, for the order of removal, and its notifications.
type Holdings struct {
	site    *site.Site
	keys    []string // the key of each resource; "": nothing that could be removed or put back
	through map[int][]string
}

// NewHoldings returns the holdings of a site.
func NewHoldings(s *site.Site) *Holdings {
	h := &Holdings{site: s, keys: make([]string, len(s.Resources)), through: map[int][]string{}}
	for i, r := range s.Resources {
		if _, removable := r.Kind.Attr("ensure"); removable || r.Kind.Restores {
			h.keys[i] = s.Resources[i].Key
		}
	}
	return h
}

// List returns what the site declares and converge may have made.
func (h *Holdings) List() []journal.Holding {
	out := make([]journal.Holding, 0, len(h.keys))
	for i, key := range h.keys {
		if key != "" {
			out = append(out, journal.Holding{Key: key, Addr: h.site.Resources[i].Addr, Links: h.makeLinks(i)})
		}
	}
	return out
}

// FindLinks returns what the ledger has to keep of the resource at addr.
func (h *Holdings) FindLinks(addr resource.Addr) journal.Links {
	if i, ok := h.site.Find(addr); ok {
		return h.makeLinks(i)
	}
	return journal.Links{}
}

func (h *Holdings) makeLinks(i int) journal.Links {
	var deps []string
	for e := range h.site.Graph.Before(i) {
		deps = h.addDeps(deps, e.From)
	}
	own := h.keys[i]
	kept := deps[:0]
	for _, d := range deps {
		// A directory is removed after its content without any record.
		if d != own && !(strings.HasPrefix(own, d+"/") && strings.HasPrefix(d, "path:")) {
			kept = append(kept, d)
		}
	}
	r := h.site.Resources[i]
	l := journal.EncodeLinks(kept, h.listNotifies(i)).In(h.findFiles(r))
	if r.Protect && !r.Off {
		l = l.Protected(engine.DescribeProtector(r))
	}
	return l
}

// findFiles returns the files of a resource that its key does not name. Other sites must not
// take these for undeclared.
func (h *Holdings) findFiles(r *resource.Resource) journal.Files {
	if r.Off || resource.WantsAbsent(r.Want) {
		return journal.Files{}
	}
	f := journal.Files(h.site.Identity.FilesOf(r.Key))
	if _, _, isPart := resource.CutPartKey(r.Key); isPart { // its key names the file
		f.Within = nil
	}
	return f
}

// addDeps adds a resource to the dependencies, or, where it is nothing that could
// be removed, what it depends on itself.
func (h *Holdings) addDeps(deps []string, i int) []string {
	if h.keys[i] != "" {
		return append(deps, h.keys[i])
	}
	passed, known := h.through[i]
	if !known {
		for e := range h.site.Graph.Before(i) {
			if passed = h.addDeps(passed, e.From); len(passed) >= maxDeps {
				break
			}
		}
		h.through[i] = passed
	}
	return append(deps, passed...)
}

func (h *Holdings) listNotifies(i int) []journal.LedgerNotify {
	var out []journal.LedgerNotify
	for _, n := range h.site.Resources[i].Notifies {
		l := journal.LedgerNotify{Target: n.Target, Verb: n.Verb, When: n.When}
		if t, ok := h.site.Find(n.Target); ok {
			l.Key = h.site.Resources[t].Key
		}
		out = append(out, l)
	}
	return out
}
