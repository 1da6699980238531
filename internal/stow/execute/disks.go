package execute

import (
	"errors"

	"converge/internal/fsys"
)

// disks is the file systems that a run has changed, which it makes durable at its
// end.
type disks struct {
	skip bool                 // nothing is made durable
	dirs map[uint64]*fsys.Dir // one directory of each, by number
}

// add adds the file system of a directory.
func (s *disks) add(d *fsys.Dir) error {
	if s.skip {
		return nil
	}
	info, err := d.Self()
	if err != nil || s.dirs[info.Dev] != nil {
		return err
	}
	keep, err := d.OpenPath("")
	if err == nil {
		s.dirs[info.Dev] = keep
	}
	return err
}

// syncDir makes the entries of a directory durable now.
func (s *disks) syncDir(d *fsys.Dir) error {
	if s.skip {
		return nil
	}
	if err := s.add(d); err != nil {
		return err
	}
	return d.Sync()
}

// close makes all of them durable, if do is set, and closes their directories.
func (s *disks) close(do bool) (err error) {
	for _, d := range s.dirs {
		if do {
			err = errors.Join(err, d.SyncFS())
		}
		d.Close()
	}
	return err
}
