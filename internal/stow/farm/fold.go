package farm

// neverFolded reports whether a directory of the image must be a real
// directory in the target.
func (t *imageTree) neverFolded(s spot) (bool, error) {
	if t.Options.NoFolding || matchesAny(t.Options.NoFoldPath, s.target) {
		return true, nil
	}
	if t.Options.StrictFold {
		return t.holdsHidden(s)
	}
	return t.forbidsFolding(t.sourcePath(s))
}

// holdsHidden reports whether folding would expose an ignored entry, or one that --dotfiles renames, anywhere below; or
// whether a marker forbids folding there.
func (t *imageTree) holdsHidden(s spot) (bool, error) {
	list, err := t.Tree.List(t.sourcePath(s))
	if err != nil {
		return false, err
	}
	for _, e := range list {
		if e.Name == foldMarker || t.Options.Dotfiles && undot(e.Name) != e.Name {
			return true, nil
		}
		in, ok, err := t.placeEntry(e, s.sub, s.target, "")
		if err != nil || !ok {
			return true, err
		}
		if e.Type == Dir {
			if hidden, err := t.holdsHidden(in); hidden || err != nil {
				return hidden, err
			}
		}
	}
	return false, nil
}

// foldMarker in a directory of a package prevents folding of that directory.
const foldMarker = ".no-stow-folding"

func (p *Planner) forbidsFolding(source string) (bool, error) {
	t, _, err := p.Tree.Look(pathBelow(source, foldMarker))
	return t != None, err
}
