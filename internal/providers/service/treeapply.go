package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"converge/internal/fsys"
	"converge/resources"
)

// apply makes and removes the links that systemctl --root would.
func (t *tree) apply(ctx context.Context, ws []wanted) []error {
	errs := make([]error, len(ws))
	for i, w := range ws {
		if errs[i] = ctx.Err(); errs[i] == nil {
			errs[i] = t.applyOne(ctx, w)
		}
	}
	return errs
}

func (t *tree) applyOne(ctx context.Context, w wanted) error {
	st, _, err := t.look(w)
	if err != nil {
		return err
	}
	if w.masked != nil && st.maskedAs(*w.masked) != *w.masked {
		if err := t.setMask(ctx, w); err != nil {
			return err
		}
	}
	if w.enabled == nil || isTrue(w.masked) {
		return nil
	}
	st, f, err := t.look(w)
	if err != nil {
		return err
	}
	is, err := st.enabledAs(*w.enabled, w.unit)
	if err != nil || is == *w.enabled {
		return err
	}
	if !st.exists && !*w.enabled {
		return t.removeDangling(ctx, w)
	}
	if !st.exists {
		return fmt.Errorf("cannot enable unit %s: it is not found", w.unit)
	}
	if err := t.setEnabled(ctx, f, *w.enabled, map[string]bool{}); err != nil {
		return fmt.Errorf("cannot %s unit %s: %w", word(*w.enabled, "enable", "disable"), w.unit, err)
	}
	return nil
}

// removeDangling removes the links that enable a unit that is not there.
func (t *tree) removeDangling(ctx context.Context, w wanted) error {
	links, err := t.wanting(unitFile{name: w.name})
	if err == nil {
		err = t.unlink(ctx, append(links, etcUnits+"/"+w.unit))
	}
	if err != nil {
		return fmt.Errorf("cannot disable unit %s: %w", w.unit, err)
	}
	return nil
}

func word(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}

// setMask masks a unit or takes its mask away.
func (t *tree) setMask(ctx context.Context, w wanted) error {
	p := etcUnits + "/" + w.unit
	var err error
	if *w.masked {
		if err := t.checkMask(w); err != nil {
			return err
		}
		err = t.link(ctx, p, "/dev/null")
	} else if _, err = t.fs.Lstat(p); errors.Is(err, fs.ErrNotExist) {
		err = errors.New("its file below /usr is empty, which masks it for good")
	} else if err == nil {
		err = t.unlink(ctx, []string{p})
	}
	if err != nil {
		return fmt.Errorf("cannot %s unit %s: %w", word(*w.masked, "mask", "unmask"), w.unit, err)
	}
	return nil
}

// setEnabled makes or removes the links of the unit, and of the units that
// its Also= names. seen ends circles.
func (t *tree) setEnabled(ctx context.Context, f unitFile, on bool, seen map[string]bool) error {
	if seen[f.name.String()] {
		return nil
	}
	seen[f.name.String()] = true
	links, err := f.links()
	if err != nil {
		return err
	}
	if on {
		for _, l := range links {
			if err := t.link(ctx, l, f.path); err != nil {
				return err
			}
		}
	} else {
		more, err := t.wanting(f)
		if err != nil {
			return err
		}
		links = append(links, more...)
		slices.Sort(links)
		if err := t.unlink(ctx, slices.Compact(links)); err != nil {
			return err
		}
	}
	for _, also := range f.in.also {
		name, err := resources.ParseUnitName(also)
		if err != nil {
			return fmt.Errorf("its Also= names %q, which %w", also, err)
		}
		g, err := t.find(name)
		if err != nil {
			return err
		}
		if g.path == "" || g.masked {
			continue
		}
		if err := t.setEnabled(ctx, g, on, seen); err != nil {
			return err
		}
	}
	return nil
}

// link makes p a link to target, unless there is anything but a link.
func (t *tree) link(ctx context.Context, p, target string) error {
	if err := t.makeDir(ctx, path.Dir(p)); err != nil {
		return err
	}
	txn := t.fs.Begin("service")
	defer txn.Abort()
	info, err := txn.Look(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		info = fsys.Info{}
	case err != nil:
		return err
	case info.Type != fsys.Symlink:
		return fmt.Errorf("%s is %s in the way of a link", p, info.Type)
	}
	step := txn.Symlink(p, target, info)
	return finish(ctx, txn, step)
}

// makeDir makes a folder and those above it, as far as they are missing.
func (t *tree) makeDir(ctx context.Context, dir string) error {
	_, err := t.fs.Stat(dir)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := t.makeDir(ctx, path.Dir(dir)); err != nil {
		return err
	}
	txn := t.fs.Begin("service")
	defer txn.Abort()
	perm, err := txn.Inherited(dir)
	if err != nil {
		return err
	}
	perm.Mode |= 0o755
	return finish(ctx, txn, txn.Dir(dir, perm))
}

func (t *tree) unlink(ctx context.Context, links []string) error {
	for _, l := range links {
		txn := t.fs.Begin("service")
		info, err := txn.Look(l)
		if errors.Is(err, fs.ErrNotExist) {
			txn.Abort()
			continue
		}
		if err == nil && info.Type != fsys.Symlink {
			err = fmt.Errorf("%s is %s and no link", l, info.Type)
		}
		if err == nil {
			err = finish(ctx, txn, txn.Remove(l, info))
		}
		txn.Abort()
		if err != nil {
			return err
		}
	}
	return nil
}

func finish(ctx context.Context, txn *fsys.Txn, step *fsys.Step) error {
	if err := step.Err(); err != nil {
		return err
	}
	if err := txn.Commit(ctx); err != nil {
		return err
	}
	return step.Err()
}
