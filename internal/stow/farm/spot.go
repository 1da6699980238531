package farm

// entries are the entries of a directory of the image, each with its place in
// a directory of the target; those that are ignored are left out.
func (w *walk) entries(sub, target string) ([]spot, error) {
	again := w.again[w.image] && sub == target
	dir := below(w.top, sub)
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
	prefix := w.prefix(sub, target)
	for _, e := range list {
		s, ok, err := w.spot(e, sub, target, prefix)
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

// spot places an entry of the image; ok is false for one that is ignored.
func (w *walk) spot(e Entry, sub, target, prefix string) (s spot, ok bool, err error) {
	if e.Name == foldMarker {
		return spot{}, false, nil
	}
	s = spot{sub: below(sub, e.Name), typ: e.Type, name: e.Name, prefix: prefix}
	if ignored, err := w.Ignore.Ignored(w.image, s.ignorePath(target)); ignored || err != nil {
		if ignored && w.Hear != nil {
			s.target = below(target, w.targetName(e.Name))
			w.hear(Skipped, s)
		}
		return s, false, err
	}
	if name := w.targetName(e.Name); name != e.Name || target != sub {
		s.target = below(target, name)
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
	if target == parent(s.sub) {
		return s.sub
	}
	return below(target, s.name)
}
