package site

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"converge/internal/fsys"
	"converge/internal/manifest/source"
	"converge/internal/providers/files"
	"converge/internal/userdb"
)

// sources opens the files that manifests read. As root it refuses files that another user may have chosen (see
// [fsys.ErrUnsafe]): a link in a home directory must not bring root's secrets into a file that its owner may read. It
// trusts the users that can replace a manifest, because the manifest decides about the host.
type sources struct {
	source.PlainDisk // for any other user

	mu        sync.Mutex
	host      *fsys.FS // nil: the user is not root
	held      *fsys.Held
	users     *userdb.DB
	trusted   map[string]bool // paths whose owners are trusted
	named     []string        // files of the command line, which may lie in other users' folders
	evaluated bool            // the manifest has been evaluated
}

func openSources(named []string) (*sources, error) {
	if os.Geteuid() != 0 {
		return &sources{}, nil
	}
	host, err := fsys.Open("/")
	if err != nil {
		return nil, err
	}
	return &sources{host: host, held: host.Hold(), users: userdb.New("/"), trusted: map[string]bool{}, named: named}, nil
}

// Trust implements [source.Disk]. It trusts all users that can replace the manifest at path: the owners of the file, of
// the folders above it and of links on the way. What a third user planted there is refused nevertheless.
func (s *sources) Trust(path string) {
	path, err := filepath.Abs(path)
	if s.host == nil || err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trustOwners(path)
}

func (s *sources) trustOwners(path string) {
	for ; !s.trusted[path]; path = filepath.Dir(path) {
		s.trusted[path] = true
		info, err := os.Lstat(path)
		if err != nil {
			continue
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok {
			s.host.Trust(st.Uid)
		}
		if info.Mode()&os.ModeSymlink != 0 {
			if real, err := filepath.EvalSymlinks(path); err == nil {
				s.trustOwners(real)
			}
		}
	}
}

// Open implements [source.Disk] and [resource.Opener].
func (s *sources) Open(path string) (f *os.File, err error) {
	if s.host == nil {
		return s.PlainDisk.Open(path)
	}
	err = s.read(path, func(whole string) error {
		f, err = s.held.OpenSource(whole)
		if errors.Is(err, fsys.ErrUnsafe) && slices.Contains(s.named, path) {
			f, err = fsys.OpenNamed("/", whole)
		}
		return err
	})
	return f, err
}

// Stat implements [source.Disk].
func (s *sources) Stat(path string) (mode fs.FileMode, err error) {
	if s.host == nil {
		return s.PlainDisk.Stat(path)
	}
	err = s.read(path, func(whole string) error {
		info, err := s.held.Stat(whole)
		mode = modeOf(info)
		return err
	})
	return mode, err
}

// Names implements [source.Disk].
func (s *sources) Names(dir string) (names []string, err error) {
	if s.host == nil {
		return s.PlainDisk.Names(dir)
	}
	err = s.read(dir, func(whole string) error {
		names, err = s.held.NamesInSource(whole)
		return err
	})
	return names, err
}

// Walk implements [source.Disk].
func (s *sources) Walk(dir string, visit func(source.Entry) error) error {
	if s.host == nil {
		return s.PlainDisk.Walk(dir, visit)
	}
	return s.read(dir, func(whole string) error {
		return s.held.WalkSource(whole, func(rel string, owner uint32, e fsys.Entry) (err error) {
			out := source.Entry{Path: rel, Mode: modeOf(e.Info)}
			if e.UID != 0 && e.UID != owner {
				out.Stranger = files.CallUser(s.users.UserName(e.UID))
			}
			if e.Type == fsys.Symlink {
				if out.Target, err = e.Readlink(); err != nil {
					return err
				}
			}
			return visit(out)
		})
	})
}

// modeOf returns type and permissions as package os has them.
func modeOf(info fsys.Info) fs.FileMode {
	mode := fs.FileMode(info.Mode & 0o777)
	switch info.Type {
	case fsys.Regular:
		return mode
	case fsys.Directory:
		return mode | fs.ModeDir
	case fsys.Symlink:
		return mode | fs.ModeSymlink
	}
	return mode | fs.ModeIrregular
}

// read calls do with the absolute form of a path; its errors are about reading that path.
func (s *sources) read(path string, do func(whole string) error) error {
	whole, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err = do(whole)
	if s.evaluated {
		s.held.Forget() // the next call may be much later
	}
	var e *fsys.Error
	if errors.As(err, &e) {
		if e.Verb = "read"; e.Path == whole {
			e.Path = path // as the user wrote it
		}
	}
	return files.NameUsers(err, s.users.UserName)
}

// endEvaluation is called when the manifest has been evaluated.
func (s *sources) endEvaluation() {
	if s.host == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.evaluated = true
	s.held.Forget()
}
