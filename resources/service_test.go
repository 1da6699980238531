package resources_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

func TestParseUnitName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in, full, template, triggers string
		err                          string
	}{
		{in: "nginx", full: "nginx.service"},
		{in: "nginx.service", full: "nginx.service"},
		{in: "org.example.app", full: "org.example.app.service"},
		{in: "backup.timer", full: "backup.timer", triggers: "backup.service"},
		{in: "d.socket", full: "d.socket", triggers: "d.service"},
		{in: "getty@tty1", full: "getty@tty1.service", template: "getty@.service"},
		{in: "getty@tty1.service", full: "getty@tty1.service", template: "getty@.service"},
		{in: "b@x.timer", full: "b@x.timer", template: "b@.timer", triggers: "b@x.service"},
		{in: "getty@", full: "getty@.service"},
		{in: "getty@.service", full: "getty@.service"},
		{in: "a@b@c", full: "a@b@c.service", template: "a@.service"},
		{in: `dev-disk-by\x2duuid-1.swap`, full: `dev-disk-by\x2duuid-1.swap`},
		{in: "getty@tty 1", err: `others escaped: getty@tty\x201.service`},
		{in: "café", err: `others escaped: caf\xc3\xa9.service`},
		{in: "/srv/my data", err: `what is mounted there is "srv-my\\x20data.mount"`},
		{in: ".service", err: "must have something before"},
		{in: "@x.service", err: "must have something before"},
		{in: "", err: "must have something before"},
		{in: strings.Repeat("x", 248), err: "must have at most 255 bytes, and has 256"},
	} {
		u, err := resources.ParseUnitName(tt.in)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("ParseUnitName(%q) = %v, %v; want error %q", tt.in, u, err, tt.err)
			}
			continue
		}
		if err != nil || u.String() != tt.full || u.TemplateName() != tt.template || u.Triggers() != tt.triggers {
			t.Errorf("ParseUnitName(%q) = %q, template %q, triggers %q, %v", tt.in, u, u.TemplateName(), u.Triggers(), err)
		}
	}
}

// A name that is accepted reads back as itself, and what an error offers
// instead is accepted.
func FuzzParseUnitName(f *testing.F) {
	for _, s := range []string{"nginx", "getty@tty1", "a@.socket", `x\x2dy.mount`, "/srv", "é@ü", "a b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := resources.ParseUnitName(s)
		if err != nil {
			if _, offer, ok := strings.Cut(err.Error(), "others escaped: "); ok && len(offer) <= 255 {
				if _, err := resources.ParseUnitName(offer); err != nil {
					t.Errorf("%q: the offer %q is refused: %v", s, offer, err)
				}
			}
			return
		}
		again, err := resources.ParseUnitName(u.String())
		if err != nil || again != u {
			t.Errorf("%q is %#v, which reads back as %#v, %v", s, u, again, err)
		}
	})
}

func TestServicePrepare(t *testing.T) {
	t.Parallel()
	kind := resources.Service(nil)
	for name, tt := range map[string]struct {
		attrs map[string]cty.Value
		want  string // full name
		at    string // attribute that is wrong
	}{
		"short":            {map[string]cty.Value{"name": cty.StringVal("nginx")}, "nginx.service", ""},
		"masked, stopped":  {map[string]cty.Value{"name": cty.StringVal("x"), "masked": cty.True, "running": cty.False}, "x.service", ""},
		"masked, running":  {map[string]cty.Value{"name": cty.StringVal("x"), "masked": cty.True, "running": cty.True}, "", "running"},
		"masked, enabled":  {map[string]cty.Value{"name": cty.StringVal("x"), "masked": cty.True, "enabled": cty.True}, "", "enabled"},
		"template":         {map[string]cty.Value{"name": cty.StringVal("x@"), "enabled": cty.True}, "x@.service", ""},
		"template running": {map[string]cty.Value{"name": cty.StringVal("x@"), "running": cty.False}, "", "running"},
		"bad name":         {map[string]cty.Value{"name": cty.StringVal("a b")}, "", "name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := kind.Prepare(resource.Input{Attrs: tt.attrs})
			var at *resource.AttrError
			switch {
			case tt.at != "":
				if !errors.As(err, &at) || at.Attr != tt.at {
					t.Errorf("error %v, want one at %q", err, tt.at)
				}
			case err != nil || got["name"].AsString() != tt.want:
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestServiceLinks(t *testing.T) {
	t.Parallel()
	kind := resources.Service(nil)
	got := kind.Links(cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("job@a.timer")}))
	want := resource.Links{
		Provides: []string{"service:job@a.timer"},
		Needs: []resource.Need{
			{Key: "unit:job@a.timer", Reason: "it is its unit file", Late: true},
			{Key: "gone unit:job@a.timer", Reason: "it is its unit file"},
			{Key: "unit:job@.timer", Reason: "it is the template of its unit", Late: true},
			{Key: "gone unit:job@.timer", Reason: "it is the template of its unit"},
			{Key: "unit:job@a.service", Reason: "it is the unit file of the service that it triggers", Late: true},
			{Key: "gone unit:job@a.service", Reason: "it is the unit file of the service that it triggers"},
			{Key: "package:job", Reason: "the package bears its name"},
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// What is started or stopped needs no restart; what is merely enabled does.
func TestServiceSettles(t *testing.T) {
	settles := resources.Service(nil).Settles
	running := func(want bool) resource.Change {
		return resource.Change{Attrs: []resource.AttrChange{{Name: "enabled", Want: cty.True}, {Name: "running", Want: cty.BoolVal(want)}}}
	}
	enabled := resource.Change{Attrs: []resource.AttrChange{{Name: "enabled", Want: cty.True}}}
	for _, c := range []struct {
		change resource.Change
		verb   string
		want   bool
	}{
		{running(true), "restart", true},
		{running(true), "stop", false},
		{running(false), "stop", true},
		{running(false), "restart", true}, // which starts nothing that is declared not to run
		{running(false), "reload", true},
		{running(false), "start", false},
		{enabled, "restart", false},
	} {
		if got := settles(c.change, c.verb); got != c.want {
			t.Errorf("%v, %s: %v", c.change.Attrs, c.verb, got)
		}
	}
}
