package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
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
	t.files.forget()
	if w.isExact() {
		_, err := t.files.restoreLinks(ctx, w)
		return err
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
	if err := t.setEnabled(ctx, st, f, *w.enabled); err != nil {
		return fmt.Errorf("cannot %s unit %s: %w", chooseWord(*w.enabled, "enable", "disable"), w.unit, err)
	}
	return nil
}

// removeDangling removes the links that enable a unit that does not exist.
func (t *tree) removeDangling(ctx context.Context, w wanted) error {
	links, err := t.files.listWanting(unitFile{name: w.name})
	if err == nil {
		err = t.files.removeLinks(ctx, append(links, etcUnits+"/"+w.unit))
	}
	if err != nil {
		return fmt.Errorf("cannot disable unit %s: %w", w.unit, err)
	}
	return nil
}

// removeUnfinished removes empty folders that were made for the links of a unit.
func (t *tree) removeUnfinished(ctx context.Context, f unitFile) error {
	links, err := f.listLinks()
	if err != nil {
		return err
	}
	return t.files.removeEmptied(ctx, links)
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

// setEnabled makes the links of a unit and of the units in its Also=, or only the missing ones of a unit that has some,
// or removes them.
func (t *tree) setEnabled(ctx context.Context, st status, f unitFile, on bool) error {
	if on && st.file == fileEnabled {
		return t.files.closeGaps(ctx, st.gaps)
	}
	units, err := t.files.withAlso(f.name)
	if err != nil {
		return err
	}
	if !on {
		return t.disable(ctx, units)
	}
	if err := t.files.checkAliases(f.name.String()); err != nil {
		return err
	}
	for _, f := range units {
		links, err := f.listLinks()
		if err != nil {
			return err
		}
		for _, l := range links {
			if err := t.files.fs.MakeLink(ctx, "service", l, f.path); err != nil {
				return err
			}
		}
	}
	return nil
}

// disable removes the links of units, and the folders that were only made for them.
func (t *tree) disable(ctx context.Context, units []unitFile) error {
	found, err := t.files.listBootLinks(units)
	if err != nil {
		return err
	}
	if err := t.files.removeLinks(ctx, slices.Sorted(maps.Keys(found))); err != nil {
		return err
	}
	for _, f := range units {
		if err := t.removeUnfinished(ctx, f); err != nil {
			return err
		}
	}
	return nil
}
