package units

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"

	"converge/internal/fsys"
	"converge/internal/process"
)

// stagedPrefix begins the names of the folders of candidates; the number of the process that made the folder follows.
const stagedPrefix = ".converge-units-"

// stage writes the candidates to a new folder, and returns its path inside the root. A tree that is not booted may have
// neither /run nor /tmp.
func (a *analyzer) stage(cs []candidate) (dir string, remove func(), err error) {
	for _, parent := range []string{"/run", "/tmp", "/var/tmp", "/"} {
		var in *fsys.Dir
		if in, err = a.fs.OpenDir(parent); err != nil {
			continue
		}
		sweepEnded(in)
		name := stagedPrefix + strconv.Itoa(os.Getpid()) + "-" + randomName()
		if err = in.Mkdir(name, 0o700); err != nil {
			in.Close()
			continue
		}
		remove = func() {
			removeFolder(in, name)
			in.Close()
		}
		if err = stageIn(in, name, cs); err != nil {
			remove()
			return "", nil, err
		}
		return path.Join(parent, name), remove, nil
	}
	return "", nil, fmt.Errorf("cannot write candidates: %w", err)
}

func randomName() string {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// stageIn writes the candidates to a folder.
func stageIn(in *fsys.Dir, name string, cs []candidate) error {
	top, err := in.OpenDir(name)
	if err != nil {
		return err
	}
	defer top.Close()
	for _, c := range cs {
		folder, file := c.staged()
		if err := stageFile(top, folder, file, c.text); err != nil {
			return err
		}
	}
	return nil
}

func stageFile(top *fsys.Dir, folder, file string, text []byte) error {
	at := top
	if folder != "" {
		if err := top.Mkdir(folder, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
		var err error
		if at, err = top.OpenDir(folder); err != nil {
			return err
		}
		defer at.Close()
	}
	return fsys.ReplaceFile(fsys.InDir(at), file, text, fsys.Replacement{Mode: 0o644, Exact: true}) // systemd-analyze reports other modes
}

// sweepEnded removes the folders of processes that were killed.
func sweepEnded(in *fsys.Dir) {
	entries, err := in.Entries()
	if err != nil {
		return // the folders stay, which does no harm
	}
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name, stagedPrefix)
		pid, _, _ := strings.Cut(rest, "-")
		n, err := strconv.Atoi(pid)
		if ours && err == nil && process.Age(n) == 0 {
			removeFolder(in, e.Name)
		}
	}
}

// removeFolder removes a folder of candidates. Entries that it cannot remove stay until the next run, or the next boot.
func removeFolder(in *fsys.Dir, name string) {
	top, err := in.OpenDir(name)
	if err != nil {
		return
	}
	defer top.Close()
	entries, _ := top.Entries()
	for _, e := range entries {
		if e.Type == fsys.Directory {
			removeFolder(top, e.Name)
		} else {
			_ = top.Remove(e.Name)
		}
	}
	_ = in.Rmdir(name)
}
