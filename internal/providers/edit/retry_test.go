package edit

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// A file that somebody writes while its parts are made gets them in its new content. The backup that the first try has
// written is no obstacle, but it makes the change one of which something was made.
func TestAnotherTryKnowsItsOwnBackup(t *testing.T) {
	for name, e := range map[string]struct {
		then  string // what somebody makes of the file
		holds string // after
		fails bool
	}{
		"another key":  {then: "A=1\nB=7\n", holds: "A=2\nB=7\n"},
		"the same key": {then: "A=7\nB=1\n", holds: "A=7\nB=1\n", fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			w, a := world(t), resourcetest.Attrs
			p := w.Provider.(*Provider)
			p.Beside = absentBeside{}
			write("/etc/x.env", "A=1\nB=1\n")(t, w)
			c, recorded := recordChange(t, p, resourceOf(t, w, resources.Setting, "x", a("path", "/etc/x.env", "key", "A", "value", "2", "backup", true)))
			ctx := &meddled{Context: t.Context(), in: "fsys.(*Txn).Commit", left: 1, do: func() { replace(t, w.Root+"/etc/x.env", e.then) }}
			err := p.ApplyAll(ctx, []resource.Change{c}, recorded).Err(0)
			if errors.Is(err, fsys.ErrChanged) != e.fails || !e.fails && err != nil || errors.Is(err, resource.ErrUntouched) {
				t.Errorf("apply: %v; it says that nothing was made: %t", err, errors.Is(err, resource.ErrUntouched))
			}
			resourcetest.Holds("/etc/x.env", e.holds)(t, w)
			if _, err := os.Lstat(w.Root + "/etc/x.env.bak"); err != nil {
				t.Error(err)
			}
		})
	}
}

// Of several changes those that are tried again are compared with their own records.
func TestAnotherTryHasItsOwnRecords(t *testing.T) {
	w, a := world(t), resourcetest.Attrs
	p := w.Provider.(*Provider)
	var cs, full []resource.Change
	also := make([][]resource.Change, 2)
	for i, beside := range []Beside{absentBeside{}, besideOf("old\n")} {
		path := []string{"/etc/x.env", "/etc/y.env"}[i]
		write(path, "A=1\nB=1\n")(t, w)
		cs = append(cs, resourcetest.Plan(t, resourceOf(t, w, resources.Setting, path, a("path", path, "key", "A", "value", "2", "backup", true))))
		p.Beside = beside
		var err error
		if also[i], err = beside.RecordBeside(t.Context(), path, nil); err != nil {
			t.Fatal(err)
		}
	}
	write("/etc/y.env.bak", "old\n")(t, w)
	p.Gather(t.Context(), cs)
	for _, c := range cs {
		f, _, err := p.Record(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		full = append(full, f)
	}
	ctx := &meddled{Context: t.Context(), in: "edit.(*Provider).stage", left: 2, do: func() { replace(t, w.Root+"/etc/y.env", "A=1\nB=7\n") }}
	out := p.ApplyAll(ctx, cs, resource.Forecast{Recorded: func(i int) (resource.Change, []resource.Change) { return full[i], also[i] }})
	if err := errors.Join(out.Errs...); err != nil {
		t.Error(err)
	}
	resourcetest.Holds("/etc/x.env", "A=2\nB=1\n")(t, w)
	resourcetest.Holds("/etc/y.env", "A=2\nB=7\n")(t, w)
}

// meddled is a context in which somebody acts when a function asks about it.
type meddled struct {
	context.Context //nolint:containedctx // it is one
	in              string
	left            int // how often the function asks until then
	do              func()
}

// Err implements [context.Context].
func (m *meddled) Err() error {
	var caller [1]uintptr
	runtime.Callers(2, caller[:])
	if f, _ := runtime.CallersFrames(caller[:]).Next(); strings.HasSuffix(f.Function, m.in) {
		if m.left--; m.left == 0 {
			m.do()
		}
	}
	return m.Context.Err()
}

// replace puts another file in the place of one, as editors do.
func replace(t *testing.T, path, content string) {
	t.Helper()
	if err := errors.Join(os.WriteFile(path+"~", []byte(content), 0o640), os.Rename(path+"~", path)); err != nil {
		t.Fatal(err)
	}
}

// absentBeside records a backup where there is none.
type absentBeside struct{}

func (absentBeside) RecordBeside(context.Context, string, *resource.Blob) ([]resource.Change, error) {
	return []resource.Change{{Have: resource.Absent}}, nil
}
