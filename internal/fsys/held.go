package fsys

import (
	"errors"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// tree holds open the directories on the way to a path. It opens each once, by name in its parent, and checks the owner
// of that descriptor: no step leaves the root, none is unsafe (see [ErrUnsafe]), and the directory that was checked is
// the one that is used. It is for one goroutine at a time.
type tree struct {
	fs    *FS
	nodes map[string]*node // by path, including paths through links
}

// node is a directory held open.
type node struct {
	fd   int
	path string // without links
	up   *node  // its parent; nil: it is the root
	info Info   // as it was when it was opened
	list bool   // fd permits listing and syncing, not only passing through

	synced bool // the names in it are on disk
}

func (f *FS) newTree() *tree { return &tree{fs: f, nodes: map[string]*node{}} }

// close closes all directories. The tree can be used again.
func (t *tree) close() {
	for key, n := range t.nodes {
		if n.path == key {
			unix.Close(n.fd)
		}
	}
	clear(t.nodes)
}

// countHeld returns how many directories are held, or slightly more.
func (t *tree) countHeld() int { return len(t.nodes) }

func (t *tree) openTop() (*node, error) {
	if n := t.nodes["/"]; n != nil {
		return n, nil
	}
	fd, err := openat(int(t.fs.dir.Fd()), ".", unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	n := &node{fd: fd, path: "/", info: t.fs.top}
	t.nodes["/"] = n
	return n, nil
}

// findDir returns the directory at a clean path, links followed.
func (t *tree) findDir(p string) (*node, error) {
	if n := t.nodes[p]; n != nil {
		return n, nil
	}
	links := 0
	n, err := t.walkPath(nil, p, &links)
	if err == nil {
		t.nodes[p] = n
	}
	return n, err
}

// walkPath resolves a path from one directory to another.
func (t *tree) walkPath(n *node, p string, links *int) (*node, error) {
	if strings.HasPrefix(p, "/") {
		var err error
		if n, err = t.openTop(); err != nil {
			return nil, err
		}
	}
	for p != "" {
		var name string
		name, p, _ = strings.Cut(p, "/")
		switch {
		case name == "" || name == ".":
		case name == ".." && n.up == nil:
		case name == "..":
			n = n.up
		default:
			next, err := t.openChild(n, name, links)
			if err != nil {
				return nil, err
			}
			n = next
		}
	}
	return n, nil
}

// openChild returns the directory called name in up.
func (t *tree) openChild(up *node, name string, links *int) (*node, error) {
	key := joinName(up.path, name)
	if n := t.nodes[key]; n != nil {
		return n, nil
	}
	n, err := t.enterSafely(up, name, key)
	if errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
		n, err = t.openThrough(up, name, links)
	}
	if err == nil {
		t.nodes[key] = n
	}
	return n, err
}

// enterSafely opens a directory in up by a safe step; it returns ENOTDIR or ELOOP for a link.
func (t *tree) enterSafely(up *node, name, path string) (*node, error) {
	n, err := t.openNode(up, name, path)
	if err != nil {
		return nil, err
	}
	if err := t.fs.rules.mayStep(up.path, up.info, name, n.info, true); err != nil && !isVirtualAt(up.fd) {
		unix.Close(n.fd)
		return nil, err
	}
	return n, nil
}

func (t *tree) openNode(up *node, name, path string) (*node, error) {
	fd, err := openat(up.fd, name, unix.O_PATH|unix.O_DIRECTORY) // O_DIRECTORY triggers an automount
	if err != nil {
		return nil, err
	}
	info, err := lstat(fd, "")
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return &node{fd: fd, path: path, up: up, info: info}, nil
}

// openThrough returns the directory that a link in up leads to.
func (t *tree) openThrough(up *node, name string, links *int) (*node, error) {
	l, err := t.readLink(up, name, links)
	if err != nil {
		return nil, err
	}
	if l.text == "" {
		return nil, unix.ENOTDIR
	}
	n, err := t.walkPath(up, l.text, links)
	if err != nil {
		return nil, err
	}
	return n, l.mayLead(n.path, n.info.UID)
}

// maxLinks is the kernel's own limit (MAXSYMLINKS).
const maxLinks = 40

// link is a symbolic link on the way.
type link struct {
	dir, name string
	text      string // "": it is not a link
	owner     uint32 // the user who controls the target
	foreign   bool   // that user is not trusted
}

// readLink reads the link at name, and counts it.
func (t *tree) readLink(up *node, name string, links *int) (link, error) {
	l := link{dir: up.path, name: name}
	fd, err := openat(up.fd, name, unix.O_PATH)
	if err != nil {
		return l, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := ignoringEINTR(func() error { return unix.Fstat(fd, &st) }); err != nil || st.Mode&unix.S_IFMT != unix.S_IFLNK {
		return l, err
	}
	if *links++; *links > maxLinks {
		return l, unix.ELOOP
	}
	if l.owner, l.foreign, err = t.fs.rules.linkOwner(up, name, &st); err != nil {
		return l, err
	}
	if l.text, err = readlinkat(fd, ""); err == nil && l.text == "" {
		err = unix.ENOENT
	}
	return l, err
}

// mayLead is the rule for the target of a link: a link that another user controls may only lead to entries of that user.
func (l link) mayLead(to string, of uint32) error {
	if !l.foreign || of == l.owner {
		return nil
	}
	return &UnsafeError{Dir: l.dir, Name: l.name, Owner: l.owner, To: to, Of: of}
}

// makeListable reopens a directory so that it can be listed, written to and synced; it passes on an error.
func (t *tree) makeListable(n *node, err error) (*node, error) {
	if err != nil {
		return nil, err
	}
	if n.list {
		return n, nil
	}
	fd, err := openat(n.fd, ".", dirFlags)
	if err != nil {
		return nil, err
	}
	unix.Close(n.fd)
	n.fd, n.list = fd, true
	return n, nil
}

// openDir opens a directory for writing into it.
func (t *tree) openDir(p string) (int, error) {
	n, err := t.findDir(path.Clean(p))
	if err != nil {
		return -1, err
	}
	return openat(n.fd, ".", dirFlags)
}
