package farm

import "strings"

// unstowContents removes the links for a directory of the image from a directory
// of the target, then removes links there that lead nowhere.
func (w *walk) unstowContents(sub, target string) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if !w.Options.Compat {
		// Listed at once, it answers most questions about its entries.
		if _, err := w.Tree.List(target); err != nil {
			return err
		}
	}
	if skip, err := w.isSkipped(target, target); skip || err != nil {
		return err
	}
	if w.Options.Compat {
		return w.unstowFound(sub, target)
	}
	if err := w.stillThere(target); err != nil {
		return err
	}
	spots, err := w.listSpots(sub, target)
	if err != nil {
		return err
	}
	for _, s := range spots {
		if err := w.unstowNode(s); err != nil {
			return err
		}
	}
	return w.clearDangling(target, spots)
}

// stillThere refuses to unstow from a directory that an earlier package of the
// same command takes away, as GNU Stow does.
func (w *walk) stillThere(target string) error {
	if target == "" {
		return nil
	}
	there, err := w.state.isThere(target)
	if err == nil && !there {
		err = contradiction("unstow from", target)
	}
	return err
}

// unstowFound unstows the entries of a directory of the target: --compat.
func (w *walk) unstowFound(sub, target string) error {
	list, err := w.Tree.List(target)
	if err != nil {
		return err
	}
	prefix := w.linkPrefix(sub, target)
	for _, e := range list {
		name := e.Name
		if w.Options.Dotfiles {
			name = redot(name)
		}
		// What the image has there, if anything, was not looked at: not plainly
		// a file or directory.
		s := spot{sub: pathBelow(sub, name), target: pathBelow(target, e.Name), typ: Symlink, name: name, prefix: prefix}
		ignored, err := w.Ignore.Ignored(w.image, s.ignorePath(target))
		if err != nil {
			return err
		}
		if ignored {
			continue
		}
		if err := w.unstowNode(s); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) unstowNode(s spot) error {
	text, linked, err := w.state.findLink(s.target)
	if err != nil {
		return err
	}
	if linked {
		return w.unstowLink(s, text)
	}
	// The disk alone is asked, as GNU Stow does: a directory that was planned
	// away may still hold links to be dealt with.
	t, err := w.Tree.Leads(s.target)
	if err != nil {
		return err
	}
	switch t {
	case Dir:
		if w.Options.Sound && w.state.isHidden(s.target) {
			return nil // an image unstowed before this one showed it whole: nothing of this one is there
		}
		if err := w.unstowContents(s.sub, s.target); err != nil {
			return err
		}
		return w.refoldDir(s.target)
	case None:
		w.say(2, "%s did not exist to be unstowed", s.target)
		return w.restoreBackup(s.target)
	}
	w.say(2, "%s is neither a link nor a directory: left", s.target)
	return nil
}

func (w *walk) unstowLink(s spot, text string) error {
	if s.reads(text) && w.plainly(s) {
		return w.unlinkSpot(s, text)
	}
	if strings.HasPrefix(text, "/") && w.Options.Absolute == "" {
		w.say(0, "Ignoring an absolute symlink: %s => %s", s.target, text)
		return nil
	}
	dest, _, owned, err := w.findOwner(s.target, text)
	if err != nil || !owned {
		return err
	}
	if dest != w.sourcePath(s) {
		t, err := w.Tree.Leads(dest)
		if err != nil {
			return err
		}
		if t != None {
			w.say(2, "--- Leaving %s, which leads to %s", s.target, dest)
			return nil
		}
		w.say(2, "--- removing invalid link into a stow directory: %s", s.target)
	}
	return w.unlinkSpot(s, text)
}

func (w *walk) unlinkSpot(s spot, text string) error {
	if err := w.state.removeLink(s.target, text); err != nil {
		return err
	}
	return w.restoreBackup(s.target)
}

// clearDangling removes links from a directory of the target that some package
// owns and that lead nowhere. seen are the entries that were just unstowed
// there: a link that was left of them leads somewhere, or is not owned.
func (w *walk) clearDangling(target string, seen []spot) error {
	list, err := w.Tree.List(target)
	if err != nil {
		return err
	}
	next := 0
	for _, e := range list {
		if e.Type != Symlink {
			continue
		}
		for next < len(seen) && seen[next].name < e.Name {
			next++
		}
		if next < len(seen) && seen[next].name == e.Name && !w.Options.Dotfiles {
			continue
		}
		path := pathBelow(target, e.Name)
		if w.state.linkTask(path) != 0 {
			continue
		}
		_, text, err := w.Tree.Look(path)
		if err != nil {
			return err
		}
		if err := w.clearIfDangling(path, text); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) clearIfDangling(path, text string) error {
	dest, _, owned, err := w.findOwner(path, text)
	if err != nil || !owned {
		return err
	}
	t, err := w.Tree.Leads(dest)
	if err != nil || t != None {
		return err
	}
	w.say(2, "--- removing stale link: %s => %s", path, dest)
	if err := w.state.removeLink(path, text); err != nil {
		return err
	}
	return w.restoreBackup(path)
}

func orTop(path string) string {
	if path == "" {
		return "."
	}
	return path
}
