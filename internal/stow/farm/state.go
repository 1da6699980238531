package farm

import "fmt"

// state is the target as it will be once the tasks planned so far are done.
// Links and directories have a task each at most; what has none is as it is
// on disk.
type state struct {
	tree   Tree
	tasks  tasks
	places map[string]*place
	last   *place // that was asked about
	said   func(op Op, remark string)

	// replaced are the removals that a new link at the same path followed; nil
	// forgets them.
	replaced map[string]int32
	// restored are the backups that go back, by the place that they go to.
	restored map[string]int32
	// kept are the files that are moved aside, by the names that they get.
	kept map[string]string
}

func newState(tree Tree, said func(Op, string)) *state {
	return &state{tree: tree, places: map[string]*place{}, said: said}
}

// ops are the operations that are left.
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

// plannedText returns the text of the link that is to be made, or removed, at path.
func (s *state) plannedText(path string) string {
	p, name := s.findPlace(path)
	return s.tasks.at(p.links.task(name)).op.Text
}

// isHidden reports whether a link on the way to path, or path itself, is to be
// removed: what the disk shows there will not be there.
func (s *state) isHidden(path string) bool {
	p, name := s.findPlace(path)
	return p.hidden || s.kindOf(p.links.task(name)) == Unlink
}

// findLink reports whether there will be a link at path, and its text.
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

// isThere reports whether there will be anything at path. A link that leads
// nowhere is nothing, as test(1) -e has it.
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

// keptText returns the text of a link to an entry, as the link there read that is to
// be removed, if it read so.
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
