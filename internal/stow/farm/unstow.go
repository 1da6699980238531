package farm

import "strings"

// unstower plans the removal of one image from the target.
type unstower struct {
	imageTree
	*draft
}

// unstowContents removes the links for a directory of the image from a directory of the target, then removes dangling
// links there.
func (u *unstower) unstowContents(sub, target string) error {
	if err := u.ctx.Err(); err != nil {
		return err
	}
	if !u.Options.Compat {
		// One listing answers most questions about its entries.
		if _, err := u.Tree.List(target); err != nil {
			return err
		}
	}
	if skip, err := u.isSkipped(target, target); skip || err != nil {
		return err
	}
	if u.Options.Compat {
		return u.unstowFound(sub, target)
	}
	if err := u.stillThere(target); err != nil {
		return err
	}
	spots, err := u.listSpots(sub, target)
	if err != nil {
		return err
	}
	for _, s := range spots {
		if err := u.unstowNode(s); err != nil {
			return err
		}
	}
	return u.clearDangling(target, spots)
}

// stillThere refuses to unstow from a directory that an earlier package of the same command removes, as GNU Stow does.
func (u *unstower) stillThere(target string) error {
	if target == "" {
		return nil
	}
	there, err := u.state.isThere(target)
	if err == nil && !there {
		err = contradiction("unstow from", target)
	}
	return err
}

// unstowFound unstows the entries of a directory of the target, for --compat.
func (u *unstower) unstowFound(sub, target string) error {
	list, err := u.Tree.List(target)
	if err != nil {
		return err
	}
	prefix := u.linkPrefix(sub, target)
	for _, e := range list {
		name := e.Name
		if u.Options.Dotfiles {
			name = redot(name)
		}
		// The image's entry there was not read, so it does not count as a file or a directory.
		s := spot{sub: pathBelow(sub, name), target: pathBelow(target, e.Name), typ: Symlink, name: name, prefix: prefix}
		ignored, err := u.Ignore.Ignored(u.image, s.ignorePath(target))
		if err != nil {
			return err
		}
		if ignored {
			continue
		}
		if err := u.unstowNode(s); err != nil {
			return err
		}
	}
	return nil
}

func (u *unstower) unstowNode(s spot) error {
	text, linked, err := u.state.findLink(s.target)
	if err != nil {
		return err
	}
	if linked {
		return u.unstowLink(s, text)
	}
	// As GNU Stow does, this reads only the disk: a directory whose removal is planned may still contain links to
	// handle.
	t, err := u.Tree.Leads(s.target)
	if err != nil {
		return err
	}
	switch t {
	case Dir:
		if u.Options.Sound && u.state.isHidden(s.target) {
			return nil // an image unstowed earlier was folded here: nothing of this one is there
		}
		if err := u.unstowContents(s.sub, s.target); err != nil {
			return err
		}
		return u.refoldDir(s.target)
	case None:
		u.log(2, "%s did not exist to be unstowed", s.target)
		return u.restoreBackup(s.target)
	}
	u.log(2, "%s is neither a link nor a directory: left", s.target)
	return nil
}

func (u *unstower) unstowLink(s spot, text string) error {
	if s.reads(text) && u.isPlain(s) {
		return u.unlinkSpot(s, text)
	}
	if strings.HasPrefix(text, "/") && u.Options.Absolute == "" {
		u.log(0, "Ignoring an absolute symlink: %s => %s", s.target, text)
		return nil
	}
	dest, _, owned, err := u.findOwner(s.target, text)
	if err != nil || !owned {
		return err
	}
	if dest != u.sourcePath(s) {
		t, err := u.Tree.Leads(dest)
		if err != nil {
			return err
		}
		if t != None {
			u.log(2, "--- Leaving %s, which leads to %s", s.target, dest)
			return nil
		}
		u.log(2, "--- removing invalid link into a stow directory: %s", s.target)
	}
	return u.unlinkSpot(s, text)
}

func (u *unstower) unlinkSpot(s spot, text string) error {
	if err := u.state.removeLink(s.target, text); err != nil {
		return err
	}
	return u.restoreBackup(s.target)
}

// clearDangling removes links from a directory of the target that a package owns and that are dangling. seen are the
// entries that were just unstowed there: a link left of these is not dangling, or not owned.
func (u *unstower) clearDangling(target string, seen []spot) error {
	list, err := u.Tree.List(target)
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
		if next < len(seen) && seen[next].name == e.Name && !u.Options.Dotfiles {
			continue
		}
		path := pathBelow(target, e.Name)
		if u.state.linkTask(path) != 0 {
			continue
		}
		_, text, err := u.Tree.Look(path)
		if err != nil {
			return err
		}
		if err := u.clearIfDangling(path, text); err != nil {
			return err
		}
	}
	return nil
}

func (u *unstower) clearIfDangling(path, text string) error {
	dest, _, owned, err := u.findOwner(path, text)
	if err != nil || !owned {
		return err
	}
	t, err := u.Tree.Leads(dest)
	if err != nil || t != None {
		return err
	}
	u.log(2, "--- removing stale link: %s => %s", path, dest)
	if err := u.state.removeLink(path, text); err != nil {
		return err
	}
	return u.restoreBackup(path)
}
