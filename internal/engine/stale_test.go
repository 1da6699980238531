package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/event"
	"converge/internal/resource"
)

// TestStaleness shows what is said of a step that is not what was saved.
func TestStaleness(t *testing.T) {
	saved := SavedStep{
		Have: "h", Want: "w", Forecast: "f", Action: resource.Update, Place: "p",
		Destroys: "d", Removes: []string{"/a", "/b", "/c"}, Marks: []string{"1", "2"},
	}
	for _, c := range []struct {
		summary string
		change  func(was, now *SavedStep)
		why     string
		diff    []string
	}{
		{"nothing has changed", func(_, _ *SavedStep) {}, "", nil},
		{"the declaration", func(_, now *SavedStep) { now.Want = "x" }, "its declaration has changed", nil},
		{"the place", func(_, now *SavedStep) { now.Place = "x" }, "it stands for something else on this machine now: a link on the way, or an alias, has changed", nil},
		{"a place that was not saved", func(was, _ *SavedStep) { was.Place = "" }, "", nil},
		{"nothing is left to do at a place that was saved", func(_, now *SavedStep) {
			now.Place, now.Action, now.Removes, now.Marks = "", resource.None, []string{"/a", "/b"}, []string{"1", "2"}
		}, "it would remove other files than the plan shows", []string{"-/c"}},
		{"the thing", func(_, now *SavedStep) { now.Have = "x" }, "it has changed on this machine", nil},
		{"the thing, and nothing is left to do", func(_, now *SavedStep) { now.Have, now.Action = "x", resource.None }, "it is as declared already; was this plan applied before?", nil},
		{"nothing was to be done", func(was, now *SavedStep) {
			was.Action, now.Have, now.Action = resource.None, "x", resource.None
		}, "it has changed on this machine", nil},
		{"what it removes", func(_, now *SavedStep) { now.Removes, now.Marks = []string{"/a", "/d"}, []string{"7"} }, "it would remove other files than the plan shows", []string{"~/a", "-/b", "-/c", "+/d"}},
		{"what is in those", func(_, now *SavedStep) { now.Destroys, now.Marks = "x", []string{"1", "3", "4"} }, "what it would destroy has changed on this machine", []string{"~/b", "~/c"}},
		{"the forecast", func(_, now *SavedStep) { now.Forecast = "x" }, "it would be changed in another way", nil},
		{"the action", func(_, now *SavedStep) { now.Action = resource.Create }, "it would be changed in another way", nil},
	} {
		was, now := saved, saved
		c.change(&was, &now)
		if got := staleness(was, now); got != c.why {
			t.Errorf("%s: %q, want %q", c.summary, got, c.why)
		}
		if d := cmp.Diff(c.diff, diffPaths(was, now)); d != "" {
			t.Errorf("%s: %s", c.summary, d)
		}
	}
}

// TestSave shows what a saved plan holds, and that it is stale when any of that changes.
func TestSave(t *testing.T) {
	ctx := t.Context()
	w := newWorld(map[string]string{"a": "0", "/d": "0", "/d/x": "1", "e": "1", "z": "1"})
	s := newFakeSite(t, w)
	say := script{"forecast /d": "below=/d/", "removal /d": "below=/d/", "along p": "creates=lib"}
	s.useScript(say)
	plan := func(site string) *Planned {
		o := s.options(s.declare(site), nil, nil)
		o.Events = nil
		o.Digest = func(_ context.Context, path string) (string, error) { return w.vals[path], errorOf(say["digest"]) }
		o.Orphans = s.orphans("thing z other:b")
		p, err := Plan(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	seal := func(text string) string { return "<" + text + ">" }
	const site = "thing a=1\nthing /d=1\nthing n=1\nthing e=1\npack p=1\nthing off=1 off"
	steps, err := plan(site).Save(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := plan(site).Save(ctx, seal)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, st := range steps {
		q := sealed[i]
		if q.Have != seal(st.Have) || q.Want != seal(st.Want) || q.Forecast != seal(st.Forecast) || st.Destroys != "" && q.Destroys != seal(st.Destroys) ||
			st.Destroys == "" && q.Destroys != "" || st.Place != "" && q.Place != markOf(seal(st.Place)) || st.Place == "" && q.Place != "" {
			t.Errorf("%s is not sealed: %+v", st.Addr, q)
		}
		got = append(got, fmt.Sprintf("%s %s place %v destroys %v removes %v marks %d", st.Addr.Name, st.Action, st.Place != "", st.Destroys != "", st.Removes, len(st.Marks)))
	}
	if d := cmp.Diff([]string{
		"a update place true destroys true removes [] marks 0", "/d update place true destroys true removes [/d/x] marks 1",
		"n create place true destroys false removes [] marks 0", "e none place false destroys false removes [] marks 0",
		"p create place true destroys false removes [] marks 0", "lib create place false destroys false removes [] marks 0",
	}, got); d != "" {
		t.Error(d)
	}
	for _, c := range []struct {
		summary string
		change  func()
		want    string
	}{
		{"nothing", func() {}, ""},
		{"another file in the folder", func() { w.vals["/d/y"] = "1" }, "/d: it would remove other files than the plan shows [+/d/y]"},
		{"its content", func() { delete(w.vals, "/d/y"); w.vals["/d/x"] = "2" }, "/d: what it would destroy has changed on this machine [~/d/x]"},
		{"it cannot be observed", func() { w.vals["/d/x"] = "1"; w.broken["observe a"] = errNo }, "a: it cannot be planned any more []"},
	} {
		c.change()
		stale, err := Stale(ctx, steps, plan(site), nil)
		var got []string
		for _, st := range stale {
			got = append(got, fmt.Sprintf("%s: %s %v", st.Addr.Name, st.Why, st.Diff))
		}
		if d := cmp.Diff(c.want, strings.Join(got, "; ")); d != "" || err != nil {
			t.Errorf("%s: %v %s", c.summary, err, d)
		}
	}
	if _, err := plan(site).Save(ctx, nil); err == nil || err.Error() != "cannot save the plan: thing.a failed" {
		t.Error(err)
	}
	if _, err := plan("thing a=1 fails:continue\nthing n=1").Save(ctx, nil); err != nil {
		t.Error(err)
	}
	gone := []SavedStep{{Addr: resource.Addr{Kind: "thing", Name: "z"}}, {Addr: resource.Addr{Kind: "thing", Name: "y"}}}
	stale, err := Stale(ctx, gone, plan("thing n=1 off"), nil)
	if err != nil || len(stale) != 2 || stale[0].Why != "it is not in the plan any more (no longer declared here; stays, for it is declared by site b)" || stale[1].Why != "it is not in the plan any more" {
		t.Errorf("%v %+v", err, stale)
	}
	delete(w.broken, "observe a")
	say["digest"] = "cannot be read"
	if _, err := plan(site).Save(ctx, nil); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Error(err)
	}
	say["record a"] = "fails=no_room"
	if _, err := plan("thing a=1").Save(ctx, nil); err == nil || err.Error() != "cannot take the fingerprint of what thing.a would destroy: no room" {
		t.Error(err)
	}
	if _, err := Stale(ctx, steps, plan("thing a=1"), nil); err == nil {
		t.Error("it is not known what it would destroy, and nothing is said")
	}
}

// TestRefuseChanged shows what a rollback takes back, and what it says of what has changed
// since the run.
func TestRefuseChanged(t *testing.T) {
	for _, c := range []struct {
		summary, before, made, have string // of a thing; "": it is not there
		later                       string
		half, force                 bool
		want                        []string
	}{
		{"as the run left it", "1", "2", "2", "", false, false, []string{`planned a update (value: "2"→"1")`}},
		{"as it was before the run", "1", "2", "1", "", false, false, nil},
		{"changed", "1", "2", "3", "", false, false, []string{"failed a: it was changed (value) since run r0; it is left alone (--force takes it back all the same)"}},
		{"changed by a later run", "1", "2", "3", "r1", false, false, []string{"failed a: it was changed (value) since run r0, by run r1 or later; it is left alone (--force takes it back all the same)"}},
		{"made by half", "1", "2", "3", "", true, false, []string{"failed a: run r0 did not end this change, and it was changed (value); it is left alone (--force takes it back all the same)"}},
		{"made by half, and by a later run", "1", "2", "3", "r1", true, false, []string{"failed a: it was changed (value) since run r0, by run r1 or later; it is left alone (--force takes it back all the same)"}},
		{"made by half, as a later run found it and put it back", "1", "2", "half", "r1", true, false, []string{`planned a update (value: "half"→"1")`}},
		{"as a later run found it, though it was made to its end", "1", "2", "half", "r1", false, false, []string{"failed a: it was changed (value) since run r0, by run r1 or later; it is left alone (--force takes it back all the same)"}},
		{"changed, and to be taken back all the same", "1", "2", "3", "", false, true, []string{`planned a update (value: "3"→"1"); it was changed (value) since run r0: taken back all the same`}},
		{"removed since", "1", "2", "", "", false, false, []string{"failed a: it is not there any more since run r0; it is left alone (--force takes it back all the same)"}},
		{"removed by the run, and there again", "1", "", "3", "", false, false, []string{"failed a: there is something in its place since run r0; it is left alone (--force takes it back all the same)"}},
		{"made by the run", "", "2", "2", "", false, false, []string{`planned a delete (ensure: →"absent")`}},
		{"made by the run, and changed since", "", "2", "3", "", false, false, []string{"failed a: it was changed (value) since run r0; it is left alone (--force takes it back all the same)"}},
	} {
		t.Run(c.summary, func(t *testing.T) {
			w := newWorld(nil)
			if c.have != "" {
				w.vals["a"] = c.have
			}
			s := newFakeSite(t, w)
			s.useScript(script{})
			state := func(value string) cty.Value {
				if value == "" {
					return resource.Absent
				}
				return cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("a"), "value": cty.StringVal(value)})
			}
			u := Undo("r0", []RevertSource{{
				Addr: resource.Addr{Kind: "thing", Name: "a"}, Kind: s.kinds["thing"], Whole: !c.half, Later: c.later, Left: state("half"), Batch: 1,
				Past: resource.Past{Name: "a", Before: state(c.before), After: state(c.made)},
			}}, nil, func(name string) *resource.Kind { return s.kinds[name] })
			u.Force = c.force
			var said transcript
			p, err := Plan(t.Context(), Options{Resources: u.Resources, Graph: u.Graph, Undo: u, Events: &said, Now: w.now})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, said.lines[:len(said.lines)-1], cmp.Transformer("", func(s []string) string { return strings.Join(s, "\n") })); d != "" {
				t.Error(d)
			}
			if lost := p.Impossible(); len(lost) > 0 {
				t.Errorf("impossible: %v", lost)
			}
		})
	}
}

// TestUndoStages shows the rollback of a run of several batches: the last batch first, a
// thing under an address that is taken by another name, and what cannot be taken back.
func TestUndoStages(t *testing.T) {
	w := newWorld(map[string]string{"a": "2", "b": "2", "c": "2", "d": "2", "s": "up"})
	s := newFakeSite(t, w)
	s.useScript(script{"refuse d": "certain no such version", "along c": "removes=x", "along b": "creates=y"})
	var taken []RevertSource
	for batch, names := range []string{"many a many c", "many b", "cmd e many d"} {
		f := strings.Fields(names)
		for i := 0; i < len(f); i += 2 {
			value := func(v string) cty.Value {
				return cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(f[i+1]), "value": cty.StringVal(v)})
			}
			taken = append(taken, RevertSource{
				Addr: resource.Addr{Kind: f[i], Name: "same"}, Kind: s.kinds[f[i]], Whole: true, Batch: batch,
				Past:     resource.Past{Name: f[i+1], Before: value("1"), After: value("2")},
				Notifies: []resource.Notify{{Target: resource.Addr{Kind: "thing", Name: "s"}, Verb: "restart"}, {Target: resource.Addr{Kind: "thing", Name: "gone"}, Verb: "restart"}},
			})
		}
	}
	s.kinds["file"].Revert = func(p resource.Past) ([]resource.RevertTarget, error) {
		want := resource.AttrsOf(p.Before)
		return []resource.RevertTarget{{Kind: "thing", Want: want}, {Kind: "file", Name: "other", Want: want}, {Want: want}}, nil
	}
	taken = append(taken, RevertSource{Addr: resource.Addr{Kind: "file", Name: "same"}, Kind: s.kinds["file"], Whole: true, Batch: 9, Past: resource.Past{
		Name: "f", Before: cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("f"), "value": cty.StringVal("1")}),
	}})
	w.vals["f"] = "1"
	u := Undo("r0", taken, s.declare("thing s=up"), func(name string) *resource.Kind { return s.kinds[name] })
	var said transcript
	o := Options{Resources: u.Resources, Graph: u.Graph, Undo: u, Events: &said, Now: w.now, Journal: &memory{}, Run: "now"}
	p, err := Plan(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{fmt.Sprint(u.Lost, u.UnknownTargets)}
	for _, r := range u.Resources {
		got = append(got, fmt.Sprint(r.Addr))
	}
	for _, lost := range p.Impossible() {
		got = append(got, fmt.Sprint(lost))
	}
	if _, err := Apply(t.Context(), o, p); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{
		"[{cmd.same what a command did is not known, so it cannot be taken back}] [thing.gone]",
		"thing.same", "file.other", "file.same", "many.same", `many["same#2"]`, `many["same#3"]`, `many["same#4"]`, "thing.s",
		"{many.same certain no such version}",
		"{pack.x it would be deleted along with the packages, and the run did not touch it}",
	}, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"batch b, allowed 4+2", "batch c+a, allowed 4+2", "act s restart"}, w.log); d != "" {
		t.Error(d)
	}
}

// TestTookEffectAt shows which moment a change has: the provider's, unless that is not known or
// in the future.
func TestTookEffectAt(t *testing.T) {
	now := resource.Instant{Boot: "b", Mono: 100 * time.Second, Wall: time.Unix(1000, 0)}
	out := &reporter{Now: func() resource.Instant { return now }}
	far := &progress{reporter: out}
	r := &applier{deliverer: &deliverer{endings: &endings{debtBook: &debtBook{progress: far}}}, planGuard: &planGuard{progress: far}}
	for _, c := range []struct {
		at   time.Time
		want resource.Instant
	}{
		{time.Time{}, now},
		{time.Unix(1001, 0), now},
		{time.Unix(1000, 0), now},
		{time.Unix(990, 0), resource.Instant{Boot: "b", Mono: 90 * time.Second, Wall: time.Unix(990, 0)}},
	} {
		if got := r.tookEffectAt(&task{at: c.at}); got != c.want {
			t.Errorf("%v: %v, want %v", c.at, got, c.want)
		}
	}
}

// TestSourcesAreReadAgain shows that a resource has the content that its source has at its turn,
// unless a plan was saved.
func TestSourcesAreReadAgain(t *testing.T) {
	for _, c := range []struct {
		summary       string
		saved         bool
		becomes       string // the source, during the run; "": it is removed
		before, after bool   // the command stands before or after what has the content
		want          string
		exit          int
	}{
		{"it is not rewritten", false, "old", true, false, "old", 0},
		{"a command before it rewrites it", false, "new", true, false, "new", 0},
		{"a command after it rewrites it", false, "new", false, true, "new", 0},
		{"a command removes it", false, "", true, false, "", 3},
		{"a command removes it after its turn", false, "", false, true, "old", 3},
		{"rewritten, and the plan was saved", true, "new", true, false, "", 3},
		{"not rewritten, and the plan was saved", true, "old", true, false, "old", 0},
	} {
		t.Run(c.summary, func(t *testing.T) {
			source := filepath.Join(t.TempDir(), "source")
			if err := os.WriteFile(source, []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			blob, err := resource.FileBlob(source, nil)
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(nil)
			s := newFakeSite(t, w)
			s.useScript(script{})
			holder := &holder{provider: provider{w: w}}
			s.kinds["file"] = &resource.Kind{Name: "file", Label: "name", Attrs: []resource.Attr{{Name: "name", Type: cty.String}, {Name: "content", Type: resource.BlobType}}, ContentAttr: "content", Provider: holder}
			s.kinds["cmd"].Provider = &rewriter{scripted{provider{w: w}, script{}, nil, nil}, source, c.becomes}
			site := "cmd c=1\nfile f=1"
			if c.after {
				site = "file f=1\ncmd c=1"
			}
			rs := s.parse(site)
			for _, r := range rs {
				if r.Addr.Kind == "file" {
					r.Want = cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("f"), "content": resource.BlobVal(blob)})
				}
			}
			o := s.options(rs, nil, &memory{})
			o.Events = event.Discard{}
			p, err := Plan(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if c.saved {
				if o.Expect, err = p.Fingerprints(); err != nil {
					t.Fatal(err)
				}
			}
			res, err := Apply(t.Context(), o, p)
			if err != nil || res.Exit != c.exit || w.vals["f"] != c.want {
				t.Errorf("exit %d, %v, content %q", res.Exit, err, w.vals["f"])
			}
		})
	}
}

// holder is a provider of things with a content.
type holder struct{ provider }

func (p *holder) Observe(context.Context, cty.Value) (cty.Value, error) {
	text, ok := p.w.vals["f"]
	if !ok {
		return resource.Absent, nil
	}
	return cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("f"), "content": resource.BlobVal(resource.BytesBlob([]byte(text)))}), nil
}

func (p *holder) Apply(_ context.Context, c resource.Change) error {
	text, known := resource.AsBlob(resource.GetAttr(c.Want, "content")).Bytes()
	if !known {
		return errNo
	}
	p.w.vals["f"] = string(text)
	return nil
}

// rewriter is a provider of commands that rewrite a file, or remove it.
type rewriter struct {
	scripted
	path, becomes string
}

func (p *rewriter) Apply(ctx context.Context, c resource.Change) error {
	err := os.Remove(p.path)
	if p.becomes != "" {
		err = errors.Join(err, os.WriteFile(p.path, []byte(p.becomes), 0o600))
	}
	return errors.Join(err, p.provider.Apply(ctx, c))
}
