package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/engine/assembly"
	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

// world is a machine made of named values. It keeps a log of every effect.
type world struct {
	mu     sync.Mutex
	vals   map[string]string
	born   map[string]time.Duration // when a thing was last started
	clock  time.Duration
	log    []string
	broken map[string]error // effects that fail, by "apply x", "act x restart", "observe x"
	drops  map[string]map[string]string
	solved []string // what solvers have agreed to
}

func newWorld(vals map[string]string) *world {
	if vals == nil {
		vals = map[string]string{}
	}
	return &world{vals: vals, born: map[string]time.Duration{}, broken: map[string]error{}, drops: map[string]map[string]string{}}
}

func (w *world) now() resource.Instant {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock++
	return resource.Instant{Boot: "b", Mono: w.clock, Wall: time.Unix(0, int64(w.clock))}
}

func (w *world) effect(what string) error {
	w.log = append(w.log, what)
	w.clock++
	return w.broken[what]
}

// provider makes things of one kind in a world.
type provider struct {
	w     *world
	needs string // what must be in the world before anything can be observed
}

func (p *provider) Observe(_ context.Context, want cty.Value) (cty.Value, error) {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	name := resource.StringAttr(want, "name")
	if err := p.w.broken["observe "+name]; err != nil {
		return cty.NilVal, err
	}
	if p.needs != "" && p.w.vals[p.needs] == "" {
		return cty.NilVal, fmt.Errorf("%s %w", p.needs, resource.ErrMissing)
	}
	v, ok := p.w.vals[name]
	if !ok {
		return resource.Absent, nil
	}
	return cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(name), "value": cty.StringVal(v)}), nil
}

func (p *provider) Apply(_ context.Context, c resource.Change) error {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	name := resource.StringAttr(c.Want, "name")
	if err := p.w.effect("apply " + name); err != nil {
		return err
	}
	if c.Action == resource.Delete {
		delete(p.w.vals, name)
		return nil
	}
	if _, running := p.w.vals[name]; !running {
		p.w.born[name] = p.w.clock
	}
	p.w.vals[name] = resource.StringAttr(c.Want, "value")
	maps.Copy(p.w.vals, p.w.drops[name])
	return nil
}

func (p *provider) Act(_ context.Context, want cty.Value, verb string) error {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	name := resource.StringAttr(want, "name")
	p.w.born[name] = p.w.clock + 1
	maps.Copy(p.w.vals, p.w.drops["act "+name])
	return p.w.effect("act " + name + " " + verb)
}

func (p *provider) Satisfied(_ context.Context, want cty.Value, _ string, since resource.Instant) (bool, error) {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	return since.Mono > 0 && p.w.born[resource.StringAttr(want, "name")] > since.Mono, nil
}

func (p *provider) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask == resource.AskAction && len(o.Owed) > 0 {
		r.Satisfied = true
		for _, since := range o.Owed {
			satisfied, _ := p.Satisfied(ctx, c.Want, o.Verb, since)
			r.Satisfied = r.Satisfied && satisfied
		}
	}
	return r
}

// batcher makes many at once.
type batcher struct{ provider }

func (p *batcher) Solve(context.Context, []resource.Change, iter.Seq[resource.Change]) (resource.Forecast, error) {
	return resource.Forecast{}, nil
}

func (p *batcher) ApplyAll(ctx context.Context, cs []resource.Change, _ resource.Forecast) resource.Outcome {
	names := make([]string, len(cs))
	for k, c := range cs {
		names[k] = resource.StringAttr(c.Want, "name")
	}
	p.w.log = append(p.w.log, "batch "+strings.Join(names, "+"))
	errs := make([]error, len(cs))
	for k, c := range cs {
		errs[k] = p.Apply(ctx, c)
		p.w.log = p.w.log[:len(p.w.log)-1]
	}
	return resource.Outcome{Errs: errs}
}

// memory is a journal that remembers.
type memory struct {
	lines []string
	owed  notify.Queue
	debts int // recorded so far
	fail  error
}

func (m *memory) Begin(_ context.Context, cs []resource.Change, owes []notify.Debt) error {
	for _, c := range cs {
		m.lines = append(m.lines, "begin "+c.Addr.Name)
	}
	m.debts += len(owes)
	for _, d := range owes {
		m.owed.Add(d, 0)
	}
	return m.fail
}

func (m *memory) Done(_ context.Context, c resource.Change, _ resource.Instant, err error) error {
	end := "done "
	if err != nil {
		end = "failed "
	} else if c.Action == resource.None {
		end = "untouched "
		m.owed.Remove(c.Addr, "now")
	}
	m.lines = append(m.lines, end+c.Addr.Name)
	return nil
}

func (m *memory) Settled(_ context.Context, s notify.Settled) error {
	for _, o := range s.Owners {
		m.owed.Resolve(o)
	}
	end := fmt.Sprintf("paid %s %s void=%v", s.Target.Name, s.Verb, s.Void)
	if s.Dropped != "" {
		end = fmt.Sprintf("dropped %s %s", s.Target.Name, s.Verb)
	}
	if s.Renamed {
		end = fmt.Sprintf("renamed %s %s", s.Target.Name, s.Verb)
	}
	m.lines = append(m.lines, end)
	return nil
}

// fakeSite builds resources from short lines: "thing a=1 after:b notifies:c.restart".
type fakeSite struct {
	t     *testing.T
	w     *world
	kinds map[string]*resource.Kind
}

func newFakeSite(t *testing.T, w *world) *fakeSite {
	attrs := []resource.Attr{
		{Name: "name", Type: cty.String}, {Name: "value", Type: cty.String}, {Name: "ensure", Type: cty.String},
	}
	kind := func(name string, p resource.Provider, opaque bool) *resource.Kind {
		return &resource.Kind{Name: name, Label: "name", Attrs: attrs, Verbs: []string{"reload", "restart"}, Provider: p, Opaque: opaque}
	}
	s := &fakeSite{t: t, w: w, kinds: map[string]*resource.Kind{}}
	s.kinds["thing"] = kind("thing", &provider{w: w}, false)
	s.kinds["many"] = kind("many", &batcher{provider{w: w}}, false)
	s.kinds["pack"] = kind("pack", &batcher{provider{w: w}}, true)
	s.kinds["unit"] = kind("unit", &provider{w: w, needs: "init"}, false)
	s.kinds["check"] = kind("check", &asker{provider{w: w}}, false)
	s.kinds["check"].Verbs = []string{"run"}
	s.kinds["check"].Probe = func(want cty.Value) string { return resource.StringAttr(want, "name") + " works" }
	s.kinds["check"].Recurs = func(want cty.Value) bool { return resource.StringAttr(want, "value") == "always" }
	return s
}

// asker asks whether something works, and has no state.
type asker struct{ provider }

func (p *asker) Observe(_ context.Context, want cty.Value) (cty.Value, error) { return want, nil }

func (s *fakeSite) parse(text string) []*resource.Resource {
	var rs []*resource.Resource
	kindOf := map[string]string{}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for _, line := range lines {
		f := strings.Fields(line)
		kindOf[strings.SplitN(f[1], "=", 2)[0]] = f[0]
	}
	addr := func(name string) resource.Addr { return resource.Addr{Kind: kindOf[name], Name: name} }
	for _, line := range lines {
		f := strings.Fields(line)
		name, value, _ := strings.Cut(f[1], "=")
		r := &resource.Resource{Addr: addr(name), Kind: s.kinds[f[0]], Want: cty.ObjectVal(map[string]cty.Value{
			"name": cty.StringVal(name), "value": cty.StringVal(value),
		})}
		for _, opt := range f[2:] {
			key, val, _ := strings.Cut(opt, ":")
			target, verb, _ := strings.Cut(val, ".")
			switch key {
			case "after":
				r.DependsOn = append(r.DependsOn, resource.Dep{On: addr(val), Reason: "depends_on"})
			case "notifies", "immediately", "before":
				when := map[string]resource.Timing{"notifies": resource.Delayed}[key]
				if when == "" {
					when = resource.Timing(key)
				}
				r.Notifies = append(r.Notifies, resource.Notify{Target: addr(target), Verb: verb, When: when})
			case "fails":
				r.OnFailure = resource.OnFailure(val)
			case "off":
				r.Off = true
			case "audit":
				r.Audit = true
			case "protect":
				r.Protect = true
			default:
				s.t.Fatalf("unknown option %q", opt)
			}
		}
		rs = append(rs, r)
	}
	return rs
}

// recorder keeps events in a short form.
type recorder struct{ lines []string }

func (r *recorder) Emit(e event.Event) {
	short := strings.TrimPrefix(e.Resource, e.Kind+".")
	var line string
	switch e.Type {
	case event.Planned, event.Applied:
		line = fmt.Sprintf("%s %s %s", e.Type, short, e.Action)
		if e.Tentative {
			line += " tentative"
		}
	case event.Owes, event.Notified, event.Held, event.Dropped:
		line = fmt.Sprintf("%s %s %s", e.Type, short, e.Verb)
		if e.Void {
			line += " void"
		}
		if e.Type == event.Held {
			line += ": " + e.Error
		}
	case event.Ending:
		line = fmt.Sprintf("%s %s %s by %s", e.Type, short, e.Verb, strings.Join(e.Causes, " "))
	case event.Checks, event.Checked:
		line = fmt.Sprintf("%s %s by %s", e.Type, short, strings.Join(e.Causes, " "))
		for _, n := range e.Notes {
			line += ", " + n
		}
	case event.Failed:
		line = fmt.Sprintf("failed %s: %s", short, e.Error)
	case event.Skipped:
		line = fmt.Sprintf("skipped %s: %s", short, strings.Join(e.Causes, " "))
	case event.RunFinished:
		line = fmt.Sprintf("finished exit=%d proved=%v", e.Exit, e.Proved)
		if e.Ends {
			line += " ends"
		}
	default:
		return
	}
	r.lines = append(r.lines, line)
}

func (r *recorder) of(types ...event.Type) []string {
	var out []string
	for _, l := range r.lines {
		if slices.ContainsFunc(types, func(t event.Type) bool { return strings.HasPrefix(l, string(t)+" ") }) {
			out = append(out, l)
		}
	}
	return out
}

func (s *fakeSite) options(rs []*resource.Resource, rec *recorder, j *memory) Options {
	a, diags, err := assembly.Assemble(s.t.Context(), rs, assembly.Names{}, nil)
	if err != nil || diags.HasErrors() {
		s.t.Fatal(err, diags)
	}
	return Options{Resources: a.Resources, Graph: a.Graph, Events: rec, Now: s.w.now, Run: "now", Journal: j}
}

// outcome of one plan and apply.
type outcome struct {
	plan, apply recorder
	journal     memory
	result      Result
}

func (s *fakeSite) run(text string, change func(*Options)) *outcome {
	s.t.Helper()
	var out outcome
	rs := s.parse(text)
	o := s.options(rs, &out.plan, &out.journal)
	if change != nil {
		change(&o)
	}
	p, err := Plan(context.Background(), o)
	if err != nil {
		s.t.Fatal(err)
	}
	o.Events = &out.apply
	if out.result, err = Apply(context.Background(), o, p); err != nil && !errors.Is(err, out.journal.fail) {
		s.t.Fatal(err)
	}
	return &out
}
