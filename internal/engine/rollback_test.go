package engine_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/journal"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
)

// told collects what a rollback says in short.
type told struct{ lines []string }

func (l *told) Emit(e event.Event) {
	switch e.Type {
	case event.Applied:
		l.lines = append(l.lines, e.Action+" "+e.Resource)
	case event.Failed, event.Skipped:
		l.lines = append(l.lines, string(e.Type)+" "+e.Resource)
	default:
	}
}

// rollback takes a run back, and says what that did; impossible is why it was
// not begun.
func (h *host) rollback(d *journal.RunDetail, force bool) (undid *journal.RunDetail, said []string, impossible []engine.Lost) {
	h.t.Helper()
	run, err := h.state.Start(h.t.Context(), journal.RunInfo{Undoes: d.ID})
	if err != nil {
		h.t.Fatal(err)
	}
	h.equip(run.ID)
	var taken []engine.RevertSource
	for _, n := range d.NetChanges() {
		k := h.kinds[n.Addr.Kind]
		before, secret, err := h.state.Value(n.Before, k)
		if err != nil {
			h.t.Fatal(err)
		}
		after, _, err := h.state.Value(n.After, k)
		if err != nil {
			h.t.Fatal(err)
		}
		taken = append(taken, engine.RevertSource{
			Addr: n.Addr, Kind: k, Batch: n.Batch, Whole: n.Whole, Secret: secret,
			Past: resource.Past{Name: n.Addr.Name, Before: before, After: after, Also: n.Also, Content: h.state.Kept},
		})
	}
	u := engine.Undo(d.ID, taken, nil, func(name string) *resource.Kind { return h.kinds[name] })
	u.Force = force
	for _, r := range u.Resources {
		run.Restore(r.Kind.Links(r.Want).Provides[0], nil)
	}
	for _, n := range d.NetChanges() {
		run.Restore(n.Key, n.Steps)
	}
	l := &told{}
	o := engine.Options{Resources: u.Resources, Graph: u.Graph, Undo: u, Journal: run, Run: run.ID}
	p, err := engine.Plan(h.t.Context(), o)
	if err != nil {
		h.t.Fatal(err)
	}
	if impossible = append(u.Lost, p.Impossible()...); len(impossible) > 0 {
		return nil, nil, impossible
	}
	o.Events = l
	if _, err := engine.Apply(h.t.Context(), o, p); err != nil {
		h.t.Fatal(err)
	}
	if err := run.Finish(h.t.Context(), 0, journal.Counts{}); err != nil {
		h.t.Fatal(err)
	}
	if undid, err = h.state.Detail(run.ID); err != nil && len(l.lines) > 0 {
		h.t.Fatal(err)
	}
	return undid, l.lines, nil
}

// tree describes everything below the root.
func (h *host) tree() []string {
	h.t.Helper()
	var out []string
	err := filepath.WalkDir(h.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%s %s", strings.TrimPrefix(path, h.root), info.Mode())
		switch {
		case info.Mode().IsRegular():
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %q", text)
		case info.Mode()&fs.ModeSymlink != 0:
			to, err := os.Readlink(path)
			if err != nil {
				return err
			}
			line += " " + to
		}
		out = append(out, line)
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

func (h *host) orphans() []journal.LedgerEntry {
	return h.state.Orphans(func(string) bool { return false })
}

// Whatever a run does to the file system, its rollback leaves the tree and the
// ledger as they were before; and the rollback of that, as the run did.
func TestRollbackOfFiles(t *testing.T) {
	for _, c := range slices.Concat(filePasts(), directoryPasts()) {
		t.Run(c.summary, func(t *testing.T) {
			h := newHost(t, c.given...)
			before := h.tree()
			d := h.apply(declared{c.kind(nil).Name, "it", c.attrs})
			after, made := h.tree(), h.orphans()
			undid, _, impossible := h.rollback(d, false)
			if impossible != nil {
				t.Fatal(impossible)
			}
			if diff := cmp.Diff(before, h.tree()); diff != "" {
				t.Errorf("not as before: %s", diff)
			}
			if o := h.orphans(); len(o) > 0 {
				t.Errorf("converge has not made %v", o)
			}
			if _, _, impossible = h.rollback(undid, false); impossible != nil {
				t.Fatal(impossible)
			}
			if diff := cmp.Diff(after, h.tree()); diff != "" {
				t.Errorf("not as made: %s", diff)
			}
			if diff := cmp.Diff(made, h.orphans()); diff != "" {
				t.Errorf("ledger: %s", diff)
			}
		})
	}
}

// A thing that was made is removed after what was made on top of it, and what
// was changed since keeps both.
func TestRollbackKeepsWhatWasChangedSince(t *testing.T) {
	attrs := resourcetest.Attrs
	h := newHost(t, "f /b 0644 old")
	d := h.apply(
		declared{"directory", "d", attrs("path", "/d")}, declared{"file", "a", attrs("path", "/d/a", "content", "a")},
		declared{"file", "b", attrs("path", "/b", "content", "new")},
	)
	h.make("f /d/a 0644 edited")
	_, said, _ := h.rollback(d, false)
	slices.Sort(said)
	if diff := cmp.Diff([]string{"failed file.a", "skipped directory.d", "update file.b"}, said); diff != "" {
		t.Error(diff)
	}
	// Again: only that is left. By force it goes, and its content is kept.
	undid, said, _ := h.rollback(d, true)
	if diff := cmp.Diff([]string{"delete file.a", "delete directory.d"}, said); diff != "" {
		t.Error(diff)
	}
	if got := h.before(undid); !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, `content="edited"`) }) {
		t.Errorf("the edit is lost: %q", got)
	}
}

// Packages go back in one transaction, with all that came along.
func TestRollbackOfPackages(t *testing.T) {
	h := newHost(t)
	has := map[string]string{"asked": "1", "gone": "5", "old": "3", "lib": "7"}
	h.shop.has = maps.Clone(has)
	along := map[string]string{"lib": "8", "new": "1", "old": ""}
	h.shop.forecast, h.shop.does = map[string]map[string]string{"asked": along}, map[string]map[string]string{"asked": along}
	d := h.apply(
		declared{"package", "asked", resourcetest.Attrs("name", "asked", "version", "2")},
		declared{"package", "gone", resourcetest.Attrs("name", "gone", "ensure", "absent")},
	)
	h.shop.forecast, h.shop.does = nil, nil
	if _, _, impossible := h.rollback(d, false); impossible != nil {
		t.Fatal(impossible)
	}
	if diff := cmp.Diff(has, h.shop.has); diff != "" {
		t.Error(diff)
	}
	if o := h.orphans(); len(o) > 0 {
		t.Errorf("converge has not made %v", o)
	}
}

// What nobody has touched is not to go along: then nothing is begun.
func TestRollbackThatWouldTakeMoreIsImpossible(t *testing.T) {
	h := newHost(t)
	h.shop.has = map[string]string{}
	d := h.apply(declared{"package", "lib", resourcetest.Attrs("name", "lib", "version", "1")})
	h.shop.has["user"] = "1"
	h.shop.forecast = map[string]map[string]string{"lib": {"user": ""}}
	_, _, impossible := h.rollback(d, false)
	if len(impossible) != 1 || impossible[0].Addr.Name != "user" {
		t.Errorf("%v", impossible)
	}
	if diff := cmp.Diff(map[string]string{"lib": "1", "user": "1"}, h.shop.has); diff != "" {
		t.Error(diff)
	}
}
