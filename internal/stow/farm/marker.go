package farm

// The files that mark a directory into which nothing is stowed.
const (
	marker  = ".stow"    // a stow directory
	protect = ".nonstow" // any other directory
)

// isSkipped reports, with a message, whether nothing is stowed into a directory of the target. named is the path that
// GNU Stow tests and prints, which with --dotfiles is spelled as in the package; both are tested here.
func (t *imageTree) isSkipped(named, target string) (bool, error) {
	why, by, err := t.findBar(named, target)
	if why == "" || err != nil {
		return false, err
	}
	t.log(0, "WARNING: skipping %s", why)
	t.reportShut(target, by)
	return true, nil
}

// findBar returns why nothing is stowed into a directory of the target, "" if it is stowed into, and the file that
// forbids it, if any.
func (v *survey) findBar(named, target string) (why, by string, err error) {
	if orTop(target) == v.Stow || orTop(named) == v.Stow {
		return "target which was current stow directory " + orTop(named) + ": nothing is stowed into the stow directory itself", "", nil
	}
	if held, err := v.holdsMarker(target, marker); held || err != nil {
		return "marked Stow directory " + orTop(target), marker, err
	}
	if held, err := v.holdsMarker(target, protect); held || err != nil {
		return "protected directory " + orTop(target), protect, err
	}
	return "", "", nil
}

// holdsMarker reports whether a directory of the target contains a marker on disk.
func (v *survey) holdsMarker(target, file string) (bool, error) {
	path := pathBelow(target, file)
	if held, ok := v.marked[path]; ok {
		return held, nil
	}
	t, err := v.Tree.Leads(path)
	v.marked[path] = t != None
	return t != None, err
}

func orTop(path string) string {
	if path == "" {
		return "."
	}
	return path
}
