package fsys

import (
	"os"
	"runtime"
	"sync"
	"time"
)

// Held reads files below the root and keeps directories open between reads: many files in few directories cost one call
// each, and the path of each directory is checked once (see [ErrUnsafe]). Many goroutines may use it.
//
// A kept directory is not reopened when it is moved: call [Held.Forget] after anything may have been moved.
type Held struct{ looks }

// trees are the trees that are kept between reads.
type trees struct {
	mu   sync.Mutex
	era  int         // number of calls of Forget
	free []*heldTree // kept open, and not in use
}

// heldTree is a tree that is kept between reads. One goroutine uses it at a time, so that none waits during a system
// call of another; because goroutines handle different parts of a site, few directories are opened twice.
type heldTree struct {
	*tree
	since time.Time // when its oldest directory was opened
	era   int       // of Held when it was begun
}

// maxHeld is about how many directories all trees together hold open, and longestHeld how long each: a held directory
// may have left its path, because other programs move directories while a run waits for an answer.
const (
	maxHeld     = 256
	longestHeld = 2 * time.Second
)

// Hold returns a Held without any open directory.
func (f *FS) Hold() *Held { return &Held{looks{fs: f, kept: &trees{}}} }

// Forget closes all directories. The next read opens them anew.
func (h *Held) Forget() {
	k := h.kept
	k.mu.Lock()
	free := k.free
	k.free = nil
	k.era++
	k.mu.Unlock()
	for _, t := range free {
		t.close()
	}
}

// take returns a tree for one goroutine's use until put is called.
func (k *trees) take(fs *FS) *heldTree {
	k.mu.Lock()
	t := &heldTree{era: k.era}
	if n := len(k.free); n > 0 {
		t = k.free[n-1]
		k.free = k.free[:n-1]
	}
	k.mu.Unlock()
	switch {
	case t.tree == nil:
		t.tree = fs.newTree()
	case t.countHeld() >= maxHeld/runtime.GOMAXPROCS(0) || time.Since(t.since) > longestHeld:
		t.close()
	}
	if t.countHeld() == 0 {
		t.since = time.Now()
	}
	return t
}

// put keeps a tree for the next look, unless Forget was called in between.
func (k *trees) put(t *heldTree) {
	k.mu.Lock()
	kept := t.era == k.era
	if kept {
		k.free = append(k.free, t)
	}
	k.mu.Unlock()
	if !kept {
		t.close()
	}
}

// OpenUnchanged opens a file that must be unchanged since was.
func (h *Held) OpenUnchanged(p string, was Info) (*os.File, error) {
	file, err := h.Open(p)
	if err != nil {
		return nil, err
	}
	if err := checkUnchanged(file, was); err != nil {
		file.Close()
		return nil, errorAbout("read", p, err)
	}
	return file, nil
}

func checkUnchanged(file *os.File, was Info) error {
	now, err := lstat(int(file.Fd()), "")
	if err == nil && !now.Same(was) {
		err = ErrChanged
	}
	return err
}

// Shared reports whether the file at path may be a name that another user made for a third user's file, see [ErrShared].
func (h *Held) Shared(p string, info Info) (shared bool, err error) {
	err = h.inParent(p, func(s spot) error {
		shared = h.fs.rules.isShared(s.dir.info, info)
		return nil
	})
	return shared, errorAbout("look at", p, err)
}

// MayRead returns an error if a file may be a name that another user made for a file that is not readable for everyone,
// or if reading it would take hours.
func (h *Held) MayRead(p string, info Info) error {
	err := info.Hollow()
	if err == nil && info.Links > 1 {
		err = h.inParent(p, func(s spot) error { return h.fs.rules.mayShow(s.dir.info, info) })
	}
	return errorAbout("read", p, err)
}

// MayHold refuses a directory at path that would belong to owner if its entries could not be reached by safe steps.
func (h *Held) MayHold(p string, owner uint32) error {
	return errorAbout("manage what lies in", p, h.inParent(p, func(s spot) error {
		return h.fs.rules.mayStep(s.dir.path, s.dir.info, s.name, Info{UID: owner, CTime: time.Now()}, true)
	}))
}

// MayLieIn refuses the step from a directory at path with one owner to a name in it with another, whether or not the
// name exists now.
func (h *Held) MayLieIn(p string, owner uint32, name string, of uint32) error {
	return h.fs.rules.mayStep(p, Info{UID: owner}, name, Info{UID: of}, true)
}

// MayChange refuses to change owner or mode of the entry at path in place if another user may have put it there.
func (h *Held) MayChange(p string, info Info) error {
	return errorAbout("change", p, h.inParent(p, func(s spot) error { return h.fs.rules.mayChange(s.dir.path, s.dir.info, s.name, info) }))
}
