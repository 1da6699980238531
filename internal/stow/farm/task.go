package farm

// The relations between a task and a later one for the same path.
const (
	duplicates = "duplicates previous action"
	reverts    = "reverts previous action"
)

// addTask adds op as the task of the name, among links or directories.
func (s *state) addTask(of *slots, name string, op Op) {
	s.said(op, "")
	of.set(name, s.tasks.add(op))
}

// dropTask cancels the name's task, because op undoes it.
func (s *state) dropTask(of *slots, name string, op Op) {
	s.said(op, reverts)
	s.tasks.at(of.task(name)).dropped = true
	of.set(name, none)
}

// updateHidden recomputes the hidden entries below path, after its link was added or removed.
func (s *state) updateHidden(path string) {
	if p, ok := s.places[path]; ok {
		p.updateHiddenBelow(s)
	}
}

// makeLink plans a link. If the same link was to be removed, it stays.
func (s *state) makeLink(path, text string) error {
	op := Op{Kind: Link, Path: path, Text: text}
	p, name := s.findPlace(path)
	if s.kindOf(p.dirs.task(name)) == Mkdir {
		return contradiction("link", path)
	}
	s.keepAside(path)
	switch old := p.links.task(name); s.kindOf(old) {
	case Link:
		if s.tasks.at(old).op.Text != text {
			return contradiction("link", path)
		}
		s.said(op, duplicates)
		return nil
	case Unlink:
		if s.tasks.at(old).op.Text == text {
			s.dropTask(&p.links, name, op)
			s.updateHidden(path)
			return nil
		}
		if s.replaced != nil {
			s.replaced[path] = old
		}
	}
	s.addTask(&p.links, name, op)
	s.updateHidden(path)
	return nil
}

// removeLink plans the removal of the link at path, whose text is text.
func (s *state) removeLink(path, text string) error {
	op := Op{Kind: Unlink, Path: path, Text: text}
	p, name := s.findPlace(path)
	switch s.kindOf(p.links.task(name)) {
	case Unlink:
		s.said(op, duplicates)
		return nil
	case Link:
		s.dropTask(&p.links, name, op)
		// As in GNU Stow, an earlier removal that the link had followed is forgotten with it: until something else is
		// planned here, the disk shows through. Options.Sound avoids that.
		if i, ok := s.replaced[path]; ok {
			p.links.set(name, i)
		}
		s.updateHidden(path)
		return nil
	}
	if s.kindOf(p.dirs.task(name)) == Mkdir {
		return contradiction("unlink", path)
	}
	s.addTask(&p.links, name, op)
	s.updateHidden(path)
	return nil
}

func (s *state) makeDir(path string) error {
	op := Op{Kind: Mkdir, Path: path}
	p, name := s.findPlace(path)
	if s.kindOf(p.links.task(name)) == Link {
		return contradiction("make directory", path)
	}
	s.keepAside(path)
	switch s.kindOf(p.dirs.task(name)) {
	case Rmdir:
		s.dropTask(&p.dirs, name, op)
		return nil
	case Mkdir:
		s.said(op, duplicates)
		return nil
	}
	s.addTask(&p.dirs, name, op)
	return nil
}

func (s *state) removeDir(path string) error {
	op := Op{Kind: Rmdir, Path: path}
	p, name := s.findPlace(path)
	if p.links.task(name) != none {
		return contradiction("remove directory", path)
	}
	switch s.kindOf(p.dirs.task(name)) {
	case Rmdir:
		s.said(op, duplicates)
		return nil
	case Mkdir:
		s.dropTask(&p.dirs, name, op)
		return nil
	}
	s.addTask(&p.dirs, name, op)
	return nil
}

// moveFile plans to move the file at path, whose name becomes free.
func (s *state) moveFile(path, to string) error {
	p, name := s.findPlace(path)
	if p.links.task(name) != none || p.dirs.task(name) != none {
		return contradiction("move", path)
	}
	op := Op{Kind: Move, Path: path, Text: to}
	s.said(op, "")
	s.tasks.add(op)
	return nil
}
