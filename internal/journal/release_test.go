package journal

import (
	"context"
	"maps"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

func TestReleasedIsNoOrphan(t *testing.T) {
	dir, ctx := t.TempDir()+"/state", context.Background()
	s, err := Open(ctx, dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	run, err := s.Start(ctx, RunInfo{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		c := resource.Change{
			Addr: resource.Addr{Kind: "file", Name: name}, Key: "path:/" + name, Action: resource.Create,
			Have: resource.Absent, Want: cty.ObjectVal(map[string]cty.Value{"path": cty.StringVal("/" + name)}),
		}
		if err := run.Begin(ctx, []resource.Change{c}, nil); err != nil {
			t.Fatal(err)
		}
		if err := run.Done(ctx, c, resource.Instant{Boot: "b", Mono: 1}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := run.Release(ctx, []string{"path:/a", "path:/unknown"}); err != nil {
		t.Fatal(err)
	}
	if err := run.Finish(ctx, 0, Counts{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(ctx, dir, Options{ReadOnly: true}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := s.Orphans(func(string) bool { return false }); len(got) != 1 || got[0].Key != "path:/b" {
		t.Errorf("orphans: %v, want path:/b alone", got)
	}
}

// A rollback restores the entries that a run released, except those that the ledger has recorded again, and those of
// things that the run itself had made.
func TestReleasedComesBack(t *testing.T) {
	ctx := context.Background()
	s, err := Open(ctx, t.TempDir()+"/state", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	made := func(run *Run, name, by string) {
		t.Helper()
		c := resource.Change{
			Addr: resource.Addr{Kind: "file", Name: by}, Key: "path:/" + name, Action: resource.Create,
			Have: resource.Absent, Want: cty.ObjectVal(map[string]cty.Value{"path": cty.StringVal("/" + name)}),
		}
		if err := run.Begin(ctx, []resource.Change{c}, nil); err != nil {
			t.Fatal(err)
		}
		if err := run.Done(ctx, c, resource.Instant{Boot: "b", Mono: 1}, nil); err != nil {
			t.Fatal(err)
		}
	}
	start := func() *Run {
		t.Helper()
		run, err := s.Start(ctx, RunInfo{})
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	end := func(run *Run, released ...string) *RunDetail {
		t.Helper()
		if err := run.Release(ctx, released); err != nil {
			t.Fatal(err)
		}
		if err := run.Finish(ctx, 0, Counts{}); err != nil {
			t.Fatal(err)
		}
		d, err := s.Detail(run.ID)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	first := start()
	made(first, "kept", "1")
	made(first, "again", "2")
	end(first)
	second := start()
	made(second, "own", "3")
	taken := end(second, "path:/kept", "path:/again", "path:/own")
	third := start()
	made(third, "again", "4")
	end(third)

	back := start()
	RestoreReleased(back, taken.Released)
	var keys []string
	for _, step := range taken.Steps {
		back.Restore(step.Key, []Step{step})
	}
	for _, e := range taken.Released {
		keys = append(keys, e.Key)
	}
	if err := RestoreEntries(ctx, back, keys); err != nil {
		t.Fatal(err)
	}
	end(back)
	got := map[string]string{}
	for _, e := range s.Orphans(func(string) bool { return false }) {
		got[e.Key] = e.Addr.Name
	}
	if want := (map[string]string{"path:/kept": "1", "path:/again": "4"}); !maps.Equal(got, want) {
		t.Errorf("the ledger has %v, want %v", got, want)
	}
}
