package notify

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"converge/internal/resource"
)

// model is a queue as one would explain it: a list of raises, from which the
// paid and the dropped are struck out.
type model struct{ debts []Debt }

func (m *model) raise(d Debt) {
	for i := range m.debts {
		o := &m.debts[i]
		if o.Owner() == d.Owner() && o.Verb == d.Verb && o.Cause == d.Cause && o.Run == d.Run {
			o.Since = laterInstant(o.Since, d.Since)
			return
		}
	}
	m.debts = append(m.debts, d)
}

func (m *model) strike(gone func(Debt) bool) { m.debts = slices.DeleteFunc(m.debts, gone) }

func (m *model) date(c resource.Addr, run string, at resource.Instant) {
	for i := range m.debts {
		if d := &m.debts[i]; d.Cause == c && d.Run == run {
			if isUnknown(d.Since) {
				d.Since = at
			} else {
				d.Since = laterInstant(d.Since, at)
			}
		}
	}
}

func (m *model) entries() []Entry {
	out := []Entry{}
	for _, d := range m.debts {
		i := slices.IndexFunc(out, func(e Entry) bool { return e.Owner == d.Owner() })
		if i < 0 {
			i = len(out)
			out = append(out, Entry{Owner: d.Owner(), Verb: d.Verb})
		}
		e := &out[i]
		e.Debts = append(e.Debts, d)
		e.Target = d.Target
		if r, s := rank(d.Verb), rank(e.Verb); r > s || r == s && d.Verb < e.Verb {
			e.Verb = d.Verb
		}
	}
	return out
}

var (
	genTarget = rapid.SampledFrom([]resource.Addr{addr("service.a"), addr("service.b"), addr("exec.c")})
	genThing  = rapid.SampledFrom([]string{"", "service:a", "service:b"})
	genCause  = rapid.SampledFrom([]resource.Addr{addr("file.x"), addr("file.y"), addr(`file.z["1"]`), addr("service.a")})
	genRun    = rapid.SampledFrom([]string{"r1", "r2"})
	genVerb   = rapid.SampledFrom([]string{"reload", "restart", "frob", "zap"})
	genDebt   = rapid.Custom(func(t *rapid.T) Debt {
		return Debt{
			Target: genTarget.Draw(t, "target"), Thing: genThing.Draw(t, "thing"), Verb: genVerb.Draw(t, "verb"),
			Cause: genCause.Draw(t, "cause"), Run: genRun.Draw(t, "run"), Since: genInstant.Draw(t, "since"),
		}
	})
	genInstant = rapid.Custom(func(t *rapid.T) resource.Instant {
		return resource.Instant{Boot: "b", Mono: time.Duration(rapid.IntRange(0, 9).Draw(t, "mono"))}
	})
)

// Whatever is done to it, a queue says what the model says.
func TestQueueIsItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q Queue
		var m model
		t.Repeat(map[string]func(*rapid.T){
			"raise": func(t *rapid.T) {
				d := genDebt.Draw(t, "debt")
				q.Add(d, rank(d.Verb))
				m.raise(d)
			},
			"pay": func(t *rapid.T) {
				o := genDebt.Draw(t, "whose").Owner()
				q.Resolve(o)
				m.strike(func(d Debt) bool { return d.Owner() == o })
			},
			"drop": func(t *rapid.T) {
				c, run := genCause.Draw(t, "cause"), genRun.Draw(t, "run")
				q.Remove(c, run)
				m.strike(func(d Debt) bool { return d.Cause == c && d.Run == run })
			},
			"date": func(t *rapid.T) {
				c, run, at := genCause.Draw(t, "cause"), genRun.Draw(t, "run"), genInstant.Draw(t, "at")
				q.Stamp(c, run, at)
				m.date(c, run, at)
			},
			"": func(t *rapid.T) {
				want := m.entries()
				if d := cmp.Diff(want, q.Entries()); d != "" {
					t.Fatal(d)
				}
				if q.Len() != len(want) {
					t.Fatalf("Len is %d, want %d", q.Len(), len(want))
				}
				for _, e := range want {
					if got, ok := q.Get(e.Owner); !ok || !cmp.Equal(e, got) {
						t.Fatalf("Get(%s) is %v, %v", e.Target, got, ok)
					}
				}
				checkLean(t, &q)
			},
		})
	})
}

// checkLean sees to it that nothing outlives what it was kept for.
func checkLean(t *rapid.T, q *Queue) {
	live, byCause := 0, 0
	for _, l := range q.owners {
		live += l.live
	}
	for _, c := range q.causes {
		byCause += c.live
	}
	if live != len(q.items) || live != byCause {
		t.Fatalf("%d debts live, %d by key, %d by cause", live, len(q.items), byCause)
	}
}

// A run that delivers what stands at its end delivers to each owner exactly
// once after the last raise, and a target that is raised while the deliveries
// go on is delivered again.
func TestExactlyOnceAfterTheLastRaise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q Queue
		var log []string
		raise := func(d Debt) {
			q.Add(d, rank(d.Verb))
			log = append(log, "raise "+d.Owner().String())
		}
		for _, d := range rapid.SliceOf(genDebt).Draw(t, "debts") {
			raise(d)
		}
		late := rapid.SliceOfN(genDebt, 0, 5).Draw(t, "late")
		for q.Len() > 0 {
			e := q.Entries()[0]
			q.Resolve(e.Owner)
			log = append(log, "deliver "+e.Owner.String())
			if len(late) > 0 {
				raise(late[0])
				late = late[1:]
			}
		}
		for _, target := range []string{"service:a", "service:b", "service.a", "service.b", "exec.c"} {
			raised, after := false, 0
			for _, l := range log {
				switch l {
				case "raise " + target:
					raised, after = true, 0
				case "deliver " + target:
					after++
				}
			}
			if raised && after != 1 {
				t.Fatalf("%s was delivered %d times after its last raise: %q", target, after, log)
			}
		}
	})
}

// What a target is told does not hang on the order in which its causes changed.
func TestVerbsDoNotDependOnTheOrderOfRaises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		debts := rapid.SliceOf(genDebt).Draw(t, "debts")
		verbs := func(debts []Debt) map[string]string {
			var q Queue
			for _, d := range debts {
				q.Add(d, rank(d.Verb))
			}
			out := map[string]string{}
			for _, e := range q.Entries() {
				out[e.Owner.String()] = fmt.Sprint(e.Verb, len(e.Debts))
			}
			return out
		}
		if d := cmp.Diff(verbs(debts), verbs(rapid.Permutation(debts).Draw(t, "permuted"))); d != "" {
			t.Fatal(d)
		}
	})
}
