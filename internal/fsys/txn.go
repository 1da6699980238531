package fsys

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"os"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Txn is a group of changes that are applied together. Its methods stage;
// nothing that exists is touched before [Txn.Commit]. It is for one goroutine.
//
// A step that cannot be staged or applied holds its own error, and the others go
// on.
type Txn struct {
	fs     *FS
	held   *tree
	below  []*Below
	prefix string // of staged names
	n      int    // steps staged: their names differ by it
	steps  []*Step
	open   int    // staged files still open, to be synced one by one
	few    bool   // so few steps that each is synced by itself
	block  []byte // what copySparse reads into
}

// stagedName matches the result of staged, whatever the run.
const stagedName = `^\.converge-.+-[0-9a-f]{16}-[0-9]+(\..*)?$`

// Begin starts a group of changes. run becomes a part of the staged names, for a
// person who finds one.
func (f *FS) Begin(run string) *Txn {
	var b [8]byte
	rand.Read(b[:]) // never fails
	run = regexp.MustCompile(`[^A-Za-z0-9_.:]`).ReplaceAllString(run, "_")
	if run == "" {
		run = "run"
	}
	return &Txn{
		fs: f, held: f.newTree(), prefix: ".converge-" + run[:min(len(run), 100)] + "-" + hex.EncodeToString(b[:]) + "-",
	}
}

// next is a name that nothing has. A suffix is kept for programs that judge
// a file by it; others (cron.d, logrotate.d) take a file for one of theirs
// because of it, which is why it is not kept unasked.
func (t *Txn) next(suffix string) string {
	t.n++
	return t.prefix + strconv.Itoa(t.n) + suffix
}

// Look returns the entry at path now. It is the look that the change is based
// on: in the directory that the change will be made in.
func (t *Txn) Look(path string) (Info, error) {
	d, name, err := t.at(path)
	if err != nil {
		return Info{}, cannot("look at", path, err)
	}
	info, err := lstatx(d.fd, name)
	return info, cannot("look at", path, err)
}

// Open opens the file at path to read it, which must be what was looked at.
func (t *Txn) Open(path string, was Info) (*os.File, error) { return openIn(path, was, t.at) }

// Walk visits everything below path, as [FS.Walk] does, in the directory that
// the change will be made in.
func (t *Txn) Walk(ctx context.Context, path string, visit func(e Entry) error) error {
	return t.fs.walkAt(ctx, path, visit, t.at)
}

func openIn(path string, was Info, at func(string) (*node, string, error)) (*os.File, error) {
	d, name, err := at(path)
	if err != nil {
		return nil, cannot("read", path, err)
	}
	return Entry{Info: was, Path: path, dir: d.fd, name: name}.Open()
}

func (f *FS) walkAt(ctx context.Context, path string, visit func(e Entry) error, at func(string) (*node, string, error)) error {
	d, name, err := at(path)
	if err != nil {
		return cannot("list", path, err)
	}
	return f.walkIn(ctx, d.fd, name, path, visit)
}

// at returns the directory of path, and the name in it ("." for the root
// itself). The directory is held open from the first look to the last rename, so
// that both are about the same one.
func (t *Txn) at(path string) (*node, string, error) {
	dir, name, err := split(path)
	if err != nil {
		return nil, "", err
	}
	n, err := t.held.dir(dir)
	n, err = t.held.listed(n, err)
	return n, name, err
}

// Inherited returns the default owner, group and mode of a new entry in path's
// directory: our user, our group or, in a setgid directory, the directory's, and
// for a directory then the setgid bit.
func (t *Txn) Inherited(path string) (Perm, error) {
	p := Perm{UID: uint32(unix.Geteuid()), GID: uint32(unix.Getegid())}
	d, _, err := t.at(path)
	if err != nil {
		return p, t.fs.noDir(cannot("create", path, err), path)
	}
	if d.info.Mode&unix.S_ISGID != 0 {
		p.GID, p.Mode = d.info.GID, unix.S_ISGID
	}
	return p, nil
}

// InheritedDir is Inherited for a directory. In a directory of another user it
// belongs to that user: one of ours there would be an unsafe step on the way to
// all that is to lie in it (see [ErrUnsafe]).
func (t *Txn) InheritedDir(path string) (Perm, error) {
	p, err := t.Inherited(path)
	if err != nil {
		return p, err
	}
	if d, _, err := t.at(path); err == nil && !t.fs.trusts(d.info.UID) {
		p.UID, p.GID = d.info.UID, d.info.GID
	}
	return p, nil
}

// Dirs is how many directories the group holds open.
func (t *Txn) Dirs() int {
	n := t.held.size()
	for _, b := range t.below {
		n += b.held.size()
	}
	return n
}

// Step is one staged change.
type Step struct {
	verb    string // what it does, for errors: "create"
	path    string
	dir     *node
	name    string // in dir
	temp    string // staged name in dir, "" if nothing is staged or it is in place
	mem     int    // staged in memory instead, -1 if not
	fd      int    // the staged file while it is open, -1 if not
	needs   *Step  // must have succeeded
	file    bool   // content was staged
	virtual bool   // it is an interface of the kernel's, which nothing makes durable
	err     error
	done    bool

	apply func(*Step) error // puts it in place

	mode     uint32
	uid, gid uint32
}

// Err is why the step failed, nil if it has not.
func (s *Step) Err() error { return s.err }

// Candidate returns the staged file's path on the host, for a command that reads
// it; "" if nothing is staged.
func (t *Txn) Candidate(s *Step) string {
	switch {
	case s.mem >= 0:
		return "/proc/" + strconv.Itoa(unix.Getpid()) + "/fd/" + strconv.Itoa(s.mem)
	case s.temp == "":
		return ""
	}
	return t.host(s.dir) + "/" + s.temp
}

// HostPath is where the host has path, with the links on the way resolved in
// the root. A link at path itself is not followed.
func (t *Txn) HostPath(path string) (string, error) {
	d, name, err := t.at(path)
	if err != nil {
		return "", cannot("resolve", path, err)
	}
	return t.host(d) + "/" + name, nil
}

// host is where the host has the directory, without a slash at the end.
func (t *Txn) host(d *node) string {
	real, err := readlinkat(unix.AT_FDCWD, "/proc/self/fd/"+strconv.Itoa(d.fd))
	if err != nil || !strings.HasPrefix(real, "/") { // no procfs
		real = t.fs.HostPath(d.path)
	}
	return strings.TrimSuffix(real, "/")
}

// Drop takes a step back that must not be put in place.
func (t *Txn) Drop(s *Step, why error) {
	if s.err == nil {
		s.err = why
	}
	t.discard(s)
}

// Abort takes everything back that is not in place, and ends the group.
func (t *Txn) Abort() {
	for _, s := range t.steps {
		if !s.done {
			t.discard(s)
		}
	}
	t.release()
}

// discard removes what the step staged.
func (t *Txn) discard(s *Step) {
	t.closeStaged(s)
	if s.mem >= 0 {
		unix.Close(s.mem)
		s.mem = -1
	}
	if s.temp != "" {
		removeAllAt(s.dir.fd, s.temp) //nolint:errcheck // Sweep finds what is left over
		s.temp = ""
	}
}

func (t *Txn) closeStaged(s *Step) {
	if s.fd >= 0 {
		unix.Close(s.fd)
		s.fd = -1
		t.open--
	}
}

func (t *Txn) release() {
	for _, s := range t.steps {
		t.closeStaged(s)
		if s.mem >= 0 {
			unix.Close(s.mem)
			s.mem = -1
		}
	}
	for _, b := range t.below {
		b.held.close()
	}
	t.held.close()
	t.below = nil
	t.steps = nil
}

// add makes a step and keeps it, failed if err is not nil.
func (t *Txn) add(verb, path string) (*Step, error) { return t.addAt(verb, path, t.at) }

func (t *Txn) addAt(verb, path string, at func(path string) (*node, string, error)) (*Step, error) {
	s := &Step{verb: verb, path: path, mem: -1, fd: -1}
	t.steps = append(t.steps, s)
	var err error
	s.dir, s.name, err = at(path)
	if err == nil && s.name == "." && verb != "change" {
		err = unix.EBUSY // the root itself
	}
	return s, err
}

func (t *Txn) fail(s *Step, err error) *Step {
	s.err = t.fs.explained(cannot(s.verb, s.path, err), s.dir, s.name)
	if s.dir == nil {
		s.err = t.fs.noDir(s.err, s.path)
	}
	t.discard(s)
	return s
}
