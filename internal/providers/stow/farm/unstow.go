package farm

import "strings"

// unstowContents takes what is in a directory of the image out of a directory
// of the target, then clears links out of there that lead nowhere.
func (w *walk) unstowContents(sub, target string) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if skip, err := w.skipped(target, target); skip || err != nil {
		return err
	}
	dir := below(w.top, sub)
	if w.Options.Compat {
		dir = target
	} else if err := w.stillThere(target); err != nil {
		return err
	}
	list, err := w.Tree.List(dir)
	if err != nil {
		return err
	}
	prefix := w.prefix(sub, target)
	for _, e := range list {
		if w.Options.Compat {
			err = w.unstowFound(e, sub, target, prefix)
		} else {
			err = w.unstowEntry(e, sub, target, prefix)
		}
		if err != nil {
			return err
		}
	}
	if w.Options.Compat {
		return nil
	}
	return w.clearDangling(target)
}

// stillThere refuses to unstow from a directory that an earlier package of the
// same command takes away, as GNU Stow does.
func (w *walk) stillThere(target string) error {
	if target == "" {
		return nil
	}
	there, err := w.state.node(target)
	if err == nil && !there {
		err = clash("unstow from", target)
	}
	return err
}

// unstowEntry unstows one entry of the image.
func (w *walk) unstowEntry(e Entry, sub, target, prefix string) error {
	s, ok, err := w.spot(e, sub, target, prefix)
	if !ok || err != nil {
		return err
	}
	return w.unstowNode(s)
}

// unstowFound unstows one entry of the target: --compat.
func (w *walk) unstowFound(e Entry, sub, target, prefix string) error {
	name := e.Name
	if w.Options.Dotfiles {
		name = redot(name)
	}
	s := spot{sub: below(sub, name), target: below(target, e.Name), text: prefix + name}
	if ignored, err := w.Ignore.Ignored(w.image, s.ignorePath(target, name)); ignored || err != nil {
		return err
	}
	// What the image has there, if anything, was not looked at.
	s.typ = Symlink
	return w.unstowNode(s)
}

func (w *walk) unstowNode(s spot) error {
	text, linked, err := w.state.link(s.target)
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
		if err := w.unstowContents(s.sub, s.target); err != nil {
			return err
		}
		return w.refold(s.target)
	case None:
		w.say(2, "%s did not exist to be unstowed", s.target)
		return w.restoreBackup(s)
	}
	w.say(2, "%s is neither a link nor a directory: left", s.target)
	return nil
}

func (w *walk) unstowLink(s spot, text string) error {
	if text == s.text && w.plainly(s) {
		return w.unlink(s, text)
	}
	if strings.HasPrefix(text, "/") && w.Options.Absolute == "" {
		w.say(0, "Ignoring an absolute symlink: %s => %s", s.target, text)
		return nil
	}
	dest, _, owned, err := w.owner(s.target, text)
	if err != nil || !owned {
		return err
	}
	if dest != w.source(s) {
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
	return w.unlink(s, text)
}

func (w *walk) unlink(s spot, text string) error {
	if err := w.state.removeLink(s.target, text); err != nil {
		return err
	}
	return w.restoreBackup(s)
}

// restoreBackup puts back the file that stowing had moved aside.
func (w *walk) restoreBackup(s spot) error {
	if w.Options.Backup == "" {
		return nil
	}
	kept := s.target + w.Options.Backup
	t, _, err := w.Tree.Look(kept)
	if err != nil || t != File {
		return err
	}
	return w.state.move(kept, s.target)
}

// clearDangling removes links from a directory of the target that some package
// owns and that lead nowhere.
func (w *walk) clearDangling(target string) error {
	if t, err := w.Tree.Leads(orTop(target)); err != nil || t != Dir {
		return err
	}
	list, err := w.Tree.List(target)
	if err != nil {
		return err
	}
	for _, e := range list {
		path := below(target, e.Name)
		if e.Type != Symlink || w.state.linkTask(path) != 0 {
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
	dest, _, owned, err := w.owner(path, text)
	if err != nil || !owned {
		return err
	}
	t, err := w.Tree.Leads(dest)
	if err != nil || t != None {
		return err
	}
	w.say(2, "--- removing stale link: %s => %s", path, dest)
	return w.state.removeLink(path, text)
}

func orTop(path string) string {
	if path == "" {
		return "."
	}
	return path
}
