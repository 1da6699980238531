package engine

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	gocmp "github.com/google/go-cmp/cmp"

	"converge/internal/engine/assembly"
	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

var update = flag.Bool("update", false, "write what runs do to testdata/runs")

// TestRuns shows runs whole: a site, the machine, what its providers answer and what earlier
// runs left; then all that the plan and the run say, and every effect. Each file of
// testdata/runs is a case, in parts that begin with "# ":
//
//	site      resources (see fakeSite.declare)
//	machine   NAME=VALUE of things that are there, then=… NAME=VALUE of what changes after the plan
//	script    QUESTION NAME: ANSWER (see scripted), "break EFFECT: ERROR", "drop EFFECT: NAME=VALUE …"
//	owed      debts of an earlier run, known targets as "TARGET: kind name=value" in the script
//	orphans   what nothing declares any more (see fakeSite.orphans)
//	options   prune, target, unchanged, confirm …
//	plan, run what they say and do
func TestRuns(t *testing.T) {
	files, err := filepath.Glob("testdata/runs/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := range archive.Files {
			f := &archive.Files[i]
			t.Run(f.Name, func(t *testing.T) {
				given, _, _ := strings.Cut(string(f.Data), "# plan\n")
				got := given + runCase(t, parts(given))
				if d := gocmp.Diff(string(f.Data), got); d != "" && !*update {
					t.Errorf("(-want +got):\n%s", d)
				}
				f.Data = []byte(got)
			})
		}
		if *update {
			if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// parts cuts a case at its headings.
func parts(text string) map[string]string {
	out := map[string]string{}
	for _, part := range strings.Split("\n"+text, "\n# ")[1:] {
		name, body, _ := strings.Cut(part, "\n")
		out[name] = body
	}
	return out
}

func runCase(t *testing.T, given map[string]string) string {
	now, then, _ := strings.Cut(given["machine"], "then ")
	w := newWorld(values(now))
	say := script(lines(given["script"]))
	for key, val := range say {
		if effect, ok := strings.CutPrefix(key, "break "); ok {
			w.broken[effect] = errorOf(val)
		}
		if effect, ok := strings.CutPrefix(key, "drop "); ok {
			w.drops[effect] = values(val)
		}
	}
	s := newFakeSite(t, w)
	one, packs := s.useScript(say)
	var rs []*resource.Resource
	if given["site"] != "" {
		rs = s.declare(given["site"])
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var plan, run transcript
	j := &memory{}
	o := s.options(rs, nil, j)
	o.Events, o.Orphans, o.Owed = &plan, s.orphans(given["orphans"]), debts(given["owed"])
	names := func(context.Context, []string) (map[string]string, error) { return nil, nil }
	o.Identity, _ = assembly.Identify(t.Context(), nil, assembly.Names{Identify: names}, nil)
	o.Known = func(d notify.Debt) *resource.Resource {
		text := cmp.Or(say[d.Target.String()])
		if text == "" {
			return nil
		}
		res := s.declare(text)[0]
		res.Addr = d.Target
		if _, secret := say["secret "+d.Target.String()]; secret {
			res.Secret = map[string]bool{"value": true}
		}
		return res
	}
	o.Machine = Machine{
		Shippers: []Shipper{packs}, Finishers: []Finisher{one}, Followers: []resource.Invalidator{one},
		Retirers: []Retirer{{s.kinds["svc"], one.Retiring}},
	}
	o.Lacks = func(_ context.Context, key string) bool { _, lacks := say["lacks "+key]; return lacks }
	for word := range strings.FieldsSeq(given["options"]) {
		switch key, val, _ := strings.Cut(word, "="); key {
		case "prune":
			o.Prune = true
		case "unchanged":
			o.Unchanged = true
		case "target":
			o.Targets = map[int]bool{}
			for i, r := range rs {
				o.Targets[i] = slices.Contains(list(val), r.Addr.Name)
			}
		case "inputs":
			o.Inputs = func(context.Context) (Inputs, error) { return Inputs{Files: list(val)}, errorOf(say["inputs"]) }
		case "digest":
			o.Digest = func(_ context.Context, path string) (string, error) {
				return w.vals[path], errorOf(say["digest "+path])
			}
		case "written":
			o.Written = func(string) *resource.Blob { return resource.BytesBlob([]byte(val)) }
		case "scrub":
			o.Scrub = strings.NewReplacer(val, "(sensitive)").Replace
		case "claim":
			o.Claim = func(notify.Debt) Claim { return map[string]Claim{"others": Others, "shared": Shared}[val] }
		case "protected":
			o.Protected = map[string]string{}
			for _, key := range list(val) {
				o.Protected[key] = "another site"
			}
		case "renew":
			o.Renew = func(context.Context) error { return errorOf(say["renew"]) }
		case "derives":
			o.Machine.Derives = func(cs []resource.Change) []bool {
				out := make([]bool, len(cs))
				for k, c := range cs {
					out[k] = c.Addr.Name == val
				}
				return out
			}
		case "journal": // fails from that line on
			failing := &failingJournal{memory: j, at: strings.ReplaceAll(val, "_", " "), why: errors.New("the disk is full")}
			if say["interrupt"] == "journal" {
				failing.why, failing.cancel = context.Canceled, cancel
			}
			o.Journal = failing
		}
	}
	p, err := Plan(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(given["options"], "saved") {
		if o.Expect, err = p.Fingerprints(); err != nil {
			t.Fatal(err)
		}
		steps, err := p.Save(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		o.Saved = map[resource.Addr]SavedStep{}
		for _, s := range steps {
			o.Saved[s.Addr] = s
		}
	}
	for name, val := range values(then) {
		if w.vals[name] = val; val == "" {
			delete(w.vals, name)
		}
	}
	o.Events = sinkFunc(func(e event.Event) {
		run.Emit(e)
		if stop := say["interrupt"]; stop != "" && strings.HasPrefix(run.lines[max(0, len(run.lines)-1)], stop) {
			cancel()
		}
	})
	if len(run.lines) == 0 {
		run.lines = []string{""}
	}
	res, err := Apply(ctx, o, p)
	out := "# plan\n" + strings.Join(plan.lines, "\n") + "\n# run" + strings.Join(run.lines, "\n")
	out += "\n# effects\n" + strings.Join(w.log, "\n") + "\n# journal\n" + strings.Join(j.lines, "\n") + "\n"
	for name, keys := range map[string][]string{"released": res.Released} {
		slices.Sort(keys)
		if len(keys) > 0 {
			out += name + " " + strings.Join(keys, " ") + "\n"
		}
	}
	if len(res.LetGo) > 0 {
		out += "let go " + strings.Join(res.LetGo, " ") + "\n"
	}
	if err != nil {
		out += "error " + err.Error() + "\n"
	}
	return out
}

// failingJournal is a journal that fails at a line, and from then on.
type failingJournal struct {
	*memory
	at     string
	why    error
	cancel func() // the run is interrupted then; nil: it is not
}

func (j *failingJournal) check() error {
	if !slices.Contains(j.lines, j.at) {
		return nil
	}
	if j.cancel != nil {
		j.cancel()
	}
	return j.why
}

func (j *failingJournal) Begin(ctx context.Context, cs []resource.Change, owes []notify.Debt) error {
	return errors.Join(j.memory.Begin(ctx, cs, owes), j.check())
}

func (j *failingJournal) Done(ctx context.Context, c resource.Change, at resource.Instant, err error) error {
	return errors.Join(j.memory.Done(ctx, c, at, err), j.check())
}

func (j *failingJournal) Settled(ctx context.Context, s notify.Settled) error {
	return errors.Join(j.memory.Settled(ctx, s), j.check())
}
