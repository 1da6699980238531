package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"converge/internal/fsys"
)

// State is the state of one package in the file system.
type State struct {
	Package  string
	Protocol bool // it holds protocol names; otherwise it is naive, and of the rest only Versions may be set
	// Versions are by byte order of the disk names. A package without protocol
	// names has some if it looks as if it was made of versions.
	Versions []Version
	Config   bool // it has a :config

	Installed   string // the disk name of the version that the target shows; "" none
	Missing     bool   // whose tree is not there any more
	Holder      string // the text of :managed-by; "" nobody holds it
	Interrupted bool   // a change was broken off, or is under way,
	To          Goal   // on its way to there

	Control  []Control // who has control data of which versions
	Defaults []string  // who has control data of any version
	Unknown  []string  // names that begin with one colon and mean nothing
}

// Version is one version of a package.
type Version struct {
	Disk string // the name of its directory
	Link string // the text of the link that it is; "" a directory
}

// Name is the version without the colon that keeps it from being magic.
func (v Version) Name() string {
	name, _ := VersionName(v.Disk)
	return name
}

// Control is what one package manager has in :control.
type Control struct {
	Manager string
	Parts   []string // disk names of versions
}

// seat is where the state of one package of one target is kept: in its own
// directory at home, in the target elsewhere.
type seat struct {
	dir  *fsys.Dir // nil if there is none yet
	base string    // what links to versions begin with
	path string
}

func (s seat) close() {
	if s.dir != nil {
		s.dir.Close()
	}
}

// record is the links.
type record struct {
	installed string
	holder    string
	stowing   bool
	to        Goal
	options   string // by which it was begun
}

// read reads the links, and nothing else.
func (s seat) read() (record, error) {
	var r record
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
			return r, s.foreign(nameInstalled, text)
		}
		r.installed = v
	}
	if r.holder, err = s.link(nameManagedBy); err != nil {
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
		return r, s.foreign(nameStowing, text)
	}
	r.stowing, r.to = true, to
	return r, nil
}

func (s seat) foreign(name, text string) error {
	return fmt.Errorf("cannot tell what %s/%s means: it reads %q", s.path, name, text)
}

// link is the text of a link; "" if there is nothing.
func (s seat) link(name string) (string, error) {
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

// Observe returns the state of a package. It reads its directory once.
func (s *Store) Observe(ctx context.Context, foo string) (State, error) {
	if err := ctx.Err(); err != nil {
		return State{}, err
	}
	st := State{Package: foo}
	d, err := s.pkg(foo)
	if err != nil {
		return st, err
	}
	if d != nil {
		defer d.Close()
		if err := st.list(d); err != nil {
			return st, err
		}
	}
	seat, err := s.at.seat(s, foo)
	if err != nil {
		return st, err
	}
	defer seat.close()
	if !s.at.home && seat.dir != nil {
		st.Protocol = true
	}
	if !st.Protocol {
		return st, st.disguised(s)
	}
	r, err := seat.read()
	if err != nil {
		return st, err
	}
	st.Installed, st.Holder, st.Interrupted, st.To = r.installed, r.holder, r.stowing, r.to
	if st.Installed != "" {
		there, err := holds(d, st.Installed)
		st.Missing = !there
		return st, err
	}
	return st, nil
}

// list reads the directory of a package.
func (st *State) list(d *fsys.Dir) error {
	entries, err := d.Entries()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := st.entry(d, e); err != nil {
			return err
		}
	}
	return nil
}

// disguised keeps of a package without protocol names what may be versions.
func (st *State) disguised(s *Store) error {
	st.Unknown = nil
	if len(st.Versions) == 0 {
		return nil
	}
	st.Versions = nil
	names, err := s.LooksVersioned(st.Package)
	for _, name := range names {
		st.Versions = append(st.Versions, Version{Disk: name})
	}
	return err
}

func (st *State) entry(d *fsys.Dir, e fsys.DirEntry) (err error) {
	switch e.Name {
	case nameInstalled, nameStowing, nameManagedBy:
		st.Protocol = true
		return nil
	case nameOptions:
		return nil
	case Config:
		st.Protocol, st.Config = true, true
		return nil
	case nameControl:
		st.Protocol = true
		st.Control, err = control(d)
		return err
	case nameDefault:
		st.Protocol = true
		st.Defaults, err = managers(d, nameDefault)
		return err
	}
	if IsMagic(e.Name) {
		st.Unknown = append(st.Unknown, e.Name)
		return nil
	}
	switch e.Type {
	case fsys.Directory:
		st.Versions = append(st.Versions, Version{Disk: e.Name})
	case fsys.Symlink:
		_, text, err := d.Look(e.Name)
		if err != nil {
			return err
		}
		if ok, err := holds(d, e.Name); err != nil || !ok {
			return err
		}
		st.Versions = append(st.Versions, Version{Disk: e.Name, Link: text})
	}
	return nil
}

func control(d *fsys.Dir) (list []Control, err error) {
	pms, err := managers(d, nameControl)
	if err != nil || len(pms) == 0 {
		return nil, err
	}
	c, err := d.OpenDir(nameControl)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	for _, pm := range pms {
		parts, err := managers(c, pm)
		if err != nil {
			return nil, err
		}
		list = append(list, Control{Manager: pm, Parts: parts})
	}
	return list, nil
}

// managers lists the names in a directory that are not magic. Anything but a
// directory has none.
func managers(d *fsys.Dir, name string) (names []string, err error) {
	c, err := d.OpenDir(name)
	if err != nil {
		if t, _, look := d.Look(name); look == nil && t != fsys.Directory {
			return nil, nil
		}
		return nil, err
	}
	defer c.Close()
	entries, err := c.Entries()
	for _, e := range entries {
		if !IsMagic(e.Name) {
			names = append(names, e.Name)
		}
	}
	return names, err
}

// holds reports whether a directory has a directory, or a link to one. d may
// be nil.
func holds(d *fsys.Dir, name string) (bool, error) {
	if d == nil {
		return false, nil
	}
	t, err := d.Leads(name)
	return t == fsys.Directory, err
}

// pkg opens the directory of a package; nil if there is none.
func (s *Store) pkg(foo string) (*fsys.Dir, error) {
	d, err := s.dir.Follow(foo)
	if gone(err) {
		return nil, nil
	}
	return d, err
}

func gone(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// Packages lists all packages, naive ones too, by byte order of the names. It
// reads the stow directory and each package once.
func (s *Store) Packages(ctx context.Context) ([]State, error) {
	names, err := s.names()
	if err != nil {
		return nil, err
	}
	var all []State
	for _, foo := range names {
		st, err := s.Observe(ctx, foo)
		if err != nil {
			return nil, err
		}
		all = append(all, st)
	}
	return all, nil
}
