package wanted

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"converge/internal/fsys"
	"converge/internal/stow/control"
	"converge/internal/userdb"
)

// maxFile bounds a requirement file, in bytes.
const maxFile = 16 << 20

// ReadFile reads the requirement file at path; "-" is stdin.
func ReadFile(path string, stdin io.Reader) (*File, error) {
	name, in := path, stdin
	if path == "-" {
		name = "<stdin>"
	} else {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("cannot read the requirement file: %w", err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = errors.New("it is larger than 16 MiB")
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the requirement file: %w", err)
	}
	return Parse(name, text)
}

// Requester returns the number of the user who asks: the one before sudo, which
// is the value of SUDO_UID, or else the one of this process.
func Requester(sudoUID string) uint32 {
	if n, err := strconv.ParseUint(sudoUID, 10, 32); err == nil {
		return uint32(n)
	}
	return uint32(os.Getuid())
}

// OpenStores returns the stow directories below the root of fs, with what the
// requesting user may install from them.
func OpenStores(fs *fsys.FS, users *userdb.DB, dirs []Store, requester uint32, notice func(error)) *Stores {
	return &Stores{Disk: control.OnDisk(fs), Dirs: dirs, Permit: PermitOf(fs, users, requester), Notice: notice}
}
