package farm

import "strings"

// isUnchanged reports whether stowing or restowing one image changes nothing: each link has the right text already, and
// removing all of them first would not change any other directory. Most runs end here, after one read of each link; in
// any doubt the request is planned in full.
func (v *survey) isUnchanged(req Request) (bool, error) {
	o := v.Options
	if len(req.Stow) != 1 || len(req.Unstow) > 1 || v.Verbose > 0 || v.OnDecision != nil || v.Stow == "." ||
		o.Compat || o.Dotfiles || o.StrictFold || o.Backup != "" {
		return false, nil
	}
	img := req.Stow[0]
	if len(req.Unstow) == 1 && req.Unstow[0] != img {
		return false, nil
	}
	q := quiet{imageTree: v.openImage(img), restow: len(req.Unstow) == 1}
	return q.checkDir("")
}

// quiet searches for anything that a request might change.
type quiet struct {
	imageTree
	restow bool
}

// checkDir reports whether a directory, in image and target, is exactly as stowing would leave it.
func (q *quiet) checkDir(sub string) (bool, error) {
	if err := q.ctx.Err(); err != nil {
		return false, err
	}
	var there []Entry
	if q.restow {
		// Listing it first shows at once that there is no marker.
		var err error
		if there, err = q.Tree.List(sub); err != nil {
			return false, err
		}
	}
	if why, _, err := q.findBar(sub, sub); why != "" || err != nil {
		return false, err
	}
	list, err := q.Tree.List(pathBelow(q.top, sub))
	if err != nil {
		return false, err
	}
	prefix := q.linkPrefix(sub, sub)
	for _, e := range list {
		s, ok, err := q.placeEntry(e, sub, sub, prefix)
		if err != nil {
			return false, err
		}
		if !ok {
			continue
		}
		if there, ok = q.skipStrays(there, e.Name); !ok {
			return false, nil
		}
		if ok, err := q.isInPlace(s, sub); !ok || err != nil {
			return false, err
		}
	}
	_, ok := q.skipStrays(there, "")
	return ok, nil
}

// skipStrays skips the entries of a directory of the target up to the name or, for "", to the end. A link that is not of
// the image may be dangling, or make the directory foldable: then ok is false, and everything must be planned.
func (q *quiet) skipStrays(there []Entry, name string) (rest []Entry, ok bool) {
	for len(there) > 0 && (name == "" || there[0].Name < name) {
		if there[0].Type == Symlink {
			return nil, false
		}
		there = there[1:]
	}
	if len(there) > 0 && there[0].Name == name {
		there = there[1:]
	}
	return there, true
}

// isInPlace reports whether the link of an entry is in place, or for a directory, everything in it.
func (q *quiet) isInPlace(s spot, dir string) (bool, error) {
	if s.typ == Symlink {
		if _, text, err := q.Tree.Look(q.sourcePath(s)); err != nil || strings.HasPrefix(text, "/") {
			return false, err
		}
		if t, err := q.leadsTo(s); t == None || err != nil {
			return false, err
		}
	}
	ok, err := q.Tree.Reads(dir, s.name, s.prefix)
	switch {
	case err != nil:
		return false, err
	case ok && q.restow && s.typ == Dir:
		opened, err := q.neverFolded(s)
		return !opened, err
	case ok:
		return true, nil
	}
	if s.typ != Dir {
		return false, nil
	}
	if t, _, err := q.Tree.Look(s.target); t != Dir || err != nil {
		return false, err
	}
	return q.checkDir(s.sub)
}
