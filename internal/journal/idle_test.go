package journal

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/resource"
)

// A site that only compares a thing, or has switched it off, holds it only if it made it before. Each step is a run of
// a site; want is the ledger after it, as in TestFoundThings.
func TestIdleSitesHoldWhatTheyMade(t *testing.T) {
	enforced := Holding{Key: "path:/etc/x", Addr: addr("file.x"), Stays: true}
	audited := Holding{Key: "path:/etc/x", Addr: addr("file.x"), Idle: true, Links: Links{}.Idle()}
	off := Holding{Key: "path:/etc/x", Addr: addr("file.x"), Idle: true, Stays: true, Links: Links{}.Idle()}
	old := Holding{Key: "path:/etc/x", Addr: addr("file.x"), Stays: true} // the entry of an audited thing by earlier builds
	protected := Holding{Key: "path:/etc/x", Addr: addr("file.x"), Idle: true, Links: Links{}.Idle().Protected("file.x")}
	for _, c := range []struct {
		name  string
		steps []idleStep
	}{
		{"never made, audited", []idleStep{{"a", "1", &enforced, "a m"}, {"b", "", &audited, "a m"}, {"b", "", nil, "a m"}}},
		{"never made, switched off", []idleStep{{"a", "1", &enforced, "a m"}, {"b", "", &off, "a m"}}},
		{"made, then audited", []idleStep{{"b", "1", &enforced, "b m"}, {"b", "", &audited, "b m"}, {"a", "2", &enforced, "a+b m"}, {"b", "", &audited, "a+b m"}}},
		{"made by both, then switched off", []idleStep{{"a", "1", &enforced, "a m"}, {"b", "2", &enforced, "a+b m"}, {"b", "", &off, "a+b m"}, {"b", "", &off, "a+b m"}}},
		{"declared only, switched off, then made by another", []idleStep{{"b", "", &off, "b"}, {"b", "", &off, "b"}, {"a", "1", &enforced, "a m"}, {"b", "", &off, "a m"}}},
		{"declared only, then audited", []idleStep{{"b", "", &enforced, "b"}, {"b", "", &audited, ""}}},
		{"entered by an earlier build", []idleStep{{"a", "1", &enforced, "a m"}, {"b", "", &old, "a+b m"}, {"b", "", &audited, "a m"}}},
		{"protected while it is audited", []idleStep{{"b", "", &protected, "b"}, {"a", "1", &enforced, "a+b m"}, {"b", "", &protected, "a+b m"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for i, step := range c.steps {
				if got := step.run(t, dir, "r"+string(rune('1'+i))); got != step.want {
					t.Errorf("step %d (-want +got):\n%s", i+1, cmp.Diff(step.want, got))
				}
			}
		})
	}
}

// If an earlier build entered an idle site, its hold ends after the maker's.
func TestNobodyHoldsWhatIdleSitesNeverMade(t *testing.T) {
	enforced := Holding{Key: "path:/etc/x", Addr: addr("file.x"), Stays: true}
	audited := Holding{Key: "path:/etc/x", Addr: addr("file.x"), Idle: true, Links: Links{}.Idle()}
	dir := t.TempDir()
	for i, step := range []idleStep{{"a", "1", &enforced, "a m"}, {"b", "", &enforced, "a+b m"}} {
		step.run(t, dir, "r"+string(rune('1'+i)))
	}
	s := open(t, dir)
	run := begunBy(t, s, "r3", "a")
	must(t, run.LetGo(context.Background(), []string{"path:/etc/x"}))
	script(t, run, "finish")
	must(t, s.Close())
	if got := (idleStep{"b", "", &audited, ""}).run(t, dir, "r4"); got != "" {
		t.Errorf("it is %s", got)
	}
}

// idleStep is one run of a site.
type idleStep struct {
	site  string
	makes string // the content that the run writes to the file
	holds *Holding
	want  string
}

// run makes the step's run, and describes the ledger after it.
func (step idleStep) run(t *testing.T, dir, id string) string {
	t.Helper()
	ctx := context.Background()
	s := open(t, dir)
	run, err := s.Start(ctx, RunInfo{ID: id, Site: step.site})
	must(t, err)
	run.SiteID = Site{Name: step.site}
	if step.makes != "" {
		action := resource.Create
		if len(s.LedgerOf(Site{}).ListThings(func(e LedgerEntry) bool { return !e.OnlyDeclared })) > 0 {
			action = resource.Update
		}
		make1(t, run, entry(action, "x", step.makes))
	}
	var holds []Holding
	if step.holds != nil {
		holds = []Holding{*step.holds}
	}
	must(t, run.Hold(ctx, holds))
	script(t, run, "finish")
	must(t, s.Close())
	s = open(t, dir)
	defer s.Close()
	out := listEntries(s)
	if len(out) > len("path:/etc/x ") {
		out = out[len("path:/etc/x "):]
	}
	return out
}
