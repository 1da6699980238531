package ownership

import (
	"encoding/json"
	"slices"
	"strings"

	"converge/internal/app/site"
	"converge/internal/engine"
	"converge/internal/journal"
	"converge/internal/resource"
	"converge/resources"
)

// maxDeps is the most dependencies that the ledger keeps of a resource through resources without a record, such as
// commands.
const maxDeps = 100

// Holdings computes, for each resource of a site, what the ledger has to keep: its dependencies, for the order of
// removal, and its notifications.
type Holdings struct {
	site    *site.Site
	keys    []string // the key of each resource; "": nothing that could be removed or put back
	through map[int][]string
	probed  map[int][]int // the checks that concern a resource

	// Former are the attributes of things, by key, that count as sensitive although this site does not declare them
	// so.
	Former map[string]map[string]bool

	// Seal returns the sealed form of the digest of a sensitive content.
	Seal func(digest string) string

	// Describe returns a wanted value in the ledger's form; nil: it keeps none.
	Describe func(*resource.Resource) (json.RawMessage, error)
}

// NewHoldings returns the holdings of a site.
func NewHoldings(s *site.Site) *Holdings {
	h := &Holdings{site: s, keys: make([]string, len(s.Resources)), through: map[int][]string{}}
	h.probed = engine.FindProbed(s.Resources, s.Graph)
	for i, r := range s.Resources {
		if _, removable := r.Kind.Attr("ensure"); removable || r.Kind.Restores {
			h.keys[i] = s.Resources[i].Key
		}
	}
	return h
}

// List returns the things that the site declares and converge may have made, those that it protects, and those that
// other sites could remove or overwrite.
func (h *Holdings) List() []journal.Holding {
	out := make([]journal.Holding, 0, len(h.keys))
	for i, key := range h.keys {
		r := h.site.Resources[i]
		stays := h.isInReach(r)
		if key == "" && (stays || r.Protect && !r.Off) { // other sites could stop it or take it back
			key = r.Key
		}
		if key != "" {
			held := journal.Holding{
				Key: key, Addr: r.Addr, Links: h.makeLinks(i), Stays: stays, Idle: !r.IsEnforced(), Whole: stays && declaresContent(r), Wants: h.wantsOf(r),
			}
			if held.Whole {
				held.Content = func() string { return h.digestOf(r) }
			}
			if held.Secret = h.listSecrets(r); held.Secret != nil {
				held.SecretIn = h.findSecretFiles(r)
			}
			out = append(out, held)
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
		// A directory is removed after its content even without a record.
		if d != own && !(strings.HasPrefix(own, d+"/") && strings.HasPrefix(d, "path:")) {
			kept = append(kept, d)
		}
	}
	r := h.site.Resources[i]
	l := journal.EncodeLinks(kept, h.listNotifies(i))
	if !r.IsEnforced() {
		l = l.Idle()
	}
	l = l.In(h.findFiles(r))
	if secret := h.listSecrets(r); secret != nil {
		l = l.Keeping(journal.Kept{Secret: secret})
	}
	switch {
	case r.Protect && !r.Off:
		l = l.Keeping(h.listKept(r)).Protected(describeProtector(r))
	case isKeptAlways(r):
		k := h.listKept(r)
		l = l.Keeping(journal.Kept{Kind: k.Kind, Want: k.Want})
	}
	return l
}

// describeProtector is [engine.DescribeProtector] for a run of another site, which may start in another folder.
func describeProtector(r *resource.Resource) string {
	out := *r
	if name := r.Range.Filename; name != "" && !strings.HasPrefix(name, "<") {
		if abs, err := Absolute(name); err == nil {
			out.Range.Filename = abs
		}
	}
	return engine.DescribeProtector(&out)
}

// isKeptAlways reports whether the ledger has a resource's declaration even if it is not protected.
func isKeptAlways(r *resource.Resource) bool {
	switch {
	case !r.IsEnforced():
		return false
	case r.Kind.Name == "archive", r.Kind.Name == "service": // the key does not show the version, or the state
		return true
	case r.Kind.Holds != nil || resources.AccountFiles(r.Key) != nil: // its declaration decides about a file that another site declares, or edits
		return true
	}
	return len(r.Kind.PruneOptions(r.Want)) > 0 && strings.HasPrefix(r.Key, "path:") // for a part, the ledger has them anyway
}

// wantsOf returns what the ledger has to keep of a found part of a file, and of the owner and mode of a path, which it
// does not have otherwise; nil: nothing.
func (h *Holdings) wantsOf(r *resource.Resource) func() journal.Kept {
	if r.Protect || !r.IsEnforced() || r.WantsAbsent() || isKeptAlways(r) || len(resources.PartsIn(r)) == 0 && !resources.DeclaresOnlyAccess(r) {
		return nil
	}
	return func() journal.Kept {
		k := h.listKept(r)
		return journal.Kept{Kind: k.Kind, Want: k.Want}
	}
}

// listKept returns what the ledger has to keep of a resource in addition.
func (h *Holdings) listKept(r *resource.Resource) journal.Kept {
	k := journal.Kept{Guards: h.site.Identity.FilesOf(r.Key).Guards}
	if h.Describe == nil {
		return k
	}
	want, err := h.Describe(r)
	if err != nil {
		return k // it is protected even if that cannot be recorded
	}
	k.Kind, k.Want = r.Kind.Name, want
	return k
}

// findFiles returns the files of a resource that its key does not name. Other sites must not treat these as
// undeclared.
func (h *Holdings) findFiles(r *resource.Resource) journal.Files {
	if r.WantsAbsent() {
		return journal.Files{}
	}
	of := h.site.Identity.FilesOf(r.Key)
	f := journal.Files{Within: of.Within, Writes: of.Writes}
	if _, _, isPart := resource.CutPartKey(r.Key); isPart { // its key names the file
		f.Within = nil
	}
	return f
}

// addDeps adds a resource to the dependencies or, if it cannot be removed, its own dependencies.
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

// listNotifies returns the targets that the removal of a resource notifies: those of its notifications, and the checks
// that concern it.
func (h *Holdings) listNotifies(i int) []journal.LedgerNotify {
	declared := h.site.Resources[i].Notifies
	if len(declared)+len(h.probed[i]) == 0 {
		return nil
	}
	out := make([]journal.LedgerNotify, 0, len(declared)+len(h.probed[i]))
	for _, n := range declared {
		l := journal.LedgerNotify{Target: n.Target, Verb: n.Verb, When: n.When}
		if t, ok := h.site.Find(n.Target); ok {
			l.Key = h.site.Resources[t].Key
		}
		out = append(out, l)
	}
	for _, p := range h.probed[i] {
		probe := h.site.Resources[p]
		if !slices.ContainsFunc(declared, func(n resource.Notify) bool { return probe.Is(n.Target) && n.When != resource.Before }) {
			out = append(out, journal.LedgerNotify{Target: probe.Addr, Key: probe.Key, Verb: probe.Kind.Verbs[0], When: resource.Delayed})
		}
	}
	return out
}
