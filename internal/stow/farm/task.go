package farm

// The relations between a task and a later one for the same path.
const (
	duplicates = "duplicates previous action"
	reverts    = "reverts previous action"
)

// add plans op as the task of the name, among links or directories.
func (s *state) add(of *slots, name string, op Op) {
	s.said(op, "")
	of.set(name, s.tasks.add(op))
}

// drop takes the name's task back, because op undoes it.
func (s *state) drop(of *slots, name string, op Op) {
	s.said(op, reverts)
	s.tasks.at(of.task(name)).dropped = true
	of.set(name, none)
}

// shows recomputes what is hidden below path, after its link was added or removed.
func (s *state) shows(path string) {
	if p, ok := s.places[path]; ok {
		p.hide(s)
	}
}

// makeLink plans a link. To make again what was to be removed is to leave it.
func (s *state) makeLink(path, text string) error {
	op := Op{Kind: Link, Path: path, Text: text}
	p, name := s.place(path)
	if s.kind(p.dirs.task(name)) == Mkdir {
		return clash("link", path)
	}
	s.keepAside(path)
	switch old := p.links.task(name); s.kind(old) {
	case Link:
		if s.tasks.at(old).op.Text != text {
			return clash("link", path)
		}
		s.said(op, duplicates)
		return nil
	case Unlink:
		if s.tasks.at(old).op.Text == text {
			s.drop(&p.links, name, op)
			s.shows(path)
			return nil
		}
		if s.replaced != nil {
			s.replaced[path] = old
		}
	}
	s.add(&p.links, name, op)
	s.shows(path)
	return nil
}

// removeLink plans the removal of the link at path; text is its present text.
func (s *state) removeLink(path, text string) error {
	op := Op{Kind: Unlink, Path: path, Text: text}
	p, name := s.place(path)
	switch s.kind(p.links.task(name)) {
	case Unlink:
		s.said(op, duplicates)
		return nil
	case Link:
		s.drop(&p.links, name, op)
		// A removal that the link had followed is forgotten with it, as in GNU
		// Stow: until something else is planned here, the disk shows through.
		// Unless better is asked for.
		if i, ok := s.replaced[path]; ok {
			p.links.set(name, i)
		}
		s.shows(path)
		return nil
	}
	if s.kind(p.dirs.task(name)) == Mkdir {
		return clash("unlink", path)
	}
	s.add(&p.links, name, op)
	s.shows(path)
	return nil
}

func (s *state) makeDir(path string) error {
	op := Op{Kind: Mkdir, Path: path}
	p, name := s.place(path)
	if s.kind(p.links.task(name)) == Link {
		return clash("make directory", path)
	}
	s.keepAside(path)
	switch s.kind(p.dirs.task(name)) {
	case Rmdir:
		s.drop(&p.dirs, name, op)
		return nil
	case Mkdir:
		s.said(op, duplicates)
		return nil
	}
	s.add(&p.dirs, name, op)
	return nil
}

func (s *state) removeDir(path string) error {
	op := Op{Kind: Rmdir, Path: path}
	p, name := s.place(path)
	if p.links.task(name) != none {
		return clash("remove directory", path)
	}
	switch s.kind(p.dirs.task(name)) {
	case Rmdir:
		s.said(op, duplicates)
		return nil
	case Mkdir:
		s.drop(&p.dirs, name, op)
		return nil
	}
	s.add(&p.dirs, name, op)
	return nil
}

// move plans to move the file at path to another place. The name it leaves is
// free then.
func (s *state) move(path, to string) error {
	p, name := s.place(path)
	if p.links.task(name) != none || p.dirs.task(name) != none {
		return clash("move", path)
	}
	op := Op{Kind: Move, Path: path, Text: to}
	s.said(op, "")
	s.tasks.add(op)
	return nil
}
