package farm

// listSpots lists the entries of a directory of the image, each with its place in
// a directory of the target; those that are ignored are left out.
func (w *walk) listSpots(sub, target string) ([]spot, error) {
	again := w.again[w.image] && sub == target
	dir := pathBelow(w.top, sub)
	if again {
		if spots, ok := w.spots[dir]; ok {
			return spots, nil
		}
	}
	list, err := w.Tree.List(dir)
	if err != nil {
		return nil, err
	}
	spots := make([]spot, 0, len(list))
	prefix := w.linkPrefix(sub, target)
	for _, e := range list {
		s, ok, err := w.placeEntry(e, sub, target, prefix)
		if err != nil {
			return nil, err
		}
		if ok {
			spots = append(spots, s)
		}
	}
	if again {
		w.spots[dir] = spots
	}
	return spots, nil
}

// placeEntry places an entry of the image; ok is false for one that is ignored.
func (w *walk) placeEntry(e Entry, sub, target, prefix string) (s spot, ok bool, err error) {
	if e.Name == foldMarker {
		return spot{}, false, nil
	}
	s = spot{sub: pathBelow(sub, e.Name), typ: e.Type, name: e.Name, prefix: prefix}
	if ignored, err := w.Ignore.Ignored(w.image, s.ignorePath(target)); ignored || err != nil {
		if ignored && w.Hear != nil {
			s.target = pathBelow(target, w.targetName(e.Name))
			w.reportDecision(Skipped, s)
		}
		return s, false, err
	}
	if name := w.targetName(e.Name); name != e.Name || target != sub {
		s.target = pathBelow(target, name)
	} else {
		s.target = s.sub
	}
	return s, true, nil
}

func (w *walk) targetName(name string) string {
	if w.Options.Dotfiles {
		return undot(name)
	}
	return name
}

// ignorePath is what ignore lists are matched against: the place in the
// target, the last name spelled as in the package.
func (s spot) ignorePath(target string) string {
	if target == parentPath(s.sub) {
		return s.sub
	}
	return pathBelow(target, s.name)
}
