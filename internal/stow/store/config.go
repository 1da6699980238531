package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"converge/internal/fsys"
)

// EnsureConfig makes the :config of a package if there is none. One that is
// there is not touched.
func (s *Store) EnsureConfig(ctx context.Context, foo string) (made bool, err error) {
	d, err := s.lockPackage(ctx, foo)
	if err != nil {
		return false, err
	}
	defer d.Close()
	t, _, err := d.Look(Config)
	if err != nil || t != fsys.Nothing {
		return false, err
	}
	if err := d.Mkdir(Config, 0o777); err != nil {
		return false, err
	}
	return true, d.Sync()
}

// RemoveConfig unstows the :config of a package, and then deletes it.
func (s *Store) RemoveConfig(ctx context.Context, foo string, o Options) error {
	there, err := s.there(foo, Config)
	if err != nil {
		return err
	}
	if there {
		if _, err := s.Apply(ctx, []Change{{Unstow, Arg{foo, Config}}}, o); err != nil {
			return err
		}
	}
	d, err := s.lockPackage(ctx, foo)
	if err != nil {
		return err
	}
	defer d.Close()
	if there {
		if err := d.RenameNew(Config, d, removing+Config); err != nil {
			return err
		}
	}
	return s.sweep(d)
}

func (s *Store) lockPackage(ctx context.Context, foo string) (*fsys.Dir, error) {
	if !isPackage(foo) {
		return nil, &UsageError{Text: fmt.Sprintf("%q is no package", foo)}
	}
	d, err := s.pkg(foo)
	if err != nil {
		return nil, err
	}
	if d == nil {
		return nil, &missingError{s.dir.Path(), foo}
	}
	if err := d.Lock(ctx, true, nil); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Verdict is what an update does to one file of :config.
type Verdict uint8

// The verdicts, pacman's.
const (
	Keep    Verdict = iota // it stays as it is
	Take                   // it was as its version had it, and becomes as the new one has it
	Discard                // it was as its version had it, and the new one has none
	Beside                 // it was edited: what the new version has is written to FILE.new
	Retire                 // it was edited, and the new version has none: it becomes FILE.old
	Stand                  // as for the last two, but that name is taken by what a person has there: all stays
)

// String is the verdict in a word.
func (v Verdict) String() string {
	return [...]string{"keep", "take", "discard", "beside", "retire", "stand"}[v]
}

// ConfigChange is what becomes of one file of :config.
type ConfigChange struct {
	Path    string // in :config
	Verdict Verdict
}

// judge decides one file: base is the file in the version before, ours the one
// in :config, next the one in the new version. same compares two of them.
func judge(base, next bool, same func(a, b side) (bool, error)) (Verdict, error) {
	edited := true
	if base {
		as, err := same(treeOurs, treeBase)
		if err != nil {
			return Keep, err
		}
		edited = !as
	}
	switch {
	case !next && !base:
		return Keep, nil
	case !next && edited:
		return Retire, nil
	case !next:
		return Discard, nil
	}
	if as, err := same(treeOurs, treeNext); err != nil || as {
		return Keep, err
	}
	if !edited {
		return Take, nil
	}
	if base {
		if as, err := same(treeBase, treeNext); err != nil || as {
			return Keep, err
		}
	}
	return Beside, nil
}

// side is one of the three trees.
type side int

const (
	treeBase side = iota
	treeOurs
	treeNext
)

// threeWay is the trees of one update.
type threeWay [3]*os.Root

func (w *threeWay) close() {
	for _, r := range w {
		if r != nil {
			_ = r.Close()
		}
	}
}

// UpdateConfig updates :config to the new version of a package: a file that is
// unchanged since version from becomes that of version to, an edited one stays,
// with FILE.new or FILE.old beside it, unless a person has that. Only files that :config has are compared.
// Both are disk names; from may be "" or deleted. Without do it only reports.
//
// Each file changes at one moment, and to do it again does nothing. FILE.new
// and FILE.old appear in the target when :config is stowed the next time.
func (s *Store) UpdateConfig(ctx context.Context, foo, from, to string, do bool) ([]ConfigChange, error) {
	d, err := s.lockPackage(ctx, foo)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var w threeWay
	defer w.close()
	for i, part := range [...]string{treeBase: from, treeOurs: Config, treeNext: to} {
		if w[i], err = openTree(d, part); err != nil {
			return nil, err
		}
	}
	if w[treeOurs] == nil {
		return nil, nil
	}
	if w[treeNext] == nil {
		return nil, &missingError{s.dir.Path() + "/" + foo, to}
	}
	changes, debris, err := w.judgeAll(ctx)
	if err != nil || !do {
		return changes, err
	}
	for _, p := range debris {
		if err := w[treeOurs].Remove(p); err != nil {
			return nil, err
		}
	}
	for _, c := range changes {
		if err := w.do(c); err != nil {
			return changes, err
		}
	}
	return changes, nil
}

// openTree opens a part of a package; nil if there is none.
func openTree(d *fsys.Dir, part string) (*os.Root, error) {
	if part == "" {
		return nil, nil
	}
	sub, err := d.Follow(part)
	if gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer sub.Close()
	return os.OpenRoot(fmt.Sprintf("/proc/self/fd/%d", sub.Fd()))
}

// judgeAll judges every file of :config. debris is what killed updates staged.
func (w *threeWay) judgeAll(ctx context.Context) (changes []ConfigChange, debris []string, err error) {
	err = fs.WalkDir(w[treeOurs].FS(), ".", func(p string, e fs.DirEntry, err error) error {
		switch err = errors.Join(err, ctx.Err()); {
		case err != nil || !e.Type().IsRegular():
			return err
		case strings.HasPrefix(e.Name(), stagedPrefix):
			debris = append(debris, p)
			return nil
		}
		v, err := w.judge(p)
		if err == nil && v != Keep {
			changes = append(changes, ConfigChange{p, v})
		}
		return err
	})
	return changes, debris, err
}

func (w *threeWay) judge(p string) (Verdict, error) {
	base, odd, err := w.has(treeBase, p)
	if err != nil || odd {
		return Keep, err
	}
	next, odd, err := w.has(treeNext, p)
	if err != nil || odd {
		return Keep, err
	}
	v, err := judge(base, next, func(a, b side) (bool, error) { return w.sameFile(a, p, b, p) })
	if err != nil || v != Beside && v != Retire {
		return v, err
	}
	if v == Beside {
		if told, err := w.sameFile(treeOurs, p+newSuffix, treeNext, p); told || err != nil {
			return Keep, err
		}
	}
	if free, err := w.free(v, p); free || err != nil {
		return v, err
	}
	return Stand, nil
}

// free reports whether the name that a verdict has something written to is not
// taken, or by no more than what an earlier update wrote there.
func (w *threeWay) free(v Verdict, p string) (bool, error) {
	to, like := p+newSuffix, treeBase
	if v == Retire {
		to, like = p+oldSuffix, treeOurs
	}
	file, odd, err := w.has(treeOurs, to)
	switch {
	case err != nil || odd:
		return false, err
	case !file:
		return true, nil
	case w[like] == nil:
		return false, nil
	}
	return w.sameFile(treeOurs, to, like, p)
}

// has tells whether a tree has a file; odd is whether it has something else.
func (w *threeWay) has(t side, p string) (file, odd bool, err error) {
	if w[t] == nil {
		return false, false, nil
	}
	info, err := w[t].Lstat(p)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err != nil && notDir(err) == nil:
		return false, false, nil
	case err != nil:
		return false, false, err
	}
	return info.Mode().IsRegular(), !info.Mode().IsRegular(), nil
}

func (w *threeWay) do(c ConfigChange) error {
	ours := w[treeOurs]
	switch c.Verdict {
	case Take:
		return w.copy(c.Path, c.Path)
	case Beside:
		return w.copy(c.Path, c.Path+newSuffix)
	case Retire:
		return ours.Rename(c.Path, c.Path+oldSuffix)
	case Discard:
		return ours.Remove(c.Path)
	case Keep, Stand:
	}
	return nil
}

// What is written beside a file of :config has its name and one of these.
const (
	newSuffix = ".new"
	oldSuffix = ".old"
)

// stagedPrefix is what names begin with that wait for their place.
const stagedPrefix = ".:stow2."

func staged(p string) string { return path.Join(path.Dir(p), stagedPrefix+path.Base(p)) }
