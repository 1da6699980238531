package farm

// What is said of a task that another one meets.
const (
	duplicates = "duplicates previous action"
	reverts    = "reverts previous action"
)

func (s *state) add(of map[string]int, op Op) {
	s.said(op, "")
	of[op.Path] = len(s.tasks)
	s.tasks = append(s.tasks, task{op: op})
}

func (s *state) drop(of map[string]int, op Op) {
	s.said(op, reverts)
	s.tasks[of[op.Path]].dropped = true
	delete(of, op.Path)
}

// makeLink plans a link. To make again what was to be removed is to leave it.
func (s *state) makeLink(path, text string) error {
	op := Op{Kind: Link, Path: path, Text: text}
	if s.dirTask(path) == Mkdir {
		return clash("link", path)
	}
	switch s.linkTask(path) {
	case Link:
		if s.tasks[s.links[path]].op.Text != text {
			return clash("link", path)
		}
		s.said(op, duplicates)
		return nil
	case Unlink:
		if s.tasks[s.links[path]].op.Text == text {
			s.gone--
			s.drop(s.links, op)
			return nil
		}
		s.gone--
		s.replaced[path] = s.links[path]
	}
	s.add(s.links, op)
	return nil
}

// removeLink plans that the link at path goes; text is what it reads now.
func (s *state) removeLink(path, text string) error {
	op := Op{Kind: Unlink, Path: path, Text: text}
	switch s.linkTask(path) {
	case Unlink:
		s.said(op, duplicates)
		return nil
	case Link:
		s.drop(s.links, op)
		s.restore(path)
		return nil
	}
	if s.dirTask(path) == Mkdir {
		return clash("unlink", path)
	}
	s.add(s.links, op)
	s.gone++
	return nil
}

// restore brings the removal back that a link, now dropped, had followed, so
// that the link on disk does not seem to be there again.
func (s *state) restore(path string) {
	if i, ok := s.replaced[path]; ok {
		s.links[path] = i
		s.gone++
	}
}

func (s *state) makeDir(path string) error {
	op := Op{Kind: Mkdir, Path: path}
	if s.linkTask(path) == Link {
		return clash("make directory", path)
	}
	switch s.dirTask(path) {
	case Rmdir:
		s.drop(s.dirs, op)
		return nil
	case Mkdir:
		s.said(op, duplicates)
		return nil
	}
	s.add(s.dirs, op)
	return nil
}

func (s *state) removeDir(path string) error {
	op := Op{Kind: Rmdir, Path: path}
	if s.linkTask(path) != 0 {
		return clash("remove directory", path)
	}
	switch s.dirTask(path) {
	case Rmdir:
		s.said(op, duplicates)
		return nil
	case Mkdir:
		s.drop(s.dirs, op)
		return nil
	}
	s.add(s.dirs, op)
	return nil
}

// move plans that the file at path goes to another place. The name it leaves
// is free then.
func (s *state) move(path, to string) error {
	if s.linkTask(path) != 0 || s.dirTask(path) != 0 {
		return clash("move", path)
	}
	op := Op{Kind: Move, Path: path, Text: to}
	s.said(op, "")
	s.tasks = append(s.tasks, task{op: op})
	return nil
}
