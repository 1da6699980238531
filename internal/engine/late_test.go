package engine

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/event"
	"converge/internal/resource"
)

// packer is a batcher of packages that ship units once they are installed.
type packer struct {
	batcher
	units map[string][]string
}

func (p *packer) Ships(context.Context, []string) (map[string][]string, error) {
	return p.units, nil
}

func (p *packer) Runs(context.Context, string) ([]string, error) { return nil, nil }

func TestServicesWaitForThePackageOfTheirUnit(t *testing.T) {
	for _, c := range []struct {
		summary string
		site    string
		have    map[string]string
		want    []string // planned, in order
	}{{
		summary: "a unit that is not there comes with a package that will be installed",
		site:    "unit u=up\npack init=1",
		want:    []string{"planned init create", "planned u create tentative"},
	}, {
		summary: "a package that ships the unit is upgraded first",
		site:    "unit u=up\npack init=2\npack other=2",
		have:    map[string]string{"init": "1", "other": "1", "u": "down"},
		want:    []string{"planned init update", "planned u update tentative", "planned other update"},
	}, {
		summary: "what brings no unit helps none that is not there",
		site:    "thing conf=1\nunit u=up after:conf",
		want:    []string{"planned conf create"},
	}, {
		summary: "a package that comes before it may bring it, also by way of others",
		site:    "pack other=2\nthing conf=1 after:other\nunit u=up after:conf",
		have:    map[string]string{"other": "1"},
		want:    []string{"planned other update", "planned conf create tentative", "planned u create tentative"},
	}, {
		summary: "what provides it has to be pending",
		site:    "many file=1\nthing conf=1\nunit u=up after:conf after:file",
		have:    map[string]string{"file": "1"},
		want:    []string{"planned conf create"},
	}, {
		summary: "what provides it and is pending helps",
		site:    "many file=1\nunit u=up after:file",
		want:    []string{"planned file create", "planned u create"},
	}, {
		summary: "no edge that would close a cycle",
		site:    "unit u=up\npack init=1 after:u",
		want:    nil, // the unit fails, and with it what depends on it
	}} {
		t.Run(c.summary, func(t *testing.T) {
			w := newWorld(c.have)
			s := newFakeSite(t, w)
			packs := &packer{batcher{provider{w: w}}, map[string][]string{"init": {"unit:u"}}}
			s.kinds["pack"].Provider = packs
			s.kinds["unit"].Links = func(cty.Value) resource.Links {
				return resource.Links{Needs: []resource.Need{{Key: "unit:u", Reason: "its unit file", Late: true}}}
			}
			s.kinds["many"].Links = func(cty.Value) resource.Links { return resource.Links{Provides: []string{"unit:u"}} }
			rec := &recorder{}
			o := s.options(s.parse(c.site), rec, nil)
			o.Machine.Shippers = []Shipper{packs}
			if _, err := Plan(context.Background(), o); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, rec.of(event.Planned)); d != "" {
				t.Error(d)
			}
		})
	}
}

// Scripts of packages make accounts, and no package says which.
func TestWhatLacksAnAccountWaitsForPackages(t *testing.T) {
	for _, c := range []struct {
		summary string
		site    string
		have    map[string]string
		want    []string // planned, in order
	}{{
		summary: "it comes with a package that will be installed",
		site:    "unit u=up\npack init=1",
		want:    []string{"planned init create", "planned u create tentative"},
	}, {
		summary: "what is only upgraded has brought what it brings",
		site:    "unit u=up\npack init=2",
		have:    map[string]string{"init": "1"},
		want:    []string{"planned u create", "planned init update"},
	}, {
		summary: "no edge that would close a cycle",
		site:    "unit u=up\npack init=1 after:u",
		want:    nil, // as above
	}} {
		t.Run(c.summary, func(t *testing.T) {
			w := newWorld(c.have)
			s := newFakeSite(t, w)
			packs := &packer{batcher: batcher{provider{w: w}}}
			s.kinds["pack"].Provider = packs
			s.kinds["unit"].Links = func(cty.Value) resource.Links {
				return resource.Links{Needs: []resource.Need{{Key: "user:u", Reason: "it belongs to that user"}}}
			}
			rec := &recorder{}
			o := s.options(s.parse(c.site), rec, nil)
			o.Lacks = func(_ context.Context, key string) bool { return key == "user:u" }
			o.Machine.Shippers = []Shipper{packs}
			if _, err := Plan(context.Background(), o); err != nil {
				t.Fatal(err)
			}
			got := rec.of(event.Planned)
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// maker is a provider of units that generators make of some changes.
type maker struct {
	provider
	of map[string]bool
}

func (m *maker) Derives(cs []resource.Change) []bool {
	out := make([]bool, len(cs))
	for i, c := range cs {
		out[i] = m.of[c.Addr.Name]
	}
	return out
}

func TestServicesWaitForWhatTheirUnitMayBeMadeOf(t *testing.T) {
	for _, c := range []struct {
		summary string
		site    string
		have    map[string]string
		want    []string
		log     []string
	}{{
		summary: "what is not there comes after what it may be made of, and after nothing else",
		site:    "unit u=up\nthing source=1\nthing other=1",
		want:    []string{"planned source create", "planned u create", "planned other create"},
		log:     []string{"apply source", "apply u", "apply other"},
	}, {
		summary: "what is there stays in its place",
		site:    "unit u=up\nthing source=1",
		have:    map[string]string{"made": "1", "u": "down"},
		want:    []string{"planned u update", "planned source create"},
		log:     []string{"apply u", "apply source"},
	}, {
		summary: "no edge that would close a cycle",
		site:    "unit u=up\nthing source=1 after:u",
	}, {
		summary: "a unit that did not come after all fails alone",
		site:    "unit u=up\nthing dud=1",
		want:    []string{"planned dud create", "planned u create"},
		log:     []string{"apply dud"},
	}} {
		t.Run(c.summary, func(t *testing.T) {
			w := newWorld(c.have)
			w.drops["source"] = map[string]string{"made": "1"}
			s := newFakeSite(t, w)
			made := &maker{provider{w: w, needs: "made"}, map[string]bool{"source": true, "dud": true}}
			s.kinds["unit"].Provider = made
			s.kinds["unit"].Links = func(cty.Value) resource.Links {
				return resource.Links{Needs: []resource.Need{{Key: "unit:u", Reason: "its unit file", Late: true}}}
			}
			out := s.run(c.site, func(o *Options) { o.Machine.Derives = made.Derives })
			if d := cmp.Diff(c.want, out.plan.of(event.Planned)); d != "" {
				t.Error("plan:", d)
			}
			if d := cmp.Diff(c.log, w.log); d != "" {
				t.Error("effects:", d)
			}
		})
	}
}

// refusing is a provider of packages that cannot be had.
type refusing struct{ packer }

func (p *refusing) Solve(_ context.Context, cs []resource.Change, _ iter.Seq[resource.Change]) (resource.Forecast, error) {
	return resource.Forecast{Changes: cs}, resource.Unsolvable{cs[0].Addr: errors.New("no such package")}
}

// What only a package could have helped that cannot be had fails in the plan, too.
func TestNoHelpComesFromAPackageThatFails(t *testing.T) {
	w := newWorld(nil)
	w.broken["solve u"] = errors.New("no such group")
	s := newFakeSite(t, w)
	packs := &refusing{packer{batcher: batcher{provider{w: w}}}}
	s.kinds["pack"].Provider = packs
	s.kinds["unit"].Provider = &solver{batcher{provider{w: w}}}
	s.kinds["unit"].Links = func(cty.Value) resource.Links {
		return resource.Links{Needs: []resource.Need{{Key: "group:g", Reason: "it is in that group"}}}
	}
	rec := &recorder{}
	o := s.options(s.parse("unit u=up\npack p=1"), rec, nil)
	o.Lacks = func(_ context.Context, key string) bool { return key == "group:g" }
	o.Machine.Shippers = []Shipper{packs}
	p, err := Plan(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if p.Counts.Failed != 2 {
		t.Errorf("%d fail in the plan, want 2", p.Counts.Failed)
	}
}
