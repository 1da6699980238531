package farm

import "strings"

// refoldDir replaces a directory of the target by one link, if only links to entries of one directory of a package will
// be left in it.
func (u *unstower) refoldDir(target string) error {
	switch {
	case u.Options.KeepDirs:
		return nil
	case u.Options.StrictFold:
		return u.removeEmptied(target)
	}
	text, ok, err := u.foldedText(target)
	if err != nil || !ok {
		return err
	}
	u.log(2, "--- Folding %s => %s", target, text)
	list, err := u.Tree.List(target)
	if err != nil {
		return err
	}
	for _, e := range list {
		path := pathBelow(target, e.Name)
		there, err := u.state.isThere(path)
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		old, _, err := u.state.findLink(path)
		if err != nil {
			return err
		}
		if err := u.state.removeLink(path, old); err != nil {
			return err
		}
	}
	if err := u.state.removeDir(target); err != nil {
		return err
	}
	return u.state.makeLink(target, text)
}

// foldedText returns the text of the link that a directory can be folded into.
func (u *unstower) foldedText(target string) (text string, ok bool, err error) {
	if u.Options.NoFolding || matchesAny(u.Options.NoFoldPath, target) {
		return "", false, nil
	}
	list, err := u.Tree.List(target)
	if err != nil {
		return "", false, err
	}
	common := ""
	for _, e := range list {
		path := pathBelow(target, e.Name)
		there, err := u.state.isThere(path)
		if err != nil {
			return "", false, err
		}
		if !there {
			continue
		}
		link, linked, err := u.state.findLink(path)
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
	dest, _, owned, err := u.findOwner(target, text)
	if err != nil || !owned {
		return "", false, err
	}
	forbidden, err := u.forbidsFolding(dest)
	return text, !forbidden, err
}

// removeEmptied removes a directory that unstowing has emptied.
func (u *unstower) removeEmptied(target string) error {
	list, err := u.Tree.List(target)
	if err != nil {
		return err
	}
	took := false
	for _, e := range list {
		path := pathBelow(target, e.Name)
		if u.state.linkTask(path) != Unlink && u.state.dirTask(path) != Rmdir {
			return nil
		}
		took = true
	}
	if !took {
		return nil
	}
	return u.state.removeDir(target)
}
