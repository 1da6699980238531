package farm

import "fmt"

// state is the target after the tasks planned so far. Each link and each directory has at most one task; one without a
// task is as on disk.
type state struct {
	tree   Tree
	tasks  tasks
	places map[string]*place
	last   *place // the latest one looked up
	said   func(op Op, remark string)

	// replaced are the removals that a new link at the same path followed; nil turns this off.
	replaced map[string]int32
	// restored are the backups to move back, by their destination.
	restored map[string]int32
	// kept are the files to move aside, by their new names.
	kept map[string]string
}

func newState(tree Tree, said func(Op, string)) *state {
	return &state{tree: tree, places: map[string]*place{}, said: said}
}

// ops returns the operations that were not cancelled.
func (s *state) ops() []Op {
	n := s.tasks.left()
	if n == 0 {
		return nil
	}
	out := make([]Op, 0, n)
	for i := range s.tasks.n {
		if t := s.tasks.at(i); !t.dropped {
			out = append(out, t.op)
		}
	}
	return out
}

func (s *state) kindOf(task int32) OpKind {
	if task == none {
		return 0
	}
	return s.tasks.at(task).op.Kind
}

func (s *state) linkTask(path string) OpKind {
	p, name := s.findPlace(path)
	return s.kindOf(p.links.task(name))
}

func (s *state) dirTask(path string) OpKind {
	p, name := s.findPlace(path)
	return s.kindOf(p.dirs.task(name))
}

// plannedText returns the text of the link to make or remove at path.
func (s *state) plannedText(path string) string {
	p, name := s.findPlace(path)
	return s.tasks.at(p.links.task(name)).op.Text
}

// isHidden reports whether a link at path or above it is to be removed: what the disk shows there will disappear.
func (s *state) isHidden(path string) bool {
	p, name := s.findPlace(path)
	return p.hidden || s.kindOf(p.links.task(name)) == Unlink
}

// findLink reports whether a link will be at path, and its text.
func (s *state) findLink(path string) (text string, ok bool, err error) {
	switch s.linkTask(path) {
	case Unlink:
		return "", false, nil
	case Link:
		return s.plannedText(path), true, nil
	}
	t, text, err := s.tree.Look(path)
	if err != nil || t != Symlink || s.isHidden(path) {
		return "", false, err
	}
	return text, true, nil
}

// isDir reports whether path will be, or lead to, a directory.
func (s *state) isDir(path string) (bool, error) {
	switch s.dirTask(path) {
	case Rmdir:
		return false, nil
	case Mkdir:
		return true, nil
	}
	if s.isHidden(path) {
		return false, nil
	}
	t, err := s.tree.Leads(path)
	return t == Dir, err
}

// isThere reports whether anything will be at path. A dangling link counts as nothing, as with test(1) -e.
func (s *state) isThere(path string) (bool, error) {
	link, dir := s.linkTask(path), s.dirTask(path)
	if link == Unlink && dir == Rmdir || link == Link && dir == Mkdir {
		return false, contradiction("look at", path)
	}
	if link == Link || dir == Mkdir {
		return true, nil
	}
	if link == Unlink || dir == Rmdir || s.isHidden(path) {
		return false, nil
	}
	t, err := s.tree.Leads(path)
	return t != None, err
}

// keptText returns the expected text of a link to an entry, taken from a link to be removed there, if that is equal.
func (s *state) keptText(e spot) string {
	if s.linkTask(e.target) == Unlink {
		if text := s.plannedText(e.target); e.reads(text) {
			return text
		}
	}
	return e.text()
}

// contradiction reports a request that contradicts itself in a way that no rule settles.
func contradiction(verb, path string) error {
	return fmt.Errorf("cannot %s %s: the packages contradict each other there", verb, path)
}
