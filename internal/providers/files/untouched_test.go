package files_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/providers/files"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// What somebody changes between staging and commit fails the change and stays. The error says that nothing of the change
// was made only if that is so: a change that has made something keeps its debts, and can be rolled back.
func TestOnlyAChangeThatMadeNothingSaysSo(t *testing.T) {
	parents := attrs("path", "/p/q/r", "parents", true)
	for name, e := range map[string]struct {
		given []string
		kind  func(resource.Provider) *resource.Kind
		want  map[string]cty.Value
		at    int      // the group commit right before which somebody acts
		do    []string // what somebody does
		made  bool
		tree  []string // after
	}{
		"a file has another mode": {
			given: []string{"f /a x"}, kind: resources.File, want: attrs("path", "/a", "mode", "0640"),
			at: 1, do: []string{"m 0600 /a"}, tree: []string{`/a 0600 "x"`},
		},
		"a directory has another mode": {
			given: []string{"d /d", "f /d/a x", "m 0640 /d/a"}, kind: resources.Directory, want: attrs("path", "/d", "mode", "0750", "recurse", true),
			at: 1, do: []string{"m 0711 /d"}, tree: []string{"/d/ 0711", `/d/a 0640 "x"`},
		},
		"a directory has another mode, and what is below was changed": {
			given: []string{"d /d", "f /d/a x"}, kind: resources.Directory, want: attrs("path", "/d", "mode", "0750", "recurse", true),
			at: 2, do: []string{"m 0711 /d"}, made: true, tree: []string{"/d/ 0711", `/d/a 0640 "x"`},
		},
		"the first folder on the way came": {
			kind: resources.Directory, want: parents,
			at: 1, do: []string{"d /p"}, tree: []string{"/p/ 0755"},
		},
		"a later folder on the way came": {
			kind: resources.Directory, want: parents,
			at: 2, do: []string{"d /p/q"}, made: true, tree: []string{"/p/ 0755", "/p/q/ 0755"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, files.Options{})
			os.RemoveAll(m.root + "/etc")
			effect{given: e.given}.arrange(t, m.root)
			r, err := resourcetest.Build(e.kind(m.p), m.world(), "x", e.want)
			if err != nil {
				t.Fatal(err)
			}
			c, recorded := recordChange(t, m.p, r)
			ctx := &meddled{Context: t.Context(), left: e.at, do: func() { effect{given: e.do}.arrange(t, m.root) }}
			err = m.p.ApplyAll(ctx, []resource.Change{c}, recorded).Err(0)
			if !errors.Is(err, fsys.ErrChanged) || errors.Is(err, resource.ErrUntouched) == e.made {
				t.Errorf("apply: %v; it says that nothing was made: %t", err, errors.Is(err, resource.ErrUntouched))
			}
			if d := cmp.Diff(e.tree, perms(t, m.root)); d != "" {
				t.Errorf("the machine after (-want +got):\n%s", d)
			}
		})
	}
}

// meddled is a context in which somebody acts right before a group is committed.
type meddled struct {
	context.Context     //nolint:containedctx // it is one
	left            int // group commits until then
	do              func()
}

// Err implements [context.Context]. It is what a commit asks first.
func (m *meddled) Err() error {
	var caller [1]uintptr
	runtime.Callers(2, caller[:])
	if f, _ := runtime.CallersFrames(caller[:]).Next(); strings.HasSuffix(f.Function, "fsys.(*Txn).Commit") {
		if m.left--; m.left == 0 {
			m.do()
		}
	}
	return m.Context.Err()
}
