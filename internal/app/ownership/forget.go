package ownership

import (
	"slices"
	"strings"

	"converge/internal/engine"
	"converge/internal/journal"
	"converge/internal/resource"
)

// findForgotten returns, as orphans, the things that the manifest has forgotten and that the ledger still holds for
// this site.
func (o *Ledger) findForgotten() []engine.Orphan {
	if len(o.Site.Forget) == 0 {
		return nil
	}
	matched := map[string]bool{}
	var keys []string
	things := o.State.LedgerOf(o.ID).ListThings(func(e journal.LedgerEntry) bool {
		keys = append(keys, e.Key)
		named := false
		for _, name := range o.Site.Forget {
			if Means(name, e) {
				matched[name], named = true, true
			}
		}
		return named && !o.Site.Identity.Declares(e.Key)
	})
	for _, name := range o.Site.Forget {
		if !matched[name] {
			o.unmatched = append(o.unmatched, Unmatched{name, keys})
		}
	}
	out := make([]engine.Orphan, len(things))
	for i, e := range things {
		out[i] = o.readOrphan(e)
		out[i].Forget, out[i].Past = true, nil
	}
	return out
}

// Unmatched is a name in the manifest's forget blocks that matches nothing in the ledger.
type Unmatched struct {
	Name string
	Keys []string // of the things that the site made
}

// ListUnmatched returns the names, as [Ledger.FindOrphans] found them, that match nothing and never did: a thing that
// an earlier run has forgotten needs nothing more.
func (o *Ledger) ListUnmatched() ([]Unmatched, error) {
	if len(o.unmatched) == 0 {
		return nil, nil
	}
	left := slices.Clone(o.unmatched)
	runs, err := o.State.Runs()
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		if len(left) == 0 {
			break
		}
		d, err := o.State.Detail(r.ID)
		if err != nil {
			return nil, err
		}
		gone := d.ListForgotten()
		left = slices.DeleteFunc(left, func(u Unmatched) bool {
			return slices.ContainsFunc(gone, func(e journal.LedgerEntry) bool { return Means(u.Name, e) })
		})
	}
	return left, nil
}

// Means reports whether a name matches a thing: by its key, in which * in the name matches any characters, by its
// address, as the file that contains it, or as a part given by path.
func Means(name string, e journal.LedgerEntry) bool {
	if MatchKey(name, e.Key) || isAddrOf(name, e) {
		return true
	}
	if !strings.HasPrefix(name, pathKey) {
		return false
	}
	if file, id, ok := strings.Cut(strings.TrimPrefix(name, pathKey), "#"); ok && MatchKey(resource.PartKey(file, id), e.Key) {
		return true
	}
	return slices.ContainsFunc(FilesWithParts(e), func(file string) bool { return MatchKey(name, pathKey+file) })
}

// isAddrOf reports whether a name is the address of a thing: that of the block that declared it last, or the one that
// a plan shows for an undeclared thing.
func isAddrOf(name string, e journal.LedgerEntry) bool {
	return e.Addr.Kind != "" && (name == e.Addr.String() || name == resource.Addr{Kind: e.Addr.Kind, Name: e.ID()}.String())
}

const pathKey = "path:"

// FilesWithParts returns the paths of the files that a thing is a part of.
func FilesWithParts(e journal.LedgerEntry) (files []string) {
	if file, _, ok := resource.CutPartKey(e.Key); ok {
		files = append(files, file)
	}
	for _, h := range e.Holds {
		files = append(files, h.Within...)
	}
	return files
}

// MatchKey reports whether a name matches a key; * in the name matches any characters.
func MatchKey(name, key string) bool {
	if name == key {
		return true
	}
	first, rest, any := strings.Cut(name, "*")
	key, ok := strings.CutPrefix(key, first)
	for ok && any {
		first, rest, any = strings.Cut(rest, "*")
		if !any {
			return strings.HasSuffix(key, first)
		}
		_, key, ok = strings.Cut(key, first)
	}
	return ok && key == ""
}
