package notify

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"converge/internal/resource"
)

func addr(s string) resource.Addr {
	a, err := resource.ParseAddr(s)
	if err != nil {
		panic(err)
	}
	return a
}

func rank(verb string) int { return slices.Index([]string{"reload", "restart"}, verb) }

// script drives a queue with lines such as "add service.b restart file.a r1 30"
// (target, verb, cause, run, monotonic seconds), "resolve service.b",
// "remove file.a r1", "stamp file.a r1 40".
func script(t *testing.T, q *Queue, lines string) {
	t.Helper()
	at := func(s string) resource.Instant {
		var n int
		if _, err := fmt.Sscan(s, &n); err != nil {
			t.Fatal(err)
		}
		return resource.Instant{Boot: "b", Mono: time.Duration(n) * time.Second}
	}
	for line := range strings.Lines(lines) {
		switch f := strings.Fields(line); {
		case len(f) == 0:
		case f[0] == "add":
			q.Add(Debt{Target: addr(f[1]), Verb: f[2], Cause: addr(f[3]), Run: f[4], Since: at(f[5])}, rank(f[2]))
		case f[0] == "resolve":
			q.Resolve(Owner{Target: addr(f[1])})
		case f[0] == "remove":
			q.Remove(addr(f[1]), f[2])
		case f[0] == "stamp":
			q.Stamp(addr(f[1]), f[2], at(f[3]))
		default:
			t.Fatalf("no such line: %s", line)
		}
	}
}

// dump writes entries as "service.b restart: reload file.a r1 30, …".
func dump(q *Queue) string {
	var b strings.Builder
	for _, e := range q.Entries() {
		fmt.Fprintf(&b, "%s %s:", e.Target, e.Verb)
		for i, d := range e.Debts {
			fmt.Fprintf(&b, "%s %s %s %s %.0f", strings.Repeat(",", min(i, 1)), d.Verb, d.Cause, d.Run, d.Since.Mono.Seconds())
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestQueue(t *testing.T) {
	for _, c := range []struct{ summary, script, owed string }{
		{"nothing", ``, ``},
		{
			"restart absorbs reload, whichever comes first", `
				add service.a reload file.x r1 1
				add service.a restart file.y r1 2
				add service.b restart file.y r1 2
				add service.b reload file.x r1 1`,
			"service.a restart: reload file.x r1 1, restart file.y r1 2\n" +
				"service.b restart: restart file.y r1 2, reload file.x r1 1\n",
		},
		{
			"the same debt again takes the later moment and keeps its place", `
				add service.a reload file.x r1 5
				add service.a reload file.y r1 6
				add service.a reload file.x r1 9
				add service.a reload file.y r1 2`,
			"service.a reload: reload file.x r1 9, reload file.y r1 6\n",
		},
		{
			"an unknown moment may be the last one", `
				add service.a reload file.x r1 5
				add service.a reload file.x r1 0`,
			"service.a reload: reload file.x r1 0\n",
		},
		{
			"another run's debt is another debt", `
				add service.a reload file.x r1 5
				add service.a reload file.x r2 7`,
			"service.a reload: reload file.x r1 5, reload file.x r2 7\n",
		},
		{
			"paid is settled; raised again is owed again, at the end", `
				add service.a restart file.x r1 1
				add service.b restart file.x r1 1
				resolve service.a
				add service.a reload file.x r1 3`,
			"service.b restart: restart file.x r1 1\nservice.a reload: reload file.x r1 3\n",
		},
		{
			"a cause that did not change owes nothing, in its own run only", `
				add service.a reload file.x r0 1
				add service.a restart file.x r1 2
				add service.b restart file.x r1 2
				remove file.x r1`,
			"service.a reload: reload file.x r0 1\n",
		},
		{
			"dropped, the place is that of the first debt which stands", `
				add service.a reload file.x r1 1
				add service.b reload file.y r1 1
				add service.a reload file.y r1 1
				remove file.x r1`,
			"service.b reload: reload file.y r1 1\nservice.a reload: reload file.y r1 1\n",
		},
		{
			"a date is for every debt of the cause", `
				add service.a reload file.x r1 0
				add service.b restart file.x r1 0
				add service.b restart file.y r1 0
				stamp file.x r1 8`,
			"service.a reload: reload file.x r1 8\nservice.b restart: restart file.x r1 8, restart file.y r1 0\n",
		},
		{
			"what was paid is not dated and not dropped again", `
				add service.a reload file.x r1 0
				resolve service.a
				stamp file.x r1 8
				remove file.x r1
				resolve service.a`,
			``,
		},
		{
			"a verb that is unknown ranks below all", `
				add service.a frob file.x r1 1
				add service.a twiddle file.x r1 1
				add service.b zap file.x r1 1
				add service.b reload file.x r1 1`,
			"service.a frob: frob file.x r1 1, twiddle file.x r1 1\n" +
				"service.b reload: zap file.x r1 1, reload file.x r1 1\n",
		},
	} {
		t.Run(c.summary, func(t *testing.T) {
			var q Queue
			script(t, &q, c.script)
			if d := cmp.Diff(c.owed, dump(&q)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestLater(t *testing.T) {
	wall := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	old := resource.Instant{Boot: "a", Mono: 900, Wall: wall}
	for _, c := range []struct {
		summary       string
		a, b, expects resource.Instant
	}{
		{"same boot, by the monotonic clock", resource.Instant{Boot: "a", Mono: 901, Wall: wall.Add(-time.Hour)}, old, resource.Instant{Boot: "a", Mono: 901, Wall: wall.Add(-time.Hour)}},
		{"other boot, by the wall", resource.Instant{Boot: "b", Mono: 1, Wall: wall.Add(1)}, old, resource.Instant{Boot: "b", Mono: 1, Wall: wall.Add(1)}},
		{"the same moment, the first", resource.Instant{Boot: "a", Mono: 900, Wall: wall}, old, old},
		{"unknown in that boot", resource.Instant{Boot: "a"}, old, resource.Instant{Boot: "a"}},
		{"unknown boot", resource.Instant{}, old, resource.Instant{}},
	} {
		t.Run(c.summary, func(t *testing.T) {
			if got := laterInstant(c.a, c.b); got != c.expects {
				t.Errorf("got %v, want %v", got, c.expects)
			}
			if got := laterInstant(c.b, c.a); got != c.expects {
				t.Errorf("the other way round: got %v, want %v", got, c.expects)
			}
		})
	}
}

// TestTies shows which of two moments counts that no clock tells apart.
func TestTies(t *testing.T) {
	wall := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		summary, a, b string
		first         bool
	}{
		{"the same monotonic time", "x 5 0", "x 5 1", true},
		{"later by the monotonic clock, earlier by the wall's", "x 5 9", "x 6 1", false},
		{"both unknown in one boot", "x 0 0", "x 0 1", true},
		{"the second unknown", "x 5 1", "x 0 0", false},
		{"the same wall time in two boots", "x 9 1", "y 1 1", true},
		{"later in another boot", "x 9 1", "y 1 2", false},
		{"both boots unknown", "- 1 0", "- 2 1", true},
		{"the second boot unknown", "x 1 0", "- 2 1", false},
	} {
		read := func(text string) (at resource.Instant) {
			var mono, minutes int
			if _, err := fmt.Sscan(text, &at.Boot, &mono, &minutes); err != nil {
				t.Fatal(err)
			}
			at.Boot = strings.Trim(at.Boot, "-")
			at.Mono, at.Wall = time.Duration(mono), wall.Add(time.Duration(minutes)*time.Minute)
			return at
		}
		want := read(c.b)
		if c.first {
			want = read(c.a)
		}
		if got := laterInstant(read(c.a), read(c.b)); got != want {
			t.Errorf("%s: %v, want %v", c.summary, got, want)
		}
	}
}

// TestStamp shows what a moment of the change does to that of the debt.
func TestStamp(t *testing.T) {
	for _, c := range []struct {
		summary             string
		since, stamp, after resource.Instant
	}{
		{"nothing known", resource.Instant{}, resource.Instant{Boot: "b", Mono: 3}, resource.Instant{Boot: "b", Mono: 3}},
		{"only the boot known", resource.Instant{Boot: "b"}, resource.Instant{Boot: "b", Mono: 3}, resource.Instant{Boot: "b", Mono: 3}},
		{"the boot not known", resource.Instant{Mono: 5}, resource.Instant{Boot: "b", Mono: 3}, resource.Instant{Boot: "b", Mono: 3}},
		{"known, and later", resource.Instant{Boot: "b", Mono: 5}, resource.Instant{Boot: "b", Mono: 3}, resource.Instant{Boot: "b", Mono: 5}},
		{"known, and earlier", resource.Instant{Boot: "b", Mono: 5}, resource.Instant{Boot: "b", Mono: 7}, resource.Instant{Boot: "b", Mono: 7}},
	} {
		var q Queue
		owed := Debt{Target: addr("service.a"), Verb: "reload", Cause: addr("file.x"), Run: "r", Since: c.since}
		q.Add(owed, 0)
		q.Stamp(owed.Cause, "r", c.stamp)
		q.Stamp(owed.Cause, "another", resource.Instant{Boot: "b", Mono: 9})
		if e, _ := q.Get(owed.Owner()); e.Debts[0].Since != c.after {
			t.Errorf("%s: %v, want %v", c.summary, e.Debts[0].Since, c.after)
		}
	}
}

// TestOwner shows to which owner a debt belongs, and which target and rank an entry has.
func TestOwner(t *testing.T) {
	a, b := addr("service.a"), addr("service.b")
	var q Queue
	for _, d := range []struct {
		target resource.Addr
		thing  string
		rank   int
	}{{a, "service:x", 0}, {b, "service:x", 2}, {a, "", 1}, {a, "service:x", 1}} {
		q.Add(Debt{Target: d.target, Thing: d.thing, Verb: fmt.Sprint("verb", d.rank), Cause: addr("file.c"), Run: "r"}, d.rank)
	}
	var got []string
	for _, e := range q.Entries() {
		got = append(got, fmt.Sprintf("%s %s %s %d", e.Owner, e.Target, e.Verb, len(e.Debts)))
	}
	if d := cmp.Diff([]string{"service:x service.a verb2 3", "service.a service.a verb1 1"}, got); d != "" {
		t.Error(d)
	}
	if _, ok := q.Get(Owner{Target: b}); ok || q.Len() != 2 {
		t.Errorf("an address without a debt has one, or there are %d owners", q.Len())
	}
}

func BenchmarkQueue(b *testing.B) {
	const n = 100_000
	target := resource.Addr{Kind: "service", Name: "a"}
	for b.Loop() {
		var q Queue
		for i := range n {
			q.Add(Debt{Target: target, Verb: "reload", Cause: resource.Addr{Kind: "file", Name: fmt.Sprint(i)}, Run: "r"}, 0)
		}
		for i := range n / 2 {
			q.Remove(resource.Addr{Kind: "file", Name: fmt.Sprint(i)}, "r")
		}
		if e := q.Entries(); len(e) != 1 || len(e[0].Debts) != n/2 {
			b.Fatal(len(e))
		}
		q.Resolve(Owner{Target: target})
	}
}
