package service

import (
	"context"
	"fmt"
	"path"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// tree is the backend for unit files without a running systemd: an image build, or a container without an init.
type tree struct {
	files unitLinks
	here  bool // the tree is this machine
}

func (t *tree) observe(ctx context.Context, w wanted) (cty.Value, error) {
	st, err := t.read(ctx, w)
	if err != nil {
		return cty.NilVal, err
	}
	return w.judge(st)
}

func (t *tree) read(_ context.Context, w wanted) (status, error) {
	st, _, err := t.readUnit(w)
	if err == nil {
		st.restored, err = t.files.isRestored(w)
	}
	return st, err
}

// readUnit gathers the state of a unit in the files, in systemd's words.
func (t *tree) readUnit(w wanted) (status, unitFile, error) {
	st := status{notManaging: true, id: w.unit}
	f, err := t.files.find(w.name)
	if err != nil {
		return st, f, fmt.Errorf("cannot look at unit %s: %w", w.unit, err)
	}
	st.exists = f.path != ""
	if !st.exists {
		if isFalse(w.enabled) {
			st.dangling, err = t.files.isDangling(w.unit)
		}
		return st, f, err
	}
	st.id = f.name.String()
	if st.file, err = t.readState(f); err != nil {
		return st, f, fmt.Errorf("cannot look at unit %s: %w", w.unit, err)
	}
	if st.file == fileEnabled {
		st.gaps = t.files.findGaps(f.name)
	}
	if st.file == fileIndirect {
		st.alsoAll = true
		for _, also := range f.in.also {
			on, err := t.isAlsoEnabled(also)
			if err != nil {
				return st, f, fmt.Errorf("cannot look at unit %s: %w", also, err)
			}
			st.alsoAll, st.alsoAny = st.alsoAll && on, st.alsoAny || on
		}
	}
	return st, f, nil
}

func (t *tree) isAlsoEnabled(unit string) (bool, error) {
	name, err := resources.ParseUnitName(unit)
	if err != nil {
		return false, err
	}
	f, err := t.files.find(name)
	if err != nil || f.path == "" {
		return false, err
	}
	state, err := t.readState(f)
	return state == fileEnabled && t.files.findGaps(f.name).isEmpty(), err
}

// readState returns the state of an existing file. As for systemd, any link enables it.
func (t *tree) readState(f unitFile) (string, error) {
	if f.masked {
		return fileMasked, nil
	}
	rules, err := f.listLinks()
	if err != nil {
		return "", err
	}
	if len(rules) == 0 {
		if len(f.in.also) > 0 {
			return fileIndirect, nil
		}
		return fileStatic, nil
	}
	for _, l := range rules {
		has, err := t.files.has(l)
		switch {
		case err != nil:
			return "", err
		case has && (path.Dir(l) != etcUnits || t.files.leadsTo(l, f)):
			return fileEnabled, nil
		}
	}
	found, err := t.files.listWanting(f)
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		return fileEnabled, nil
	}
	return fileDisabled, nil
}

// act does nothing: no service runs here.
func (t *tree) act(context.Context, wanted, string) error { return nil }

// satisfied is always true: a service that this tree starts later will read everything anew.
func (t *tree) satisfied(context.Context, wanted, string, resource.Instant) (bool, error) {
	return true, nil
}

// notes returns a note on each service that should run here, with or without a change, that it does not do so now.
func (t *tree) notes(_ context.Context, w wanted, c resource.Change) []string {
	switch {
	case w.running == nil:
		return nil
	case t.here && *w.running:
		return []string{"it runs after the boot, if it is enabled: systemd does not run this machine now"}
	case c.Empty():
		return nil
	case t.here:
		return []string{"whether it runs is not looked at: systemd does not run this machine"}
	}
	return []string{"whether it runs is not looked at: nothing runs in " + t.files.fs.Root()}
}
