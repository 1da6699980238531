package service

import (
	"encoding/hex"
	"fmt"
	"hash"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// found is the result of a scan of unit files.
type found struct {
	print  string    // of all files, links and folders
	newest time.Time // the latest change of one of them
}

// scanner hashes unit files, links and drop-ins by path, inode and ctime.
type scanner struct {
	h      hash.Hash
	newest time.Time
	dirs   map[[2]uint64]bool // folders scanned so far: /lib is often a link to /usr/lib
}

// scan summarizes the unit files, links and drop-ins in the folders, the generators, and the generators' known inputs.
// It omits what generators and systemd itself make.
func scan(dirs []string) found {
	s := scanner{h: fnv.New128a(), dirs: map[[2]uint64]bool{}}
	for _, dir := range dirs {
		if base := filepath.Base(dir); strings.HasPrefix(base, "generator") || base == "transient" {
			continue
		}
		s.dir(dir, 1)
	}
	for _, dir := range generatorDirs() {
		s.dir(dir, 0)
	}
	for _, path := range generatorSources() {
		s.path(path, 3)
	}
	for _, path := range []string{"/etc/systemd/system.conf", "/etc/systemd/system.conf.d"} {
		s.path(path, 1)
	}
	return found{hex.EncodeToString(s.h.Sum(nil)), s.newest}
}

func (s *scanner) add(path string, st *unix.Stat_t) {
	fmt.Fprintf(s.h, "%s\x00%d %d %d.%d\n", path, st.Ino, st.Size, st.Ctim.Sec, st.Ctim.Nsec)
	if t := time.Unix(st.Ctim.Unix()); t.After(s.newest) {
		s.newest = t
	}
}

// dir adds the entries of dir and, to the given depth, of its folders (NAME.d, NAME.wants and so on). It skips entries
// that disappear meanwhile: the folder's time shows that change.
func (s *scanner) dir(dir string, deep int) {
	var st unix.Stat_t
	if unix.Stat(dir, &st) != nil || s.dirs[[2]uint64{st.Dev, st.Ino}] {
		return
	}
	s.dirs[[2]uint64{st.Dev, st.Ino}] = true
	s.add(dir, &st)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		s.path(dir+"/"+e.Name(), deep)
	}
}

// path adds a file, a folder, or a link with its target: a linked unit file can change in its own folder, and so can a
// linked folder of drop-ins.
func (s *scanner) path(path string, deep int) {
	var st unix.Stat_t
	if unix.Lstat(path, &st) != nil {
		return
	}
	if st.Mode&unix.S_IFMT == unix.S_IFLNK {
		s.add(path, &st)
		if unix.Stat(path, &st) != nil {
			return
		}
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		if deep > 0 {
			s.dir(path, deep-1)
		}
	case unix.S_IFREG:
		s.add(path, &st)
	}
}
