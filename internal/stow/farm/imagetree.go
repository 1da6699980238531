package farm

// imageTree is the tree of one image: its entries, their places in the target, and the texts of links to them.
type imageTree struct {
	*survey
	image Image
	top   string // the image's directory, from the target
}

// listSpots lists the entries of a directory of the image that are not ignored, each with its place in a directory of
// the target.
func (t *imageTree) listSpots(sub, target string) ([]spot, error) {
	again := t.again[t.image] && sub == target
	dir := pathBelow(t.top, sub)
	if again {
		if spots, ok := t.spots[dir]; ok {
			return spots, nil
		}
	}
	list, err := t.Tree.List(dir)
	if err != nil {
		return nil, err
	}
	spots := make([]spot, 0, len(list))
	prefix := t.linkPrefix(sub, target)
	for _, e := range list {
		s, ok, err := t.placeEntry(e, sub, target, prefix)
		if err != nil {
			return nil, err
		}
		if ok {
			spots = append(spots, s)
		}
	}
	if again {
		t.spots[dir] = spots
	}
	return spots, nil
}

// placeEntry returns the place of an entry of the image; ok is false if it is ignored.
func (t *imageTree) placeEntry(e Entry, sub, target, prefix string) (s spot, ok bool, err error) {
	if e.Name == foldMarker {
		return spot{}, false, nil
	}
	s = spot{sub: pathBelow(sub, e.Name), typ: e.Type, name: e.Name, prefix: prefix}
	if ignored, err := t.Ignore.Ignored(t.image, s.ignorePath(target)); ignored || err != nil {
		if ignored && t.OnDecision != nil {
			s.target = pathBelow(target, t.targetName(e.Name))
			t.reportDecision(Skipped, s)
		}
		return s, false, err
	}
	if name := t.targetName(e.Name); name != e.Name || target != sub {
		s.target = pathBelow(target, name)
	} else {
		s.target = s.sub
	}
	return s, true, nil
}

func (t *imageTree) targetName(name string) string {
	if t.Options.Dotfiles {
		return undot(name)
	}
	return name
}

// sourcePath returns the entry's path from the target.
func (t *imageTree) sourcePath(s spot) string { return pathBelow(t.top, s.sub) }

// leadsTo returns the type of the entry after following links.
func (t *imageTree) leadsTo(s spot) (Type, error) {
	if s.typ != Symlink {
		return s.typ, nil
	}
	return t.Tree.Leads(t.sourcePath(s))
}

// isPlain reports whether a link with the expected text needs no further check: it leads to an entry that was just
// listed, below the stow directory.
func (t *imageTree) isPlain(s spot) bool {
	return s.typ != Symlink && t.Stow != "."
}

// linkPrefix returns the common prefix of links in a directory of the target to entries of a directory of the image.
func (t *imageTree) linkPrefix(sub, target string) string {
	top := t.top
	if t.Options.Absolute != "" {
		image := t.image.Package
		if in, ok := within(t.top, t.Stow); ok { // it may be several directories deep
			image = in
		}
		return joinPaths(t.Options.Absolute, image, sub) + "/"
	}
	return joinPaths(climbFrom(target), top, sub) + "/"
}
