package farm

import "strings"

// neverFolded reports whether a directory of the image must be a real
// directory in the target.
func (w *walk) neverFolded(s spot) (bool, error) {
	if w.Options.NoFolding || matchesAny(w.Options.NoFoldPath, s.target) {
		return true, nil
	}
	if w.Options.StrictFold {
		return w.holdsHidden(s)
	}
	return w.forbidsFolding(w.sourcePath(s))
}

// foldMarker in a directory of a package prevents its folding.
const foldMarker = ".no-stow-folding"

func (w *walk) forbidsFolding(source string) (bool, error) {
	t, _, err := w.Tree.Look(pathBelow(source, foldMarker))
	return t != None, err
}

// holdsHidden reports whether folding would show an ignored entry, or one under a
// name that --dotfiles changes, anywhere below; or was forbidden there.
func (w *walk) holdsHidden(s spot) (bool, error) {
	list, err := w.Tree.List(w.sourcePath(s))
	if err != nil {
		return false, err
	}
	for _, e := range list {
		if e.Name == foldMarker || w.Options.Dotfiles && undot(e.Name) != e.Name {
			return true, nil
		}
		in, ok, err := w.placeEntry(e, s.sub, s.target, "")
		if err != nil || !ok {
			return true, err
		}
		if e.Type == Dir {
			if hidden, err := w.holdsHidden(in); hidden || err != nil {
				return hidden, err
			}
		}
	}
	return false, nil
}

// refoldDir replaces a directory of the target by one link, if all that will be
// left in it are links to entries of one directory of a package.
func (w *walk) refoldDir(target string) error {
	switch {
	case w.Options.KeepDirs:
		return nil
	case w.Options.StrictFold:
		return w.removeEmptied(target)
	}
	text, ok, err := w.foldedText(target)
	if err != nil || !ok {
		return err
	}
	w.say(2, "--- Folding %s => %s", target, text)
	list, err := w.Tree.List(target)
	if err != nil {
		return err
	}
	for _, e := range list {
		path := pathBelow(target, e.Name)
		there, err := w.state.isThere(path)
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		old, _, err := w.state.findLink(path)
		if err != nil {
			return err
		}
		if err := w.state.removeLink(path, old); err != nil {
			return err
		}
	}
	if err := w.state.removeDir(target); err != nil {
		return err
	}
	return w.state.makeLink(target, text)
}

// foldedText finds the text of the link that a directory can be folded into.
func (w *walk) foldedText(target string) (text string, ok bool, err error) {
	if w.Options.NoFolding || matchesAny(w.Options.NoFoldPath, target) {
		return "", false, nil
	}
	list, err := w.Tree.List(target)
	if err != nil {
		return "", false, err
	}
	common := ""
	for _, e := range list {
		path := pathBelow(target, e.Name)
		there, err := w.state.isThere(path)
		if err != nil {
			return "", false, err
		}
		if !there {
			continue
		}
		link, linked, err := w.state.findLink(path)
		if err != nil || !linked {
			return "", false, err
		}
		up := parentText(link)
		if common == "" {
			common = up
		}
		if up == "" || up != common {
			return "", false, nil
		}
	}
	if common == "" {
		return "", false, nil
	}
	text = strings.TrimPrefix(common, "../")
	dest, _, owned, err := w.findOwner(target, text)
	if err != nil || !owned {
		return "", false, err
	}
	forbidden, err := w.forbidsFolding(dest)
	return text, !forbidden, err
}

// removeEmptied removes a directory that unstowing has left with nothing in it.
func (w *walk) removeEmptied(target string) error {
	list, err := w.Tree.List(target)
	if err != nil {
		return err
	}
	took := false
	for _, e := range list {
		path := pathBelow(target, e.Name)
		if w.state.linkTask(path) != Unlink && w.state.dirTask(path) != Rmdir {
			return nil
		}
		took = true
	}
	if !took {
		return nil
	}
	return w.state.removeDir(target)
}
