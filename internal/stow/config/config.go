package config

import (
	"context"

	"converge/internal/fsys"
	"converge/internal/stow/store"
)

// Ensure makes the :config of a package if there is none. It does not touch an
// existing one.
func Ensure(ctx context.Context, st *store.Store, foo string) (made bool, err error) {
	d, err := st.LockPackage(ctx, foo)
	if err != nil {
		return false, err
	}
	defer d.Close()
	t, _, err := d.Look(store.Config)
	if err != nil || t != fsys.Nothing {
		return false, err
	}
	if err := d.Mkdir(store.Config, 0o777); err != nil {
		return false, err
	}
	return true, d.Sync()
}

// Update updates :config to the new version of a package: a file that is unchanged
// since version from becomes that of version to; an edited one stays, and FILE.new
// or FILE.old is put beside it, unless a person has put something else there. Only
// files that :config has are compared. Both versions are disk names; from may be ""
// or deleted. Without do it only reports.
//
// Each file changes at one moment, and to repeat it changes nothing. FILE.new and
// FILE.old appear in the target when :config is stowed the next time.
func Update(ctx context.Context, st *store.Store, foo, from, to string, do bool) ([]Change, error) {
	d, err := st.LockPackage(ctx, foo)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var t trees
	defer t.close()
	for i, part := range [...]string{base: from, ours: store.Config, next: to} {
		if t[i], err = openPart(d, part); err != nil {
			return nil, err
		}
	}
	if t[ours] == nil {
		return nil, nil
	}
	if t[next] == nil {
		return nil, &store.MissingError{Stow: st.Dir().Path() + "/" + foo, Part: to}
	}
	changes, staged, err := t.judgeAll(ctx)
	if err != nil || !do {
		return changes, err
	}
	for _, p := range staged {
		if err := t[ours].Remove(p); err != nil {
			return nil, err
		}
	}
	for _, c := range changes {
		if err := t.applyChange(c); err != nil {
			return changes, err
		}
	}
	return changes, nil
}
