package farm

// The files by which a directory says that it is not stowed into.
const (
	marker  = ".stow"    // a stow directory
	protect = ".nonstow" // just not
)

// skipped reports whether a directory of the target is left alone. named is
// the path that GNU Stow tests and prints, which with --dotfiles is spelled as
// in the package; both are tested here.
func (w *walk) skipped(named, target string) (bool, error) {
	if orTop(target) == w.Stow || orTop(named) == w.Stow {
		w.say(0, "WARNING: skipping target which was current stow directory %s", orTop(named))
		w.shut(target, "")
		return true, nil
	}
	for _, m := range []struct{ file, words string }{
		{marker, "marked Stow directory"},
		{protect, "protected directory"},
	} {
		held, err := w.holds(target, m.file)
		if err != nil {
			return false, err
		}
		if held {
			w.say(0, "WARNING: skipping %s %s", m.words, orTop(target))
			w.shut(target, m.file)
			return true, nil
		}
	}
	return false, nil
}

func (w *walk) shut(target, by string) {
	if w.Hear != nil {
		w.Hear(Heard{Decision: Shut, Image: w.image, Path: target, Type: Dir, By: by})
	}
}

// holds reports whether a directory of the target holds a marker on disk.
func (p *Planner) holds(target, file string) (bool, error) {
	path := below(target, file)
	if held, ok := p.marked[path]; ok {
		return held, nil
	}
	t, err := p.Tree.Leads(path)
	p.marked[path] = t != None
	return t != None, err
}
