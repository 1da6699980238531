package farm

// The files that mark a directory as not to be stowed into.
const (
	marker  = ".stow"    // a stow directory
	protect = ".nonstow" // just not
)

// isSkipped reports whether a directory of the target is left alone, with a
// message. named is the path that GNU Stow tests and prints, which with
// --dotfiles is spelled as in the package; both are tested here.
func (w *walk) isSkipped(named, target string) (bool, error) {
	why, by, err := w.findBar(named, target)
	if why == "" || err != nil {
		return false, err
	}
	w.say(0, "WARNING: skipping %s", why)
	w.reportShut(target, by)
	return true, nil
}

// findBar finds out why a directory of the target is left alone, "" if it is not,
// and by which file, if it is one.
func (p *Planner) findBar(named, target string) (why, by string, err error) {
	if orTop(target) == p.Stow || orTop(named) == p.Stow {
		return "target which was current stow directory " + orTop(named) + ": nothing is stowed into the stow directory itself", "", nil
	}
	if held, err := p.holdsMarker(target, marker); held || err != nil {
		return "marked Stow directory " + orTop(target), marker, err
	}
	if held, err := p.holdsMarker(target, protect); held || err != nil {
		return "protected directory " + orTop(target), protect, err
	}
	return "", "", nil
}

func (w *walk) reportShut(target, by string) {
	if w.Hear != nil {
		w.Hear(Heard{Decision: Shut, Image: w.image, Path: target, Type: Dir, By: by})
	}
}

// holdsMarker reports whether a directory of the target holds a marker on disk.
func (p *Planner) holdsMarker(target, file string) (bool, error) {
	path := pathBelow(target, file)
	if held, ok := p.marked[path]; ok {
		return held, nil
	}
	t, err := p.Tree.Leads(path)
	p.marked[path] = t != None
	return t != None, err
}
