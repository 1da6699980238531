package farm

import "strings"

// stowContents stows what is in a directory of the image into a directory of
// the target.
func (w *walk) stowContents(sub, target string) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if skip, err := w.skipped(sub, target); skip || err != nil {
		return err
	}
	list, err := w.Tree.List(below(w.top, sub))
	if err != nil {
		return err
	}
	prefix := w.prefix(sub, target)
	for _, e := range list {
		s, ok, err := w.spot(e, sub, target, prefix)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := w.stowNode(s); err != nil {
			return err
		}
	}
	return nil
}

// spot places an entry of the image; ok is false for one that is ignored.
func (w *walk) spot(e Entry, sub, target, prefix string) (s spot, ok bool, err error) {
	if e.Name == foldMarker {
		return spot{}, false, nil
	}
	s = spot{sub: below(sub, e.Name), typ: e.Type, text: prefix + e.Name}
	if ignored, err := w.Ignore.Ignored(w.image, s.ignorePath(target, e.Name)); ignored || err != nil {
		return s, false, err
	}
	switch name := w.targetName(e.Name); {
	case name == e.Name && target == sub:
		s.target = s.sub
	default:
		s.target = below(target, name)
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
func (s spot) ignorePath(target, name string) string {
	if target == parent(s.sub) {
		return s.sub
	}
	return below(target, name)
}

// stowNode decides about one entry.
func (w *walk) stowNode(s spot) error {
	if s.typ == Symlink && !w.Options.AbsoluteSource {
		text, ok, err := w.state.link(w.source(s))
		if err != nil {
			return err
		}
		if ok && strings.HasPrefix(text, "/") {
			w.conflict("stow", w.image, "source is an absolute symlink %s => %s", w.source(s), text)
			return nil
		}
	}
	text, linked, err := w.state.link(s.target)
	if err != nil {
		return err
	}
	if linked {
		return w.stowOverLink(s, text)
	}
	there, err := w.state.node(s.target)
	if err != nil {
		return err
	}
	if there {
		return w.stowOverNode(s)
	}
	if s.typ == Dir {
		unfolded, err := w.neverFolded(s)
		if err != nil {
			return err
		}
		if unfolded {
			if err := w.state.makeDir(s.target); err != nil {
				return err
			}
			return w.stowContents(s.sub, s.target)
		}
	}
	return w.state.makeLink(s.target, s.text)
}

// stowOverLink stows an entry where a link is.
func (w *walk) stowOverLink(s spot, text string) error {
	if text == s.text && w.plainly(s) {
		w.say(2, "--- Skipping %s as it already points to %s", s.target, text)
		return nil
	}
	dest, old, owned, err := w.owner(s.target, text)
	if err != nil {
		return err
	}
	if !owned {
		w.conflict("stow", w.image, "existing target is not owned by stow: %s", s.target)
		return nil
	}
	there, err := w.state.node(dest)
	if err != nil {
		return err
	}
	if !there {
		return w.replace(s, text)
	}
	if text == s.text {
		w.say(2, "--- Skipping %s as it already points to %s", s.target, text)
		return nil
	}
	switch w.Rules.Relation(w.image, old) {
	case Replaces:
		return w.replace(s, text)
	case Covers:
		return w.merge(s, text, dest, old, func() error { return w.replace(s, text) })
	case Yields:
		return w.merge(s, text, dest, old, func() error { return nil })
	}
	switch {
	case matches(w.Options.Defer, s.target):
		w.say(2, "--- Deferring installation of: %s", s.target)
		return nil
	case matches(w.Options.Override, s.target):
		w.say(2, "--- Overriding installation of: %s", s.target)
		return w.replace(s, text)
	}
	return w.merge(s, text, dest, old, func() error {
		w.conflict("stow", w.image, "existing target is stowed to a different package: %s => %s", s.target, text)
		return nil
	})
}

func (w *walk) replace(s spot, text string) error {
	if err := w.state.removeLink(s.target, text); err != nil {
		return err
	}
	return w.state.makeLink(s.target, s.text)
}

// merge opens a folded directory for a second image. Where one of the two is
// no directory, otherwise decides.
func (w *walk) merge(s spot, text, dest string, old Image, otherwise func() error) error {
	for _, path := range []string{dest, w.source(s)} {
		if dir, err := w.state.dir(path); err != nil {
			return err
		} else if !dir {
			return otherwise()
		}
	}
	w.say(2, "--- Unfolding %s which was already owned by %s", s.target, dest)
	if err := w.state.removeLink(s.target, text); err != nil {
		return err
	}
	if err := w.state.makeDir(s.target); err != nil {
		return err
	}
	before := walk{Planner: w.Planner, image: old, top: join(old.Stow, old.Package)}
	rest, _ := within(dest, before.top)
	if err := before.stowContents(rest, s.target); err != nil {
		return err
	}
	return w.stowContents(s.sub, s.target)
}

// stowOverNode stows an entry where a directory or a file is.
func (w *walk) stowOverNode(s spot) error {
	dir, err := w.state.dir(s.target)
	if err != nil {
		return err
	}
	source, err := w.leads(s)
	if err != nil {
		return err
	}
	switch {
	case dir && source == Dir:
		return w.stowContents(s.sub, s.target)
	case dir:
		w.conflict("stow", w.image, "cannot stow non-directory %s over existing directory target %s", w.source(s), s.target)
		return nil
	}
	return w.stowOverFile(s, source)
}

func (w *walk) stowOverFile(s spot, source Type) error {
	adopt := w.Options.Adopt || matches(w.Options.AdoptPath, s.target)
	switch {
	case adopt && source == Dir:
		w.conflict("stow", w.image, "cannot stow directory %s over existing non-directory target %s", w.source(s), s.target)
		return nil
	case adopt:
		if err := w.state.move(s.target, w.source(s)); err != nil {
			return err
		}
	case w.Options.Backup != "":
		if err := w.state.move(s.target, s.target+w.Options.Backup); err != nil {
			return err
		}
	default:
		w.conflict("stow", w.image, "cannot stow %s over existing target %s since neither a link nor a directory and --adopt not specified",
			w.source(s), s.target)
		return nil
	}
	return w.state.makeLink(s.target, s.text)
}

// plainly reports whether a link of the expected text needs no further look:
// it leads to an entry that was just listed, below the stow directory.
func (w *walk) plainly(s spot) bool {
	return s.typ != Symlink && w.Stow != "."
}

func matches(ms []Matcher, path string) bool {
	for _, m := range ms {
		if m.Match(path) {
			return true
		}
	}
	return false
}
