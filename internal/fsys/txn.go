package fsys

import (
	"crypto/rand"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Txn is a group of changes that are applied together. Its methods stage; no existing entry is touched before
// [Txn.Commit]. It is for one goroutine.
//
// A step that cannot be staged or applied holds its own error, and the others continue.
type Txn struct {
	scope
	stager
	committer
	fs    *FS
	held  *tree
	below []*Below
	steps []*Step
}

// stagedName matches the names of staged files of all runs.
const stagedName = `^\.converge-.+-[0-9a-f]{16}-[0-9]+(\..*)?$`

// StagedName returns a new name for an entry that a run stages without a step, beside its target: [FS.Sweep] removes it
// if the run is killed.
func StagedName(run string) string { return stagedPrefix(run) + "0" }

// IsStaged reports whether a name is from [StagedName], in this run or another.
func IsStaged(name string) bool {
	return strings.HasSuffix(name, "-0") && regexp.MustCompile(stagedName).MatchString(name)
}

func stagedPrefix(run string) string {
	var b [8]byte
	rand.Read(b[:]) // never fails
	run = regexp.MustCompile(`[^A-Za-z0-9_.:]`).ReplaceAllString(run, "_")
	if run == "" {
		run = "run"
	}
	return ".converge-" + run[:min(len(run), 100)] + "-" + hex.EncodeToString(b[:]) + "-"
}

// Begin starts a group of changes. run becomes a part of the staged names, as a hint for people.
func (f *FS) Begin(run string) *Txn {
	t := &Txn{
		stager:    stager{self: f.rules.self, group: f.rules.group, prefix: stagedPrefix(run)},
		committer: committer{rules: f.rules},
		fs:        f, held: f.newTree(),
	}
	t.scope = scope{txn: t, at: t.findParent, mayChange: func(s *Step, live Info) error {
		name := s.name
		if name == "." {
			name = "" // the root itself
		}
		return f.rules.mayChange(s.dir.path, s.dir.info, name, live)
	}}
	return t
}

// findParent is scope.at for the whole root.
func (t *Txn) findParent(path string) (*node, string, error) {
	dir, name, err := splitPath(path)
	if err != nil {
		return nil, "", err
	}
	n, err := t.held.findDir(dir)
	n, err = t.held.makeListable(n, err)
	return n, name, err
}

// Inherited returns the default owner, group and mode of a new entry in path's directory: our user, and our group or, in
// a setgid directory, the directory's; a directory then also gets the setgid bit.
func (t *Txn) Inherited(path string) (Perm, error) {
	p := Perm{UID: t.self, GID: t.group}
	d, _, err := t.at(path)
	if err != nil {
		return p, noDir(errorAbout("create", path, err), path)
	}
	if d.info.Mode&unix.S_ISGID != 0 {
		p.GID, p.Mode = d.info.GID, unix.S_ISGID
	}
	return p, nil
}

// InheritedDir is Inherited for a directory. In a directory of another user it belongs to that user: one of ours there
// would be an unsafe step on the way to its future content (see [ErrUnsafe]).
func (t *Txn) InheritedDir(path string) (Perm, error) {
	p, err := t.Inherited(path)
	if err != nil {
		return p, err
	}
	if d, _, err := t.at(path); err == nil && !t.fs.rules.trustsUser(d.info.UID) {
		p.UID, p.GID = d.info.UID, d.info.GID
	}
	return p, nil
}

// Dirs returns how many directories the group holds open.
func (t *Txn) Dirs() int {
	n := t.held.countHeld()
	for _, b := range t.below {
		n += b.held.countHeld()
	}
	return n
}

// Step is one staged change.
type Step struct {
	verb    string // the operation, for errors: "create"
	path    string
	dir     *node
	name    string // in dir
	temp    string // staged name in dir, "" if nothing is staged or it is in place
	mem     int    // staged in memory instead, -1 if not
	fd      int    // the staged file while it is open, -1 if not
	needs   *Step  // must have succeeded
	file    bool   // it has staged content
	virtual bool   // it is a kernel interface, which cannot be synced
	err     error
	done    bool

	apply func(*Step) error // puts it in place

	mode     uint32
	uid, gid uint32
	perm     *Perm // the new permissions of an entry that stays
}

// Err returns why the step failed, nil if it has not.
func (s *Step) Err() error { return s.err }

func (s *Step) closeMemory() {
	if s.mem >= 0 {
		unix.Close(s.mem)
		s.mem = -1
	}
}

// Candidate returns the staged file's path on the host, for a command that reads it; "" if nothing is staged.
func (t *Txn) Candidate(s *Step) string {
	switch {
	case s.mem >= 0:
		return "/proc/" + strconv.Itoa(unix.Getpid()) + "/fd/" + strconv.Itoa(s.mem)
	case s.temp == "":
		return ""
	}
	return t.hostDir(s.dir) + "/" + s.temp
}

// HostPath returns path as the host names it, with the links on the way resolved in the root. A link at path itself is
// not followed.
func (t *Txn) HostPath(path string) (string, error) {
	d, name, err := t.at(path)
	if err != nil {
		return "", errorAbout("resolve", path, err)
	}
	return t.hostDir(d) + "/" + name, nil
}

// hostDir returns the host's path of a directory, without a slash at the end.
func (t *Txn) hostDir(d *node) string {
	real, err := readlinkat(unix.AT_FDCWD, "/proc/self/fd/"+strconv.Itoa(d.fd))
	if err != nil || !strings.HasPrefix(real, "/") { // no procfs
		real = t.fs.HostPath(d.path)
	}
	return strings.TrimSuffix(real, "/")
}

// Drop cancels a step, with the reason.
func (t *Txn) Drop(s *Step, why error) {
	if s.err == nil {
		s.err = why
	}
	t.discardStaged(s)
}

// Abort cancels everything that is not in place, and ends the group.
func (t *Txn) Abort() {
	for _, s := range t.steps {
		if !s.done {
			t.discardStaged(s)
		}
	}
	t.closeAll()
}

func (t *Txn) closeAll() {
	for _, s := range t.steps {
		t.closeFile(s)
		s.closeMemory()
	}
	for _, b := range t.below {
		b.held.close()
	}
	t.held.close()
	t.below = nil
	t.steps = nil
}

// failStep ends a step with an error.
func (t *Txn) failStep(s *Step, err error) *Step {
	s.err = addHint(errorAbout(s.verb, s.path, err), s.dir, s.name)
	if s.dir == nil {
		s.err = noDir(s.err, s.path)
	}
	t.discardStaged(s)
	return s
}
