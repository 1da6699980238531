package journal

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/notify"
	"converge/internal/resource"
)

// Forgotten things leave the ledger with their debts, whatever the end of the run; a recall restores both, except what
// was recorded again since.
func TestThingsAreForgottenAndRecalled(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := open(t, dir)
	r := begunBy(t, s, "r1", "a")
	c := entry(resource.Create, "x", "1")
	owed := debt("file.x", "restart", c.Addr.String(), "r1")
	owed.Thing = "path:/etc/x"
	must(t, r.Begin(ctx, oneChange(c), []notify.Debt{owed}))
	must(t, r.Done(ctx, c, at(1), nil))
	y := entry(resource.Create, "y", "1")
	y.Key = "path:/etc/y"
	make1(t, r, y)
	script(t, r, "finish")
	before := heldBy(s, "a")

	r = begunBy(t, s, "r2", "a")
	got, err := ForgetThings(ctx, r, []string{"path:/etc/x", "path:/etc/none", "path:/etc/x"})
	if d := cmp.Diff([]string{"path:/etc/x"}, got); d != "" || err != nil {
		t.Fatal(d, err)
	}
	must(t, s.Close()) // killed
	s = open(t, dir)
	if heldBy(s, "a") != "path:/etc/y by a" || len(s.Owed()) != 0 {
		t.Errorf("after the kill: %s, owed %v", heldBy(s, "a"), s.Owed())
	}
	d, err := s.Detail("r2")
	must(t, err)
	if !d.Changed() || len(d.Forgot) != 1 {
		t.Errorf("the run tells %v", d.Forgot)
	}

	r = begunBy(t, s, "r3", "")
	must(t, d.Recall(ctx, r))
	script(t, r, "finish")
	must(t, s.Close())
	s = open(t, dir)
	if got := heldBy(s, "a"); got != before {
		t.Errorf("recalled: %s, want %s", got, before)
	}
	if got := s.Owed(); len(got) != 1 || got[0].Thing != owed.Thing {
		t.Errorf("owed: %v", got)
	}
}
