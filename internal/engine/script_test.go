package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"syscall"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

// script tells the providers of a world what to answer, by lines "QUESTION NAME: ANSWER"
// (see TestRuns).
type script map[string]string

// answer returns the words of an answer by their keys: "note=x y=z" is {note: x, y: z}.
func (s script) answer(question, name string) map[string]string {
	out := map[string]string{}
	for word := range strings.FieldsSeq(s[question+" "+name]) {
		key, val, _ := strings.Cut(word, "=")
		out[key] = strings.ReplaceAll(val, "_", " ")
	}
	return out
}

func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// errorOf makes an error of a text; what it begins with tells what it wraps.
func errorOf(text string) error {
	if text == "" {
		return nil
	}
	first, _, _ := strings.Cut(text, " ")
	err := map[string]error{
		"missing": resource.ErrMissing, "queued": resource.ErrQueued, "left": resource.ErrLeft, "canceled": context.Canceled,
		"full": syscall.ENOTEMPTY, "short-lived": resource.ErrShortLived,
	}[first]
	switch {
	case first == "unfinished":
		return resource.Unfinished(errors.New(text))
	case first == "certain":
		return resource.Certain(errors.New(text))
	case err != nil:
		return fmt.Errorf("%s: %w", text, err)
	}
	return errors.New(text)
}

// scripted is a provider of things that does what its script says.
type scripted struct {
	provider
	say   script
	links map[string]resource.Links
	born  map[string]bool // things that an action started and that do not last
}

func (p *scripted) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	name := resource.StringAttr(want, "name")
	if p.born[name] {
		return cty.NilVal, errorOf("short-lived " + name)
	}
	if needs := p.say["needs "+name]; needs != "" && p.w.vals[needs] == "" {
		return cty.NilVal, errorOf("missing " + needs)
	}
	have, err := p.provider.Observe(ctx, want)
	if err == nil && !have.IsNull() && resource.HasAttr(want, "enable") {
		have = resource.With(have, "enable", cty.BoolVal(resource.StringAttr(have, "value") != "off"))
	}
	return have, err
}

func (p *scripted) Review(ctx context.Context, c resource.Change, o resource.Outlook) resource.Review {
	question := [...]string{"forecast", "removal", "check", "difference", "content", "follower", "action", "target", "needless", "remains"}[o.Ask]
	say := p.say.answer(question, resource.StringAttr(c.Want, "name"))
	r := p.provider.Review(ctx, c, o)
	r.Blocked, r.Owner, r.Difference, r.Defunct = errorOf(say["blocked"]), say["owner"], say["difference"], say["defunct"]
	r.Removes, r.Holds = list(say["removes"]), list(say["holds"])
	for _, name := range slices.Sorted(maps.Keys(p.w.vals)) {
		if below := say["below"]; below != "" && strings.HasPrefix(name, below) {
			r.Removes = append(r.Removes, name)
		}
	}
	if note, ok := say["note"]; ok {
		r.Notes = []string{strings.NewReplacer("ACTION", string(c.Action), "PENDING", fmt.Sprint(o.Pending)).Replace(note)}
	}
	if expected, ok := say["expected"]; ok && o.Expected != nil {
		r.Notes = append(r.Notes, fmt.Sprintf("%s%d changes, made %q", expected, len(o.Expected.Changes), o.Expected.Made))
	}
	_, r.Missing = say["missing"]
	_, r.Unmade = say["unmade"]
	if _, owed := say["owed"]; owed {
		r.Satisfied = len(o.Owed) > 0
	}
	if _, satisfied := say["satisfied"]; satisfied {
		r.Satisfied = true
	}
	return r
}

// Apply of a thing that fails by half leaves what it drops all the same.
func (p *scripted) Apply(ctx context.Context, c resource.Change) error {
	err := p.provider.Apply(ctx, c)
	name := resource.StringAttr(c.Want, "name")
	if _, half := p.say["half "+name]; half && err != nil {
		maps.Copy(p.w.vals, p.w.drops[name])
	}
	return err
}

func (p *scripted) Act(ctx context.Context, want cty.Value, verb string) error {
	name := resource.StringAttr(want, "name")
	if _, dies := p.say["dies "+name]; dies {
		p.born[name] = true
	}
	return p.provider.Act(ctx, want, verb)
}

func (p *scripted) Satisfied(ctx context.Context, want cty.Value, verb string, since resource.Instant) (bool, error) {
	if say, ok := p.say["satisfied "+resource.StringAttr(want, "name")]; ok {
		return true, errorOf(strings.TrimPrefix(say, "yes"))
	}
	return p.provider.Satisfied(ctx, want, verb, since)
}

func (p *scripted) Record(_ context.Context, c resource.Change) (resource.Change, []resource.Change, error) {
	say := p.say.answer("record", resource.StringAttr(c.Want, "name"))
	var also []resource.Change
	for _, key := range list(say["also"]) {
		also = append(also, resource.Change{Key: key, Addr: resource.Addr{Kind: "also", Name: key}, Action: resource.Create})
	}
	return c, also, errorOf(say["fails"])
}

// Await and Finish make it a Finisher, Invalidate a follower.
func (p *scripted) Await(context.Context) error {
	verdicts := resource.Verdicts{}
	for name := range p.born {
		verdicts["thing:"+name] = errorOf("short-lived " + name)
	}
	return errors.Join(verdicts.OrNil(), errorOf(p.say["await"]))
}

func (p *scripted) Invalidate(_ []resource.Change) {}

func (p *scripted) Finish(context.Context) (queued []resource.Queued, err error) {
	for _, key := range list(p.say["queued"]) {
		queued = append(queued, resource.Queued{Key: key, Verb: "restart", For: "boot"})
	}
	return queued, errorOf(p.say["finish"])
}

func (p *scripted) Retiring(_ context.Context, e resource.Ending) ([]cty.Value, error) {
	if err := errorOf(p.say["retiring"]); err != nil {
		return nil, err
	}
	var out []cty.Value
	for _, key := range e.Keys {
		if name, ok := strings.CutPrefix(key, "unit:"); ok {
			out = append(out, cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(name), "value": cty.StringVal("off"), "enable": cty.False}))
		}
	}
	return out, nil
}

// scriptedMany makes many at once, and ships what its script says.
type scriptedMany struct{ scripted }

func (p *scriptedMany) Solve(_ context.Context, cs []resource.Change, others iter.Seq[resource.Change]) (resource.Forecast, error) {
	if _, ok := p.say["beside"]; ok {
		line := "solve"
		for _, c := range cs {
			line += " " + c.Addr.Name
		}
		line += " beside"
		for c := range others {
			line += " " + c.Addr.Name
		}
		p.w.log = append(p.w.log, line)
	}
	if _, ok := p.say["as asked"]; ok {
		return resource.Forecast{}, nil
	}
	f, bad := resource.Forecast{Changes: slices.Clone(cs)}, resource.Unsolvable{}
	for k, c := range cs {
		name := resource.StringAttr(c.Want, "name")
		if err := errorOf(p.say["refuse "+name]); err != nil {
			bad[c.Addr] = err
		}
		if version, ok := p.say["exact "+name]; ok {
			f.Changes[k].Attrs = slices.Clone(c.Attrs)
			for a := range f.Changes[k].Attrs {
				if f.Changes[k].Attrs[a].Name == "value" {
					f.Changes[k].Attrs[a].Want = cty.StringVal(version)
				}
			}
		}
		along := p.say.answer("along", name)
		for _, key := range slices.Sorted(maps.Keys(along)) {
			action := resource.Delete
			if key == "creates" {
				action = resource.Create
			}
			f.Also = append(f.Also, resource.Change{Addr: resource.Addr{Kind: "pack", Name: along[key]}, Key: "pack:" + along[key], Action: action, Undeclared: true, Have: resource.Absent, Want: resource.Absent})
		}
	}
	if all := errorOf(p.say["refuse all"]); all != nil {
		return f, all
	}
	if len(bad) > 0 {
		return f, bad
	}
	return f, nil
}

func (p *scriptedMany) ApplyAll(ctx context.Context, cs []resource.Change, f resource.Forecast) resource.Outcome {
	names := make([]string, len(cs))
	for k, c := range cs {
		names[k] = resource.StringAttr(c.Want, "name")
	}
	p.w.log = append(p.w.log, fmt.Sprintf("batch %s, allowed %d+%d", strings.Join(names, "+"), len(f.Changes), len(f.Also)))
	out := resource.Outcome{Errs: make([]error, len(cs))}
	for k, c := range cs {
		out.Errs[k] = p.Apply(ctx, c)
		p.w.log = p.w.log[:len(p.w.log)-1]
		if _, ok := p.say["does "+names[k]]; ok {
			out.Also = append(out.Also, f.Also...)
		}
		for _, other := range list(p.say["surprise "+names[k]]) {
			out.Also = append(out.Also, resource.Change{Addr: resource.Addr{Kind: "pack", Name: other}, Action: resource.Create, Undeclared: true, Have: resource.Absent, Want: resource.Absent})
		}
	}
	return out
}

func (p *scriptedMany) Ships(_ context.Context, names []string) (map[string][]string, error) {
	out := map[string][]string{}
	for _, name := range names {
		out[name] = list(p.say["ships "+name])
	}
	return out, errorOf(p.say["ships"])
}

func (p *scriptedMany) Runs(_ context.Context, name string) ([]string, error) {
	return list(p.say["runs "+name]), nil
}

// useScript gives a site kinds that do what a script says: thing, file (which is inert), cmd
// (opaque), svc (retired with what it ends with), many and pack (opaque) in batches.
func (s *fakeSite) useScript(say script) (one *scripted, packs *scriptedMany) {
	links := map[string]resource.Links{}
	one = &scripted{provider{w: s.w}, say, links, map[string]bool{}}
	attrs := append(slices.Clone(s.kinds["thing"].Attrs), resource.Attr{Name: "enable", Type: cty.Bool})
	linksOf := func(kind string) func(cty.Value) resource.Links {
		return func(want cty.Value) resource.Links {
			name := resource.StringAttr(want, "name")
			l := links[name]
			l.Before = slices.Clone(l.Before)
			for i := range l.Before {
				l.Before[i] = strings.ReplaceAll(l.Before[i], "%", resource.StringAttr(want, "value"))
			}
			key := kind + ":" + name
			if strings.HasPrefix(name, "/") {
				key = "path:" + name
			}
			l.Provides = append([]string{key}, l.Provides...)
			l.Retires = kind == "svc" && resource.StringAttr(want, "value") == "off"
			if kind == "cmd" {
				l.Provides = nil
			}
			if !resource.WantsAbsent(want) {
				l.Ends = nil
			}
			return l
		}
	}
	for _, name := range []string{"thing", "file", "cmd", "svc", "pack", "many"} {
		k := &resource.Kind{
			Name: name, Label: "name", Attrs: attrs, Verbs: []string{"reload", "restart", "start", "stop"}, Provider: one,
			Links: linksOf(name), Reverse: map[string]string{"stop": "start"}, Inert: name == "file",
		}
		if name == "file" {
			k.ContentAttr, k.TextContent = "value", true
		}
		if err := errorOf(say["prepare "+name]); err != nil {
			k.Prepare = func(resource.Input) (map[string]cty.Value, error) { return nil, err }
		}
		flags := say.answer("kind", name)
		has := func(flag string) bool { _, ok := flags[flag]; return ok }
		k.Opaque = name == "pack" || name == "cmd"
		if has("moves") {
			k.Moves = func(resource.Change) bool { return true }
		}
		if has("asks") {
			k.Asks = func(cty.Value) bool { return true }
		}
		if has("recurs") {
			k.Recurs = func(cty.Value) bool { return true }
		}
		if has("settles") {
			k.Settles = func(resource.Change, string) bool { return true }
		}
		if has("stays") {
			k.EndsForNow = func(cty.Value) bool { return true }
		}
		s.kinds[name] = k
	}
	packs = &scriptedMany{scripted{provider{w: s.w}, say, links, map[string]bool{}}}
	s.kinds["pack"].Provider = packs
	s.kinds["many"].Provider = &scriptedMany{scripted{provider{w: s.w}, say, links, map[string]bool{}}}
	return one, packs
}

// declare parses a line of a site, with what a resource is linked to: gives:KEY needs:KEY
// late:KEY ends:KEY soft:KEY absent enable:true place:7.
func (s *fakeSite) declare(text string) []*resource.Resource {
	var plain strings.Builder
	more := map[int][]string{}
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		for k, word := range strings.Fields(line) {
			key, _, _ := strings.Cut(word, ":")
			if k > 1 && slices.Contains([]string{"gives", "needs", "late", "ends", "soft", "absent", "enable", "place"}, key) {
				more[i] = append(more[i], word)
				continue
			}
			plain.WriteString(word + " ")
		}
		plain.WriteString("\n")
	}
	rs := s.parse(plain.String())
	links := s.kinds["thing"].Provider.(*scripted).links
	for i, r := range rs {
		l := links[r.Addr.Name]
		for _, word := range more[i] {
			key, val, _ := strings.Cut(word, ":")
			need := resource.Need{Key: val, Reason: "it needs " + val}
			switch key {
			case "gives":
				l.Provides = append(l.Provides, val)
			case "needs":
				l.Needs = append(l.Needs, need)
			case "late":
				need.Late = true
				l.Needs = append(l.Needs, need)
			case "ends":
				l.Ends = append(l.Ends, val)
			case "soft":
				l.Before = append(l.Before, val)
			case "absent":
				r.Want = resource.With(r.Want, "ensure", cty.StringVal("absent"))
			case "enable":
				r.Want = resource.With(r.Want, "enable", cty.True)
			case "place":
				r.Range.Filename = "m.hcl"
				fmt.Sscan(val, &r.Range.Start.Line)
			}
		}
		links[r.Addr.Name] = l
		if keys := r.Kind.Links(r.Want).Provides; len(keys) > 0 {
			r.Key = keys[0]
		}
	}
	return rs
}

// transcript writes events with all that they say, but for times.
type transcript struct{ lines []string }

func (r *transcript) Emit(e event.Event) {
	var b strings.Builder
	b.WriteString(string(e.Type))
	add := func(format string, v string) {
		if v != "" {
			fmt.Fprintf(&b, format, v)
		}
	}
	add(" %s", strings.TrimPrefix(e.Resource, e.Kind+"."))
	add(" @%s", e.Place)
	add(" %s", e.Action)
	for _, a := range e.Changes {
		if a.Name == "name" {
			continue
		}
		fmt.Fprintf(&b, " (%s: %s→%s)", a.Name, a.Before, a.After)
	}
	add(" %s", e.Verb)
	add(" %s", strings.TrimPrefix(e.When, string(resource.Delayed)))
	for _, flag := range []struct {
		name string
		set  bool
	}{{"void", e.Void}, {"tried", e.Tried}, {"tentative", e.Tentative}, {"partial", e.Partial}, {"proved", e.Proved}, {"second pass", e.Pass == 2}, {"audit", e.Audit}} {
		if flag.set {
			add(" %s", flag.name)
		}
	}
	if e.Type != event.RunFinished {
		add(" in %s", strings.TrimPrefix(e.Run, "now"))
	}
	add(" by %s", strings.Join(e.Causes, " "))
	add(": %s", e.Error)
	add(": %s", strings.TrimPrefix(e.Message, e.Verb))
	add(" removes %s", strings.Join(e.Removes, " "))
	for _, n := range e.Notes {
		add("; %s", n)
	}
	if e.Total > 1 {
		fmt.Fprintf(&b, " total %d", e.Total)
	}
	add(" recurring %s", strings.Join(e.Recurring, " "))
	add(" altered %s", strings.Join(e.Altered, " "))
	if e.Type == event.RunFinished {
		fmt.Fprintf(&b, " exit %d", e.Exit)
	}
	if c := e.Counts; c != nil {
		for _, n := range []struct {
			name string
			n    int
		}{
			{"resources", c.Resources},
			{"create", c.Create},
			{"update", c.Update},
			{"delete", c.Delete},
			{"run", c.Run},
			{"failed", c.Failed},
			{"skipped", c.Skipped},
			{"notified", c.Notified},
			{"held", c.Held},
			{"queued", c.Queued},
			{"dropped", c.Dropped},
			{"also", c.Also},
			{"tolerated", c.Tolerated},
			{"removes", c.Removes},
			{"off", c.Off},
			{"left", c.Left},
			{"restored", c.Restored},
			{"audited", c.Audited},
			{"unobserved", c.Unobserved},
		} {
			if n.n != 0 {
				fmt.Fprintf(&b, " %s %d", n.name, n.n)
			}
		}
	}
	if e.Type != event.Progress {
		r.lines = append(r.lines, b.String())
	}
}

// debts are what lines "kind.name verb [thing=KEY] [cause=ADDR]" say is owed by run r0.
func debts(text string) (out []notify.Debt) {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		at := func(a string) resource.Addr {
			kind, name, _ := strings.Cut(a, ".")
			return resource.Addr{Kind: kind, Name: name}
		}
		opts := script{"opts ": strings.Join(f[2:], " ")}.answer("opts", "")
		d := notify.Debt{Target: at(f[0]), Verb: f[1], Thing: opts["thing"], Cause: at("thing.cause"), Run: "r0"}
		out = append(out, d)
	}
	return out
}

// lines makes a map of lines "KEY: VALUE".
func lines(text string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		if key, val, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			out[key] = val
		}
	}
	return out
}

// values makes a map of words "NAME=VALUE".
func values(text string) map[string]string {
	return maps.Collect(func(yield func(string, string) bool) {
		for word := range strings.FieldsSeq(text) {
			key, val, _ := strings.Cut(word, "=")
			if !yield(key, val) {
				return
			}
		}
	})
}
