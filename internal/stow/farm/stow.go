package farm

import (
	"fmt"
	"strings"
	"syscall"
)

// longestLink is the maximal length of a link's text.
const longestLink = 4095

// linkable reports whether links in a directory of the target can reach the image within the maximal length of a text.
// It prevents plans for trees that are too deep to make.
func (o Options) linkable(dir string, image Image) bool {
	if o.Absolute != "" {
		return true
	}
	up := 0
	if dir != "" {
		up = 3 * (1 + strings.Count(dir, "/"))
	}
	return up+len(image.Stow)+len(image.Package)+len(dir) <= longestLink
}

// stower plans the places of one image's entries in the target.
type stower struct {
	imageTree
	*draft
}

// stowContents stows the content of a directory of the image into a directory of
// the target.
func (w *stower) stowContents(sub, target string) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if skip, err := w.isSkipped(sub, target); skip || err != nil {
		return err
	}
	if !w.Options.linkable(target, w.image) {
		return fmt.Errorf("cannot stow %.60q...: links in there would be longer than %d bytes: %w", target, longestLink, syscall.ENAMETOOLONG)
	}
	spots, err := w.listSpots(sub, target)
	if err != nil {
		return err
	}
	for _, s := range spots {
		if err := w.stowNode(s); err != nil {
			return err
		}
	}
	return nil
}

// stowNode decides about one entry.
func (w *stower) stowNode(s spot) error {
	if file, ok := w.state.kept[s.target]; ok {
		w.addConflict(s, "cannot stow %s as %s: existing target %s is to be kept under that name", w.sourcePath(s), s.target, file)
		return nil
	}
	if s.typ == Symlink && !w.Options.AbsoluteSource {
		text, ok, err := w.state.findLink(w.sourcePath(s))
		if err != nil {
			return err
		}
		if ok && strings.HasPrefix(text, "/") {
			w.addConflict(s, "source is an absolute symlink %s => %s", w.sourcePath(s), text)
			return nil
		}
	}
	text, linked, err := w.state.findLink(s.target)
	if err != nil {
		return err
	}
	// If the removal of a link was forgotten (see removeLink), the link on disk appears to exist beside the planned
	// directory. GNU Stow takes it as stowed if it has the right text, and gives up otherwise.
	if linked && (s.reads(text) || w.state.dirTask(s.target) != Mkdir) {
		return w.stowOverLink(s, text)
	}
	there, err := w.state.isThere(s.target)
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
	return w.state.makeLink(s.target, w.state.keptText(s))
}

// stowOverLink stows an entry at the place of a link.
func (w *stower) stowOverLink(s spot, text string) error {
	if s.reads(text) && w.isPlain(s) {
		return w.keepLink(s, text)
	}
	dest, old, owned, err := w.findOwner(s.target, text)
	if err != nil {
		return err
	}
	if !owned {
		w.addConflict(s, "existing target is not owned by stow: %s", s.target)
		return nil
	}
	there, err := w.state.isThere(dest)
	if err != nil {
		return err
	}
	if !there {
		return w.replaceLink(s, text)
	}
	if s.reads(text) {
		return w.keepLink(s, text)
	}
	switch w.Rules.Relation(w.image, old) {
	case Replaces:
		return w.replaceLink(s, text)
	case Covers:
		return w.mergeDirs(s, text, dest, old, func() error { return w.replaceLink(s, text) })
	case Yields:
		return w.mergeDirs(s, text, dest, old, func() error {
			w.reportDecision(Deferred, s)
			return nil
		})
	}
	switch {
	case matchesAny(w.Options.Defer, s.target):
		w.log(2, "--- Deferring installation of: %s", s.target)
		w.reportDecision(Deferred, s)
		return nil
	case matchesAny(w.Options.Override, s.target):
		w.log(2, "--- Overriding installation of: %s", s.target)
		w.reportDecision(Overridden, s)
		return w.replaceLink(s, text)
	}
	return w.mergeDirs(s, text, dest, old, func() error {
		w.addConflict(s, "existing target is stowed to a different package: %s => %s", s.target, text)
		return nil
	})
}

func (w *stower) keepLink(s spot, text string) error {
	w.log(2, "--- Skipping %s as it already points to %s", s.target, text)
	w.reportDecision(Kept, s)
	return nil
}

func (w *stower) replaceLink(s spot, text string) error {
	if err := w.state.removeLink(s.target, text); err != nil {
		return err
	}
	return w.state.makeLink(s.target, w.state.keptText(s))
}

// mergeDirs unfolds a directory for a second image. If one of the two is not a directory, it calls otherwise.
func (w *stower) mergeDirs(s spot, text, dest string, old Image, otherwise func() error) error {
	for _, path := range []string{dest, w.sourcePath(s)} {
		if dir, err := w.state.isDir(path); err != nil {
			return err
		} else if !dir {
			return otherwise()
		}
	}
	w.log(2, "--- Unfolding %s which was already owned by %s", s.target, dest)
	if err := w.state.removeLink(s.target, text); err != nil {
		return err
	}
	if err := w.state.makeDir(s.target); err != nil {
		return err
	}
	before := stower{w.openImage(old), w.draft}
	rest, _ := within(dest, before.top)
	if err := before.stowContents(rest, s.target); err != nil {
		return err
	}
	return w.stowContents(s.sub, s.target)
}

// stowOverNode stows an entry at the place of a directory or a file.
func (w *stower) stowOverNode(s spot) error {
	dir, err := w.state.isDir(s.target)
	if err != nil {
		return err
	}
	source, err := w.leadsTo(s)
	if err != nil {
		return err
	}
	if !dir {
		return w.stowOverFile(s, source)
	}
	if source == Dir {
		return w.stowContents(s.sub, s.target)
	}
	w.addConflict(s, "cannot stow non-directory %s over existing directory target %s", w.sourcePath(s), s.target)
	return nil
}

func (w *stower) stowOverFile(s spot, source Type) error {
	if w.Options.Adopt || matchesAny(w.Options.AdoptPath, s.target) {
		if source == Dir {
			w.addConflict(s, "cannot stow directory %s over existing non-directory target %s", w.sourcePath(s), s.target)
			return nil
		}
		return w.adoptFile(s)
	}
	if w.Options.Backup != "" {
		return w.backUp(s)
	}
	w.addConflict(s, "cannot stow %s over existing target %s since neither a link nor a directory and --adopt not specified",
		w.sourcePath(s), s.target)
	return nil
}

func matchesAny(ms []Matcher, path string) bool {
	for _, m := range ms {
		if m.Match(path) {
			return true
		}
	}
	return false
}
