package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/event"
	"converge/internal/manifest/values"
	"converge/internal/plantest"
	"converge/internal/resource"
)

// madePlan is the result of planning a test.
type madePlan struct {
	manifest string         // its path
	plan     *plantest.Plan // nil: planning failed
	reads    []string       // the references of the manifest to node
	said     string         // diagnostics, and the errors of resources; "": none
}

// planned collects the events of a plan.
type planned struct{ events []event.Event }

// Emit implements [event.Sink].
func (p *planned) Emit(e event.Event) { p.events = append(p.events, e) }

// planTest makes the plan of a test. It touches nothing of this machine, and reads nothing of its environment.
func (r *testRun) planTest(ctx context.Context, t chosenTest) *madePlan {
	var out, errs bytes.Buffer
	env := *r.env
	env.In, env.Out, env.Err, env.Vars, env.Color, env.Scrub = strings.NewReader(""), &out, &errs, nil, "never", nil
	made := &madePlan{manifest: besideTest(t, cmp.Or(t.Manifest, "."))}
	whole, err := filepath.Abs(made.manifest) // so that it differs from a path of the machine
	if err != nil {
		made.said = err.Error()
		return made
	}
	f, err := optionsOf(t)
	var plan *plantest.Plan
	var dir string
	if err == nil {
		ctx, other, opened := f.openElsewhere(ctx, &env, f.live)
		if other.scratch != nil {
			dir = other.scratch.Dir()
		}
		if err = opened; err == nil {
			plan, made.reads, err = makeTestPlan(ctx, &env, whole, &f.RunOptions)
		}
		err = errors.Join(err, other.close())
	}
	clean := hidePlaces(dir, whole)
	if err != nil {
		made.said = clean.Replace(strings.TrimSpace(errs.String() + "\n" + describeEnd(&env, err)))
		return made
	}
	plan.Text = clean.Replace(out.String())
	made.plan = plan
	for _, res := range plan.Resources {
		if res.Error = clean.Replace(res.Error); res.Error != "" {
			made.said += res.Address + ": " + res.Error + "\n"
		}
	}
	return made
}

// shallow is the length of a path, in names, that the machine of a test may have as well: /etc/converge.
const shallow = 2

// hidePlaces returns a replacer that makes a text independent of the place of the tests: paths below the manifest's
// folder become relative to it, and those in the tree become those of the machine. It leaves a folder alone whose path
// may also exist on the machine.
func hidePlaces(tree, manifest string) *strings.Replacer {
	var pairs []string
	if tree != "" {
		pairs = append(pairs, tree+"/", "/", tree, "the tree")
	}
	if strings.Count(manifest, "/") > shallow {
		pairs = append(pairs, manifest+"/", "")
	}
	return strings.NewReplacer(pairs...)
}

// describeEnd returns the error that ended a command, if it was not shown already.
func describeEnd(env *environ.Env, err error) string {
	var coded *exit.Error
	switch {
	case errors.As(err, &coded) && coded.Err == nil:
		return ""
	case errors.As(err, &coded):
		err = coded.Err
	}
	return env.Scrub.Error(err).Error()
}

// testOptions contains the options of a plan, and the folder of the tree.
type testOptions struct {
	RunOptions
	live string
}

// optionsOf returns the options for the plan of a test.
func optionsOf(t chosenTest) (*testOptions, error) {
	f := &testOptions{}
	f.Site.Over = t.Node
	if f.Site.Over == nil {
		f.Site.Over = map[string]cty.Value{}
	}
	if t.Facts != "" {
		f.Site.Facts = besideTest(t, t.Facts)
	}
	if t.Live != "" {
		f.live = besideTest(t, t.Live)
	}
	for _, name := range t.VarFiles {
		f.Site.VarFiles = append(f.Site.VarFiles, besideTest(t, name))
	}
	f.Site.Saved = map[string]string{}
	for name, v := range t.Variables {
		text, err := variableText(v)
		if err != nil {
			return nil, err
		}
		f.Site.Saved[name] = text
	}
	return f, nil
}

// variableText returns a value in the form of --var.
func variableText(v cty.Value) (string, error) {
	if v.Type() == cty.String && !v.IsNull() {
		return v.AsString(), nil
	}
	b, err := ctyjson.Marshal(v, v.Type())
	// JSON is an expression of HCL, except for the beginnings of templates.
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(string(b)), err
}

// makeTestPlan makes a plan, and describes it. reads are the references of the manifest to node.
func makeTestPlan(ctx context.Context, env *environ.Env, path string, f *RunOptions) (plan *plantest.Plan, reads []string, err error) {
	f.unchanged = true
	s, err := beginSession(ctx, env, "plan", path, f, true)
	defer func() { err = s.end(err) }()
	if err != nil {
		return nil, nil, err
	}
	kept := &planned{}
	s.sinks.Add(kept)
	p, err := makePlan(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	plan = describePlan(s, kept.events)
	plan.Counts = countsOf(p.Counts)
	return plan, s.site.Facts, nil
}

func countsOf(c event.Counts) map[string]int {
	return map[string]int{
		"resources": c.Resources, "create": c.Create, "update": c.Update, "delete": c.Delete, "run": c.Run, "failed": c.Failed,
		"skipped": c.Skipped, "notified": c.Notified, "off": c.Off,
	}
}

// describePlan gathers, for each resource, the declaration and the events of the plan.
func describePlan(s *session, events []event.Event) *plantest.Plan {
	p := &plantest.Plan{Variables: map[string]cty.Value{}}
	if node, err := s.site.Node.All(); err == nil {
		p.Node = node
	}
	for name, raw := range s.site.Inputs.Vars {
		if v, err := valueOfJSON(raw); err == nil {
			p.Variables[name] = v
		}
	}
	at := map[string]*plantest.Resource{}
	for _, r := range s.site.Resources {
		one := describeDeclared(r)
		p.Resources = append(p.Resources, one)
		at[one.Address] = one
		for _, also := range one.Also {
			at[also] = one
		}
	}
	order, _ := s.site.Graph.Order() // assembly refuses cycles
	for place, i := range order {
		one := p.Resources[i]
		one.Order = place + 1
		for e := range s.site.Graph.Before(i) {
			if from := p.Resources[e.From].Address; !slices.Contains(one.After, from) {
				one.After = append(one.After, from)
			}
		}
		for _, n := range s.site.Resources[i].Notifies {
			one.Notifies = append(one.Notifies, n.Target.String()+"."+n.Verb)
			if to := at[n.Target.String()]; to != nil && !slices.Contains(to.NotifiedBy, one.Address) {
				to.NotifiedBy = append(to.NotifiedBy, one.Address)
			}
		}
	}
	for _, e := range events {
		if one := at[e.Resource]; one != nil {
			addEvent(one, e)
		}
	}
	return p
}

// describeDeclared describes the declaration of a resource.
func describeDeclared(r *resource.Resource) *plantest.Resource {
	block := r.Addr
	block.Key, block.Each = "", false
	one := &plantest.Resource{Address: r.Addr.String(), Block: block.String(), Kind: r.Addr.Kind, Action: "none", Attributes: map[string]cty.Value{}}
	if r.Off {
		one.Action = "off"
	}
	for _, also := range r.Also {
		one.Also = append(one.Also, also.String())
	}
	for name, v := range resource.AttrsOf(r.Want) {
		if a, ok := r.Kind.Attr(name); ok && a.Internal {
			continue
		}
		if v = plainValue(v); r.Secret[name] {
			v = v.Mark(values.Sensitive)
		}
		one.Attributes[name] = v
	}
	return one
}

// plainValue returns a value that an expression can use: a content becomes its text, or null if it is large or not a
// text.
func plainValue(v cty.Value) cty.Value {
	b := resource.AsBlob(v)
	if b == nil {
		if v.Type() == resource.BlobType {
			return cty.NullVal(cty.String)
		}
		return v
	}
	text, err := readText(b)
	if err != nil || !utf8.ValidString(text) {
		return cty.NullVal(cty.String)
	}
	return cty.StringVal(text)
}

func readText(b *resource.Blob) (string, error) {
	if b.Size > event.MaxDiff {
		return "", errors.New("it is too large")
	}
	f, err := b.Open()
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, event.MaxDiff))
	return string(text), err
}

// addEvent adds an event of a plan.
func addEvent(one *plantest.Resource, e event.Event) {
	switch e.Type {
	case event.Planned, event.Audited:
		one.Action, one.Notes = cmp.Or(e.Action, "none"), e.Notes
		for _, a := range e.Changes {
			if one.Changes == nil {
				one.Changes = map[string]plantest.Change{}
			}
			one.Changes[a.Name] = describeChange(one, a)
		}
	case event.Failed:
		one.Action, one.Error = "failed", e.Error
	case event.Skipped:
		one.Action = "skipped"
	case event.Owes:
		if !slices.Contains(one.Actions, e.Verb) {
			one.Actions = append(one.Actions, e.Verb)
		}
	case event.Checks:
		one.Notes = e.Notes
	}
}

// describeChange returns an attribute that differs. The wanted content is an attribute of the resource.
func describeChange(one *plantest.Resource, a event.Attr) plantest.Change {
	if a.Secret {
		hidden := cty.StringVal("").Mark(values.Sensitive)
		return plantest.Change{Before: hidden, After: hidden}
	}
	c := plantest.Change{Diff: a.Diff}
	c.Before, _ = valueOfJSON(a.Before) // null if it is not JSON
	c.After, _ = valueOfJSON(a.After)
	if v, ok := one.Attributes[a.Name]; ok && len(a.After) > 0 {
		c.After = v
	}
	return c
}

func valueOfJSON(raw json.RawMessage) (cty.Value, error) {
	if len(raw) == 0 {
		return cty.NilVal, nil
	}
	t, err := ctyjson.ImpliedType(raw)
	if err != nil {
		return cty.NilVal, err
	}
	return ctyjson.Unmarshal(raw, t)
}
