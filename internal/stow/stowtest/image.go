package stowtest

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// image is a tree in memory: everything that a killed process has left in it.
type image struct {
	entries []entry // each after its directory; the root is the first, with the path ""
	mounts  bool    // a part of it is on another file system
	known   sum     // computed on first use
}

type entry struct {
	path  string
	stat  unix.Stat_t
	bytes string // the contents of a file, the text of a link
}

// readImage reads the tree below root.
func readImage(root string) (*image, error) {
	i := &image{}
	var e entry
	if err := unix.Lstat(root, &e.stat); err != nil {
		return nil, &fs.PathError{Op: "lstat", Path: root, Err: err}
	}
	i.entries = append(i.entries, e)
	return i, i.addEntries(unix.AT_FDCWD, root, "")
}

// addEntries adds all entries below the directory name, whose path in the image is at.
func (i *image) addEntries(above int, name, at string) error {
	dir, names, err := openNames(above, name, unix.O_NOFOLLOW)
	if err != nil {
		return &fs.PathError{Op: "read", Path: at, Err: err}
	}
	defer unix.Close(dir)
	for _, name := range names {
		e, err := readEntry(dir, name, unix.AT_SYMLINK_NOFOLLOW)
		if err != nil {
			return &fs.PathError{Op: "read", Path: path.Join(at, name), Err: err}
		}
		e.path = path.Join(at, name)
		i.entries = append(i.entries, e)
		i.mounts = i.mounts || e.stat.Dev != i.entries[0].stat.Dev
		if e.stat.Mode&unix.S_IFMT == unix.S_IFDIR {
			if err := i.addEntries(dir, name, e.path); err != nil {
				return err
			}
		}
	}
	return nil
}

// openNames opens a directory and reads the names in it.
func openNames(above int, name string, flags int) (dir int, names []string, err error) {
	dir, err = unix.Openat(above, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC|flags, 0)
	if err != nil {
		return -1, nil, err
	}
	buffer := make([]byte, 4<<10)
	for {
		n, err := unix.ReadDirent(dir, buffer)
		if err != nil {
			return -1, nil, errors.Join(err, unix.Close(dir))
		}
		if n == 0 {
			slices.Sort(names)
			return dir, names, nil
		}
		_, _, names = unix.ParseDirent(buffer[:n], -1, names)
	}
}

// readEntry reads the directory entry with a name. Without AT_SYMLINK_NOFOLLOW it reads the target of a link.
func readEntry(dir int, name string, flags int) (e entry, err error) {
	if err := unix.Fstatat(dir, name, &e.stat, flags); err != nil {
		return e, err
	}
	switch e.stat.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		e.bytes, err = readFile(dir, name, int(e.stat.Size))
	case unix.S_IFLNK:
		text := make([]byte, e.stat.Size+1)
		var n int
		n, err = unix.Readlinkat(dir, name, text)
		e.bytes = string(text[:max(n, 0)])
	}
	return e, err
}

func readFile(dir int, name string, size int) (string, error) {
	fd, err := unix.Openat(dir, name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	contents := make([]byte, 0, size+1)
	for {
		n, err := unix.Read(fd, contents[len(contents):cap(contents)])
		if n <= 0 || err != nil {
			return string(contents), err
		}
		if contents = contents[:len(contents)+n]; len(contents) == cap(contents) {
			contents = slices.Grow(contents, len(contents))
		}
	}
}

// sum identifies a tree: everything but its times and inode numbers.
type sum [sha256.Size]byte

func (i *image) sum() sum {
	if i.known == (sum{}) {
		var b []byte
		first := map[uint64]string{}
		for _, e := range i.entries {
			name := ""
			if e.stat.Mode&unix.S_IFMT != unix.S_IFDIR && e.stat.Nlink > 1 {
				if name = first[e.stat.Ino]; name == "" {
					first[e.stat.Ino] = e.path
				}
			}
			for _, number := range []uint32{e.stat.Mode, e.stat.Uid, e.stat.Gid} {
				b = binary.LittleEndian.AppendUint32(b, number)
			}
			for _, text := range []string{e.path, e.bytes, name} {
				b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
			}
		}
		i.known = sha256.Sum256(b)
	}
	return i.known
}

// describe describes each entry by its path.
func (i *image) describe() map[string]string {
	tree := make(map[string]string, len(i.entries))
	for _, e := range i.entries {
		tree[e.path] = e.describe()
	}
	return tree
}

func (e entry) describe() string {
	mode := modeOf(e.stat.Mode)
	switch mode.Type() {
	case 0:
		return mode.String() + " " + strconv.Quote(e.bytes)
	case fs.ModeSymlink:
		return "link " + e.bytes
	}
	return mode.String()
}

// modeOf converts a mode to Go's form.
func modeOf(mode uint32) fs.FileMode {
	out := fs.FileMode(mode & 0o777)
	if mode&unix.S_ISUID != 0 {
		out |= fs.ModeSetuid
	}
	if mode&unix.S_ISGID != 0 {
		out |= fs.ModeSetgid
	}
	if mode&unix.S_ISVTX != 0 {
		out |= fs.ModeSticky
	}
	switch mode & unix.S_IFMT {
	case unix.S_IFDIR:
		out |= fs.ModeDir
	case unix.S_IFLNK:
		out |= fs.ModeSymlink
	case unix.S_IFREG:
	default:
		out |= fs.ModeIrregular
	}
	return out
}
