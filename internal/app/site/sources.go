package site

import (
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"converge/internal/fsys"
	"converge/internal/providers/files"
	"converge/internal/resource"
	"converge/internal/userdb"
)

// sources opens the files that manifests read. As root it refuses files that another user may have chosen (see
// [fsys.ErrUnsafe]): a link in a home directory must not bring root's secrets into a file that its owner may read. It
// trusts the users that can replace a manifest, because the manifest decides about the host.
type sources struct {
	mu        sync.Mutex
	host      *fsys.FS // nil: the user is not root
	held      *fsys.Held
	users     *userdb.DB
	trusted   map[string]bool // paths whose owners are trusted
	evaluated bool            // the manifest has been evaluated
}

func openSources() (*sources, error) {
	if os.Geteuid() != 0 {
		return &sources{}, nil
	}
	host, err := fsys.Open("/")
	if err != nil {
		return nil, err
	}
	return &sources{host: host, held: host.Hold(), users: userdb.New("/"), trusted: map[string]bool{}}, nil
}

// trust trusts all users that can replace the manifest at path: the owners of the file, of the folders above it and of
// links on the way.
func (s *sources) trust(path string) {
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

// open implements [resource.Opener].
func (s *sources) open(path string) (*os.File, error) {
	if s.host == nil {
		return resource.OpenRegular(path)
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.held.OpenSource(whole)
	if s.evaluated {
		s.held.Forget() // the next call may be much later
	}
	return f, files.NameUsers(err, s.users.UserName)
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
