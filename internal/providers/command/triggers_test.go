package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

func triggeredBy(command string, values ...string) cty.Value {
	m := map[string]cty.Value{}
	for i := 0; i < len(values); i += 2 {
		m[values[i]] = cty.StringVal(values[i+1])
	}
	return wanted(command, "triggers", cty.MapVal(m))
}

func (w *world) needs(t *testing.T, want cty.Value) bool {
	t.Helper()
	have, err := w.Observe(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	return resource.StringAttr(have, "command") == ""
}

// TestTriggers shows for which values a command is needed, by what is recorded, and why.
func TestTriggers(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	for _, c := range []struct {
		name  string
		want  cty.Value
		needs bool
		why   string
		runs  bool // and is applied
		fails bool
	}{
		{name: "first", want: triggeredBy("true", "pw", "a", "v", "1"), needs: true, why: "it has not run with these triggers yet: pw, v"},
		{name: "fails", want: triggeredBy("false", "pw", "a", "v", "1"), needs: true, why: "it has not run with these triggers yet: pw, v", runs: true, fails: true},
		{name: "still first", want: triggeredBy("true", "pw", "a", "v", "1"), needs: true, why: "it has not run with these triggers yet: pw, v", runs: true},
		{name: "the same", want: triggeredBy("true", "pw", "a", "v", "1")},
		{name: "another command", want: triggeredBy("echo", "pw", "a", "v", "1")},
		{name: "one changed", want: triggeredBy("true", "pw", "b", "v", "1"), needs: true, why: "the trigger pw has changed"},
		{name: "one gone, one new", want: triggeredBy("true", "pw", "a", "w", "1"), needs: true, why: "the triggers v, w have changed", runs: true},
		{name: "as before the last", want: triggeredBy("true", "pw", "a", "v", "1"), needs: true, why: "the triggers v, w have changed"},
		{name: "and now", want: triggeredBy("true", "pw", "a", "w", "1")},
	} {
		w := newWorld(t, state) // each is a run of its own
		if got := w.needs(t, c.want); got != c.needs {
			t.Errorf("%s: needed %t, want %t", c.name, got, c.needs)
		}
		if got := w.triggers.describe(typed(c.want)); got != c.why {
			t.Errorf("%s: because %q, want %q", c.name, got, c.why)
		}
		if !c.runs {
			continue
		}
		if err := w.Apply(t.Context(), resource.Change{Want: c.want}); (err != nil) != c.fails {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := w.needs(t, c.want); got != c.fails {
			t.Errorf("%s: needed after it %t", c.name, got)
		}
	}
}

// TestTriggersOfAKilledRun: a command that succeeded after its run was killed is not
// started again, and its triggers count from then on.
func TestTriggersOfAKilledRun(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	made := filepath.Join(state, "made")
	want := triggeredBy("echo x >>"+made, "pw", "a")
	w := newWorld(t, state)
	f, err := w.records.note(typed(want))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("{\"pid\":7,\"ended\":true}\n"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	w = newWorld(t, state)
	if !w.needs(t, want) {
		t.Error("a plan cannot know yet")
	}
	if err := w.Apply(t.Context(), resource.Change{Want: want}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(made); err == nil {
		t.Error("it ran again")
	}
	if w = newWorld(t, state); w.needs(t, want) {
		t.Error("the next run wants it again")
	}
}

// TestTriggersAreNotTorn: a damaged file is an error that names it, and no reason to run.
func TestTriggersAreNotTorn(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	if err := os.WriteFile(filepath.Join(state, triggered), []byte(`{"x": {`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := newWorld(t, state).Observe(t.Context(), triggeredBy("true", "pw", "a"))
	if err == nil || !strings.Contains(err.Error(), triggered) {
		t.Errorf("got %v", err)
	}
	if newWorld(t, state).needs(t, wanted("true")) {
		t.Error("a command without triggers asks for the file")
	}
}
