package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"converge/resources"
)

// apply makes and removes the same links as systemctl --root.
func (t *tree) apply(ctx context.Context, ws []wanted) []error {
	errs := make([]error, len(ws))
	defer t.files.forget()
	for i, w := range ws {
		if errs[i] = ctx.Err(); errs[i] == nil {
			t.files.forget() // the previous unit may have made or removed a folder
			errs[i] = t.applyOne(ctx, w)
		}
	}
	return errs
}

func (t *tree) applyOne(ctx context.Context, w wanted) error {
	st, _, err := t.readUnit(w)
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
	st, f, err := t.readUnit(w)
	if err != nil {
		return err
	}
	is, err := st.enabledAs(*w.enabled, w.unit)
	if err == nil && is == *w.enabled && !is {
		return t.removeUnfinished(ctx, f) // a killed run may have begun to enable it
	}
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
		return fmt.Errorf("cannot %s unit %s: %w", chooseWord(*w.enabled, "enable", "disable"), w.unit, err)
	}
	return nil
}

// removeDangling removes the links that enable a unit that does not exist.
func (t *tree) removeDangling(ctx context.Context, w wanted) error {
	links, err := t.files.listWanting(unitFile{name: w.name})
	if err == nil {
		err = t.removeLinks(ctx, append(links, etcUnits+"/"+w.unit))
	}
	if err != nil {
		return fmt.Errorf("cannot disable unit %s: %w", w.unit, err)
	}
	return nil
}

// removeLinks removes links, and then empty folders (NAME.wants), as systemctl does.
func (t *tree) removeLinks(ctx context.Context, links []string) error {
	if err := t.files.fs.RemoveLinks(ctx, "service", links...); err != nil {
		return err
	}
	return t.removeEmptied(ctx, links)
}

// removeUnfinished removes empty folders that were made for the links of a unit.
func (t *tree) removeUnfinished(ctx context.Context, f unitFile) error {
	links, err := f.listLinks()
	if err != nil {
		return err
	}
	return t.removeEmptied(ctx, links)
}

// removeEmptied removes the empty folders of links (NAME.wants).
func (t *tree) removeEmptied(ctx context.Context, links []string) error {
	for _, l := range links {
		dir := path.Dir(l)
		if path.Dir(dir) != etcUnits {
			continue
		}
		if _, err := t.files.fs.RemoveEmpty(ctx, "service", dir); err != nil {
			return err
		}
	}
	return nil
}

// setMask masks or unmasks a unit.
func (t *tree) setMask(ctx context.Context, w wanted) error {
	p := etcUnits + "/" + w.unit
	var err error
	if *w.masked {
		if err := t.files.checkMask(w.unit); err != nil {
			return err
		}
		err = t.files.fs.MakeLink(ctx, "service", p, "/dev/null")
	} else if _, err = t.files.fs.Lstat(p); errors.Is(err, fs.ErrNotExist) {
		err = errors.New("its file below /usr is empty, which masks it for good")
	} else if err == nil {
		err = t.files.fs.RemoveLinks(ctx, "service", p)
	}
	if err != nil {
		return fmt.Errorf("cannot %s unit %s: %w", chooseWord(*w.masked, "mask", "unmask"), w.unit, err)
	}
	return nil
}

// setEnabled makes or removes the links of the unit, and of the units in its Also=. seen ends circles.
func (t *tree) setEnabled(ctx context.Context, f unitFile, on bool, seen map[string]bool) error {
	if seen[f.name.String()] {
		return nil
	}
	seen[f.name.String()] = true
	links, err := f.listLinks()
	if err != nil {
		return err
	}
	if on {
		for _, l := range links {
			if err := t.files.fs.MakeLink(ctx, "service", l, f.path); err != nil {
				return err
			}
		}
	} else {
		t.files.forget()
		more, err := t.files.listWanting(f)
		if err != nil {
			return err
		}
		links = append(links, more...)
		slices.Sort(links)
		if err := t.removeLinks(ctx, slices.Compact(links)); err != nil {
			return err
		}
	}
	for _, also := range f.in.also {
		name, err := resources.ParseUnitName(also)
		if err != nil {
			return fmt.Errorf("its Also= names %q, which %w", also, err)
		}
		g, err := t.files.find(name)
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
