package config

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// trees are the trees of one update; nil: missing.
type trees [3]*os.Root

func (t *trees) close() {
	for _, r := range t {
		if r != nil {
			_ = r.Close() // only read through, or its writes are synced
		}
	}
}

// openPart opens a part of a package; nil if there is none.
func openPart(d *fsys.Dir, part string) (*os.Root, error) {
	if part == "" {
		return nil, nil
	}
	sub, err := d.Follow(part)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer sub.Close()
	return fsys.RootOf(sub)
}

// judgeAll judges every file of :config. staged are files that killed updates left.
func (t *trees) judgeAll(ctx context.Context) (changes []Change, staged []string, err error) {
	err = fs.WalkDir(t[ours].FS(), ".", func(p string, e fs.DirEntry, err error) error {
		switch err = errors.Join(err, ctx.Err()); {
		case err != nil || !e.Type().IsRegular():
			return err
		case strings.HasPrefix(e.Name(), stagedPrefix):
			staged = append(staged, p)
			return nil
		}
		v, err := t.judgeFile(p)
		if err == nil && v != Keep {
			changes = append(changes, Change{p, v})
		}
		return err
	})
	return changes, staged, err
}

func (t *trees) judgeFile(p string) (Verdict, error) {
	inBase, odd, err := t.hasFile(base, p)
	if err != nil || odd {
		return Keep, err
	}
	inNext, odd, err := t.hasFile(next, p)
	if err != nil || odd {
		return Keep, err
	}
	v, err := judgeEdit(inBase, inNext, func(a, b tree) (bool, error) { return t.isSameFile(a, p, b, p) })
	if err != nil || v != Beside && v != Retire {
		return v, err
	}
	if v == Beside {
		if written, err := t.isSameFile(ours, p+newSuffix, next, p); written || err != nil {
			return Keep, err
		}
	}
	if free, err := t.isFree(v, p); free || err != nil {
		return v, err
	}
	return Stand, nil
}

// isFree reports whether the name that a verdict writes to is not taken, or only by
// the file that an earlier update wrote there.
func (t *trees) isFree(v Verdict, p string) (bool, error) {
	to, like := p+newSuffix, base
	if v == Retire {
		to, like = p+oldSuffix, ours
	}
	file, odd, err := t.hasFile(ours, to)
	switch {
	case err != nil || odd:
		return false, err
	case !file:
		return true, nil
	case t[like] == nil:
		return false, nil
	}
	return t.isSameFile(ours, to, like, p)
}

// hasFile reports whether a tree has a file; odd is whether it has something else.
func (t *trees) hasFile(in tree, p string) (file, odd bool, err error) {
	if t[in] == nil {
		return false, false, nil
	}
	info, err := t[in].Lstat(p)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP):
		return false, false, nil
	case err != nil:
		return false, false, err
	}
	return info.Mode().IsRegular(), !info.Mode().IsRegular(), nil
}

func (t *trees) applyChange(c Change) error {
	config := t[ours]
	switch c.Verdict {
	case Take:
		return t.copyNext(c.Path, c.Path)
	case Beside:
		return t.copyNext(c.Path, c.Path+newSuffix)
	case Retire:
		return config.Rename(c.Path, c.Path+oldSuffix)
	case Discard:
		return config.Remove(c.Path)
	case Keep, Stand:
	}
	return nil
}

// A file that is written beside one of :config has its name and one of these.
const (
	newSuffix = ".new"
	oldSuffix = ".old"
)

// stagedPrefix begins the names of files that wait for their place.
const stagedPrefix = ".:stow2."

func stagedName(p string) string { return path.Join(path.Dir(p), stagedPrefix+path.Base(p)) }
