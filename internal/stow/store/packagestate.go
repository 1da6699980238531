package store

import (
	"fmt"

	"converge/internal/fsys"
)

// packageState is the directory of the links that record the state of one package for one target: the package's own
// directory at home, and one in the target elsewhere.
type packageState struct {
	dir  *fsys.Dir // nil if there is none yet
	base string    // the prefix of links to versions
	path string
}

func (s packageState) close() {
	if s.dir != nil {
		s.dir.Close()
	}
}

// Record is the recorded state of one package for one target.
type Record struct {
	Installed   string // the disk name of the version that the target shows; "" none
	Holder      string // the text of :managed-by; "" none
	Interrupted bool   // a change is unfinished or in progress,
	To          Goal   // and this is its goal

	options string // of the command that started the change
}

// isFresh reports that no link of the package exists yet: :managed-by is made before the first link.
func (r Record) isFresh() bool { return r.Installed == "" && r.Holder == "" && !r.To.Nothing }

// read reads only the record.
func (s packageState) read() (Record, error) {
	var r Record
	if s.dir == nil {
		return r, nil
	}
	text, err := s.link(nameInstalled)
	if err != nil {
		return r, err
	}
	if text != "" {
		v, ok := parseVersion(text, s.base)
		if !ok {
			return r, s.foreignLink(nameInstalled, text)
		}
		r.Installed = v
	}
	if r.Holder, err = s.link(nameManagedBy); err != nil {
		return r, err
	}
	if r.options, err = s.link(nameOptions); err != nil {
		return r, err
	}
	if text, err = s.link(nameStowing); err != nil || text == "" {
		return r, err
	}
	to, ok := parseGoal(text, s.base)
	if !ok {
		return r, s.foreignLink(nameStowing, text)
	}
	r.Interrupted, r.To = true, to
	return r, nil
}

func (s packageState) foreignLink(name, text string) error {
	return fmt.Errorf("cannot tell what %s/%s means: it reads %q", s.path, name, text)
}

// link returns the text of a link; "" if there is none.
func (s packageState) link(name string) (string, error) {
	t, text, err := s.dir.Look(name)
	switch {
	case err != nil:
		return "", err
	case t == fsys.Nothing:
		return "", nil
	case t != fsys.Symlink:
		return "", fmt.Errorf("cannot tell what %s/%s means: it is %v, not a link", s.path, name, t)
	}
	return text, nil
}

// Record reads the record of a package.
func (l Location) Record(foo string) (Record, error) {
	st, err := l.state(foo)
	if err != nil {
		return Record{}, err
	}
	defer st.close()
	return st.read()
}
