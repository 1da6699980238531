package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/engine/assembly"
	"converge/internal/event"
	"converge/internal/resource"
)

// retirer makes things that end with parts of their name.
type retirer struct{ provider }

func (p *retirer) Retiring(_ context.Context, e resource.Ending) ([]cty.Value, error) {
	var out []cty.Value
	for _, key := range e.Keys {
		out = append(out, cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(strings.TrimPrefix(key, "unit:")), "value": cty.StringVal("off")}))
	}
	return out, nil
}

// folder is a provider of things that hold those whose name they begin.
type folder struct{ provider }

func (p *folder) Review(_ context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	for name := range p.w.vals {
		if o.Ask == resource.AskContent && strings.HasPrefix(name, resource.StringAttr(c.Want, "name")+"/") {
			r.Holds = append(r.Holds, name)
		}
	}
	slices.Sort(r.Holds)
	return r
}

// solver is a provider of things of which those named "N-user" depend on N.
type solver struct{ batcher }

func (p *solver) Solve(_ context.Context, cs []resource.Change, _ iter.Seq[resource.Change]) (resource.Forecast, error) {
	f, bad := resource.Forecast{Changes: cs}, resource.Unsolvable{}
	for _, c := range cs {
		if err := p.w.broken["solve "+resource.StringAttr(c.Want, "name")]; err != nil {
			bad[c.Addr] = err
		} else {
			p.w.solved = append(p.w.solved, resource.StringAttr(c.Want, "name"))
		}
		user := resource.StringAttr(c.Want, "name") + "-user"
		_, there := p.w.vals[user]
		asked := slices.ContainsFunc(cs, func(o resource.Change) bool { return resource.StringAttr(o.Want, "name") == user })
		if c.Action == resource.Delete && there && !asked {
			f.Also = append(f.Also, resource.Change{Addr: resource.Addr{Kind: "pkg", Name: user}, Action: resource.Delete, Undeclared: true, Have: resource.Absent, Want: resource.Absent})
		}
	}
	if len(bad) > 0 {
		return f, bad
	}
	return f, nil
}

// keeper is a provider of things that no thing named "N-user" may outlive, unless
// a solver has let that go before.
type keeper struct{ solver }

func (p *keeper) Solve(_ context.Context, cs []resource.Change, _ iter.Seq[resource.Change]) (resource.Forecast, error) {
	bad := resource.Unsolvable{}
	for _, c := range cs {
		user := resource.StringAttr(c.Want, "name") + "-user"
		if _, there := p.w.vals[user]; there && !slices.Contains(p.w.solved, user) {
			bad[c.Addr] = resource.Certain(errors.New("it is of " + user))
		}
	}
	if len(bad) > 0 {
		return resource.Forecast{Changes: cs}, bad
	}
	return resource.Forecast{Changes: cs}, nil
}

// addRemovable gives a site kinds for removal: part.x ends svc.xd, a dir holds
// what its name begins.
func (s *fakeSite) addRemovable() {
	thing := *s.kinds["thing"]
	part := thing
	part.Name = "part"
	part.Links = func(want cty.Value) resource.Links {
		name := resource.StringAttr(want, "name")
		l := resource.Links{Provides: []string{"part:" + name}}
		if resource.WantsAbsent(want) {
			l.Ends = []string{"unit:" + name + "d"}
		}
		return l
	}
	svc := thing
	svc.Name, svc.Provider = "svc", &retirer{provider{w: s.w}}
	svc.Links = func(want cty.Value) resource.Links {
		name := resource.StringAttr(want, "name")
		return resource.Links{Provides: []string{"svc:" + name}, Needs: []resource.Need{{Key: "unit:" + name, Reason: "its part"}}, Retires: resource.StringAttr(want, "value") == "off"}
	}
	dir := thing
	dir.Name, dir.Provider = "dir", &folder{provider{w: s.w}}
	pkg := thing
	pkg.Name, pkg.Provider = "pkg", &solver{batcher{provider{w: s.w}}}
	base := thing
	base.Name, base.Provider = "base", &keeper{solver{batcher{provider{w: s.w}}}}
	s.kinds["base"] = &base
	s.kinds["part"], s.kinds["svc"], s.kinds["dir"], s.kinds["pkg"] = &part, &svc, &dir, &pkg
}

// orphans are what lines like "thing a dep:thing:b tell:s.reload other:x
// unknown" name.
func (s *fakeSite) orphans(text string) []Orphan {
	var out []Orphan
	for _, line := range strings.Split(text, "\n") {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		o := Orphan{Key: f[0] + ":" + f[1], Kind: s.kinds[f[0]], ID: f[1], Addr: resource.Addr{Kind: f[0], Name: "old-" + f[1]}}
		if f[0] == "dir" || strings.Contains(f[1], "/") {
			o.Key = "path:" + f[1]
		}
		for _, opt := range f[2:] {
			key, val, _ := strings.Cut(opt, ":")
			switch key {
			case "dep":
				o.Deps = append(o.Deps, val)
			case "unit":
				name, verb, _ := strings.Cut(val, ".")
				o.Notifies = append(o.Notifies, OrphanNotify{Target: resource.Addr{Kind: "svc", Name: name}, Key: "svc:" + name, Verb: verb, When: resource.Delayed})
			case "call":
				name, verb, _ := strings.Cut(val, ".")
				o.Notifies = append(o.Notifies, OrphanNotify{Target: resource.Addr{Kind: "cmd", Name: name}, Verb: verb, When: resource.Delayed})
			case "tell", "lost":
				name, verb, _ := strings.Cut(val, ".")
				n := OrphanNotify{Target: resource.Addr{Kind: "thing", Name: name}, Key: "thing:" + name, Verb: verb, When: resource.Delayed}
				if key == "lost" {
					n.Resource = &resource.Resource{Addr: n.Target, Kind: s.kinds["thing"], Key: n.Key, Want: cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(name)})}
				}
				o.Notifies = append(o.Notifies, n)
			case "other":
				o.Others = []string{"site " + val}
			case "by":
				o.Protected = val
			case "unknown":
				o.Unknown = true
			case "wrote":
				o.Digest, _ = resource.BytesBlob([]byte(val)).Digest()
			default:
				s.t.Fatalf("unknown option %q", opt)
			}
		}
		out = append(out, o)
	}
	return out
}

// What becomes of things that nothing declares any more: every effect, in
// order, and what is said.
func TestPrune(t *testing.T) {
	no := errors.New("no")
	for _, c := range []struct {
		summary string
		site    string
		orphans string
		have    map[string]string
		broken  map[string]error
		keep    bool              // no --prune
		links   map[string]string // that are there, by path
		log     []string
		said    []string // notes of orphans in the plan, warnings of the run
		gone    []string // released
		exit    int
	}{{
		summary: "it is removed after what is declared is made",
		site:    "thing a=1", orphans: "thing z", have: map[string]string{"z": "1"},
		log: []string{"apply a", "apply z"}, gone: []string{"thing:z"},
	}, {
		summary: "not without being asked",
		site:    "thing a=1", orphans: "thing z", have: map[string]string{"z": "1"}, keep: true,
		log: []string{"apply a"}, said: []string{"no longer declared; --prune removes it"},
	}, {
		summary: "what is not there is forgotten",
		orphans: "thing z", gone: []string{"thing:z"},
	}, {
		summary: "what depended on another goes before it, wherever it stands",
		orphans: "thing a\nthing b dep:thing:a\nthing c dep:thing:b dep:thing:x",
		have:    map[string]string{"a": "1", "b": "1", "c": "1"},
		log:     []string{"apply c", "apply b", "apply a"}, gone: []string{"thing:a", "thing:b", "thing:c"},
	}, {
		summary: "an order that goes round in circles is none",
		orphans: "thing a dep:thing:b\nthing b dep:thing:a",
		have:    map[string]string{"a": "1", "b": "1"},
		log:     []string{"apply a", "apply b"}, gone: []string{"thing:a", "thing:b"},
	}, {
		summary: "its notification goes out once, at the end",
		site:    "thing s=up", orphans: "thing y tell:s.reload\nthing z tell:s.reload",
		have: map[string]string{"s": "up", "y": "1", "z": "1"},
		log:  []string{"apply y", "apply z", "act s reload"}, gone: []string{"thing:y", "thing:z"},
	}, {
		summary: "and together with others to the same target",
		site:    "thing a=1 notifies:s.restart\nthing s=up", orphans: "thing z tell:s.reload",
		have: map[string]string{"s": "up", "z": "1"},
		log:  []string{"apply a", "apply z", "act s restart"}, gone: []string{"thing:z"},
	}, {
		summary: "a target that nothing declares any more is notified as it was",
		orphans: "thing z lost:s.reload", have: map[string]string{"s": "up", "z": "1"},
		log: []string{"apply z", "act s reload"}, gone: []string{"thing:z"},
	}, {
		summary: "a target that goes itself is not",
		orphans: "thing z lost:s.reload\nthing s", have: map[string]string{"s": "up", "z": "1"},
		log: []string{"apply z", "apply s"}, gone: []string{"thing:s", "thing:z"},
	}, {
		summary: "nothing is removed in a run in which something failed",
		site:    "thing new=1", orphans: "thing old", have: map[string]string{"old": "1"},
		broken: map[string]error{"apply new": no},
		log:    []string{"apply new"}, exit: 3,
		said: []string{"nothing is removed of what is no longer declared, because not everything in this run came right"},
	}, {
		summary: "which the plan says, where it is foreseen",
		site:    "thing new=1", orphans: "part x", have: map[string]string{"x": "1", "xd": "on"},
		broken: map[string]error{"observe new": no}, exit: 3,
		said: []string{
			"no longer declared; stays for now, because something else fails",
			"nothing is removed of what is no longer declared, because not everything in this run came right",
		},
	}, {
		summary: "nor where a failure counts for nothing",
		site:    "thing new=1 fails:continue", orphans: "thing old", have: map[string]string{"old": "1"},
		broken: map[string]error{"apply new": no},
		log:    []string{"apply new"},
		said:   []string{"nothing is removed of what is no longer declared, because not everything in this run came right"},
	}, {
		summary: "nor where a notification that went out at once did not arrive",
		site:    "thing a=1 immediately:s.reload\nthing s=up", orphans: "thing old", have: map[string]string{"old": "1", "s": "up"},
		broken: map[string]error{"act s reload": no},
		log:    []string{"apply a", "act s reload"}, exit: 3,
		said: []string{"nothing is removed of what is no longer declared, because not everything in this run came right"},
	}, {
		summary: "what cannot be removed keeps what it depended on, and nothing else",
		orphans: "thing a\nthing b dep:thing:a\nthing c", have: map[string]string{"a": "1", "b": "1", "c": "1"},
		broken: map[string]error{"apply b": no},
		log:    []string{"apply b", "apply c"}, exit: 3, gone: []string{"thing:c"},
	}, {
		summary: "what cannot be looked at is left alone, with what it depended on",
		orphans: "thing a\nthing b dep:thing:a", have: map[string]string{"a": "1", "b": "1"},
		broken: map[string]error{"observe b": no},
		said:   []string{"no longer declared; stays, for thing:b stays, which depends on it", "left alone: no"}, exit: 3,
	}, {
		summary: "what something else has taken the place of is left alone, and that is no failure",
		orphans: "thing b", have: map[string]string{"b": "1"},
		broken: map[string]error{"observe b": resource.Replaced(no)},
		said:   []string{"left alone: no"},
	}, {
		summary: "another site's is let go of",
		orphans: "thing z other:b", have: map[string]string{"z": "1"},
		said: []string{"no longer declared here; stays, for it is declared by site b"},
	}, {
		summary: "which keeps nothing that it depended on here, as the next run knows nothing of it",
		orphans: "thing a\nthing z other:b dep:thing:a", have: map[string]string{"a": "1", "z": "1"},
		said: []string{"no longer declared here; stays, for it is declared by site b"},
		log:  []string{"apply a"}, gone: []string{"thing:a"},
	}, {
		summary: "what no site is known of is never removed",
		orphans: "thing z unknown", have: map[string]string{"z": "1"},
		said: []string{"made before converge kept apart what belongs to which site: not removed until a site declares it again"},
	}, {
		summary: "what ends with it is taken out of service before",
		orphans: "part x", have: map[string]string{"x": "1", "xd": "on"},
		log: []string{"apply xd", "apply x"}, gone: []string{"part:x"},
	}, {
		summary: "what is out of service already is not",
		orphans: "part x", have: map[string]string{"x": "1", "xd": "off"},
		log: []string{"apply x"}, gone: []string{"part:x"},
	}, {
		summary: "what cannot be taken out of service keeps its part",
		orphans: "part x", have: map[string]string{"x": "1", "xd": "on"}, broken: map[string]error{"apply xd": no},
		log: []string{"apply xd"}, exit: 3,
	}, {
		summary: "what is declared keeps the part that it needs",
		site:    "svc xd=on", orphans: "part x", have: map[string]string{"x": "1", "xd": "on"},
		said: []string{"no longer declared; stays, for svc.xd needs it (its part)"},
	}, {
		summary: "unless it is declared to be out of service",
		site:    "svc xd=off", orphans: "part x", have: map[string]string{"x": "1", "xd": "on"},
		log: []string{"apply xd", "apply x"}, gone: []string{"part:x"},
	}, {
		summary: "what would take others along stays, and what would not goes",
		orphans: "pkg lib\npkg x", have: map[string]string{"lib": "1", "lib-user": "1", "x": "1"},
		log: []string{"batch x"}, gone: []string{"pkg:x"},
		said: []string{"left alone: it would take along lib-user, which depends on it and is not this site's"},
	}, {
		summary: "what takes along only what goes as well, goes",
		orphans: "pkg lib\npkg lib-user", have: map[string]string{"lib": "1", "lib-user": "1"},
		log: []string{"batch lib+lib-user"}, gone: []string{"pkg:lib", "pkg:lib-user"},
	}, {
		summary: "what keeps another goes before it, and its solver is asked before",
		orphans: "base g\npkg g-user dep:base:g", have: map[string]string{"g": "1", "g-user": "1"},
		log: []string{"batch g-user", "batch g"}, gone: []string{"base:g", "pkg:g-user"},
	}, {
		summary: "unless it is refused itself: then both stay",
		orphans: "base g\npkg g-user dep:base:g", have: map[string]string{"g": "1", "g-user": "1"}, broken: map[string]error{"solve g-user": no},
		said: []string{"left alone: it is of g-user", "left alone: no"},
	}, {
		summary: "what is refused stays, though something else goes before it",
		orphans: "pkg u\nthing f dep:pkg:u", have: map[string]string{"u": "1", "f": "1"}, broken: map[string]error{"solve u": errors.New("no, for:\na\n  b\n")},
		log: []string{"apply f"}, gone: []string{"thing:f"}, said: []string{"left alone: no, for: a; b"},
	}, {
		summary: "unless that is a service, which may be what uses it",
		orphans: "pkg u\npart x dep:pkg:u", have: map[string]string{"u": "1", "x": "1", "xd": "on"}, broken: map[string]error{"solve u": no},
		log: []string{"apply xd", "apply x", "batch u"}, gone: []string{"part:x", "pkg:u"},
	}, {
		summary: "but not where that cannot help",
		orphans: "pkg u\npart x dep:pkg:u", have: map[string]string{"u": "1", "x": "1", "xd": "on"}, broken: map[string]error{"solve u": resource.Certain(no)},
		log: []string{"apply xd", "apply x"}, gone: []string{"part:x"}, said: []string{"left alone: no"},
	}, {
		summary: "a directory goes after what is in it",
		orphans: "dir d\nthing d/x dep:path:d", have: map[string]string{"d": "1", "d/x": "1"},
		log: []string{"apply d/x", "apply d"}, gone: []string{"path:d", "path:d/x"},
	}, {
		summary: "a directory that holds something else is kept and released",
		orphans: "dir d\nthing d/x", have: map[string]string{"d": "1", "d/x": "1", "d/y": "1", "d/z": "1"},
		log: []string{"apply d/x"}, gone: []string{"path:d", "path:d/x"},
		said: []string{"no longer declared; kept and released, for it is not empty: d/y, d/z"},
	}, {
		summary: "and so is one into which something came meanwhile",
		orphans: "dir d", have: map[string]string{"d": "1"}, broken: map[string]error{"apply d": fmt.Errorf("no: %w", syscall.ENOTEMPTY)},
		log: []string{"apply d"}, gone: []string{"path:d"},
		said: []string{"no longer declared; kept and released, for it is not empty"},
	}, {
		summary: "what lies behind a folder that became a link is something else, and what was made by that path goes",
		orphans: "thing /a/d/f\nthing /a/o other:b\nthing /b/g", have: map[string]string{"/a/d/f": "1", "/a/o": "1", "/b/g": "1"}, links: map[string]string{"/a": "b"},
		log: []string{"apply /b/g"}, gone: []string{"path:/a/d/f", "path:/b/g"},
		said: []string{"released: what it was is no longer there: /a is a link to /b now", "no longer declared here; stays, for it is declared by site b"},
	}} {
		t.Run(strings.ReplaceAll(c.summary, " ", "_"), func(t *testing.T) {
			w := newWorld(c.have)
			w.broken = c.broken
			s := newFakeSite(t, w)
			s.addRemovable()
			var rs []*resource.Resource
			if c.site != "" {
				rs = s.parse(c.site)
			}
			for _, r := range rs {
				r.Key = r.Addr.Kind + ":" + r.Addr.Name
			}
			var plan, apply noteRecorder
			var journal memory
			o := s.options(rs, &recorder{}, &journal)
			o.Orphans, o.Prune, o.Events = s.orphans(c.orphans), !c.keep, &plan
			if c.links != nil {
				o.Identity, _ = assembly.Identify(t.Context(), nil, assembly.Names{Spot: func(_ context.Context, path string) assembly.Spot {
					return assembly.Spot{Link: c.links[path], Anything: true}
				}}, nil)
			}
			for _, k := range s.kinds {
				if p, ok := k.Provider.(*retirer); ok {
					o.Machine.Retirers = append(o.Machine.Retirers, Retirer{k, p.Retiring})
				}
			}
			p, err := Plan(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			o.Events = &apply
			res, err := Apply(t.Context(), o, p)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.log, w.log); d != "" {
				t.Errorf("effects: %s", d)
			}
			said := slices.Clone(plan.notes)
			for _, w := range apply.warnings {
				if i := strings.Index(w, ": "); i >= 0 && slices.Contains(said, w[i+2:]) {
					continue
				} else if i >= 0 && strings.HasPrefix(w, "dir") {
					w = w[i+2:]
				}
				said = append(said, w)
			}
			if d := cmp.Diff(c.said, said); d != "" {
				t.Errorf("said: %s", d)
			}
			slices.Sort(res.Released)
			if d := cmp.Diff(c.gone, slices.Compact(res.Released)); d != "" {
				t.Errorf("released: %s", d)
			}
			if res.Exit != c.exit {
				t.Errorf("exit %d, want %d", res.Exit, c.exit)
			}
			if res.Exit == 0 && len(c.said) == 0 && !res.Proved {
				t.Error("it is not proved")
			}
		})
	}
}

// noteRecorder keeps what is said of orphans, and warnings.
type noteRecorder struct{ notes, warnings []string }

func (r *noteRecorder) Emit(e event.Event) {
	switch e.Type {
	case event.Orphaned:
		r.notes = append(r.notes, e.Notes...)
	case event.Warning:
		r.warnings = append(r.warnings, e.Message)
	}
}
