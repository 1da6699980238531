package main

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"

	"converge/internal/fsys"
	"converge/internal/providers/files"
	"converge/internal/userdb"
	"converge/resources"
)

// sources opens the files that a manifest reads. As root it refuses files that
// another user may have chosen (see [fsys.ErrUnsafe]): a link in a home directory
// must not bring root's secrets into a file that its owner may read. The owner of
// the manifest is trusted, because the manifest decides about the host anyway.
type sources struct {
	held  *fsys.Held // nil: we are not root
	users *userdb.DB

	settled atomic.Bool // the manifest has been evaluated
}

// openSources is the sources of the manifest at path, "-" for standard input.
func openSources(path string) (*sources, error) {
	if os.Geteuid() != 0 {
		return &sources{}, nil
	}
	host, err := fsys.Open("/")
	if err != nil {
		return nil, err
	}
	if path != "-" {
		trustOwners(host, path, filepath.Dir(path))
	}
	return &sources{held: host.Hold(), users: userdb.New("/")}, nil
}

func trustOwners(host *fsys.FS, paths ...string) {
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			if st, ok := info.Sys().(*syscall.Stat_t); ok {
				host.Trust(st.Uid)
			}
		}
	}
}

// open implements [resources.Opener].
func (s *sources) open(path string) (*os.File, error) {
	if s.held == nil {
		return resources.OpenRegular(path)
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if s.settled.Load() {
		defer s.held.Forget() // the next look may be a long time off
	}
	f, err := s.held.OpenSource(whole)
	return f, files.NameUsers(err, s.users.UserName)
}

// settle is called when the manifest has been evaluated.
func (s *sources) settle() {
	s.settled.Store(true)
	if s.held != nil {
		s.held.Forget()
	}
}
