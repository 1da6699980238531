package farm

// The files by which a directory says that it is not stowed into.
const (
	marker  = ".stow"    // a stow directory
	protect = ".nonstow" // just not
)

// skipped reports whether a directory of the target is left alone. named is
// the path that GNU Stow tests and prints, which with --dotfiles is spelled as
// in the package; both are tested here.
func (p *Planner) skipped(named, target string) (bool, error) {
	if orTop(target) == p.Stow || orTop(named) == p.Stow {
		p.say(0, "WARNING: skipping target which was current stow directory %s", orTop(named))
		return true, nil
	}
	for _, m := range []struct{ file, words string }{
		{marker, "marked Stow directory"},
		{protect, "protected directory"},
	} {
		held, err := p.holds(target, m.file)
		if err != nil {
			return false, err
		}
		if held {
			p.say(0, "WARNING: skipping %s %s", m.words, orTop(target))
			return true, nil
		}
	}
	return false, nil
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
