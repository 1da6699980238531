package journal

import (
	"context"
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
