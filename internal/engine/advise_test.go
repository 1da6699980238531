package engine

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/event"
	"converge/internal/resource"
)

// lackingProvider lacks something whatever it is asked about.
type lackingProvider struct {
	provider
	key string
}

func (p *lackingProvider) Review(context.Context, resource.Change, resource.Outlook) resource.Review {
	return resource.Review{Blocked: resource.Lacking(errors.New("there is none"), p.key, "make it")}
}

// errorsOf keeps the errors of a plan.
type errorsOf struct{ text string }

func (s *errorsOf) Emit(e event.Event) { s.text += e.Error }

// TestAdvise shows what the error of a resource that lacks something names: a package of the run that
// does not come before it, or one that is known to bring it.
func TestAdvise(t *testing.T) {
	for _, c := range []struct{ summary, site, key, want string }{
		{"nothing is known", "thing a=1", "path:/etc/own/a", "there is none; make it"},
		{"a package is known", "thing a=1", "program:/bin/tool", `there is none; declare what brings it, package "tools" {}, and add depends_on = [package.tools]`},
		{"a package of the run", "pack httpd=1\nthing a=1", "path:/etc/own/a", "there is none; if pack.httpd brings it, add depends_on = [pack.httpd]; otherwise make it"},
		{"of several the one with that name", "pack curl=1\npack ownd=1\nthing a=1", "path:/etc/own/a", "there is none; if pack.ownd brings it, add depends_on = [pack.ownd]; otherwise make it"},
		{"of several any", "pack curl=1\npack wget=1\nthing a=1", "path:/etc/own/a", "there is none; if pack.curl or pack.wget brings it, name that in depends_on; otherwise make it"},
		{"it comes after the package", "pack curl=1\nthing a=1 after:curl", "path:/etc/own/a", "there is none; make it"},
	} {
		t.Run(c.summary, func(t *testing.T) {
			w := newWorld(nil)
			s := newFakeSite(t, w)
			packs := &packer{batcher{provider{w: w}}, nil}
			s.kinds["pack"].Provider = packs
			s.kinds["thing"].Provider = &lackingProvider{provider{w: w}, c.key}
			errs := &errorsOf{}
			o := s.options(s.parse(c.site), &recorder{}, nil)
			o.Events = errs
			o.Machine.Shippers = []Shipper{packs}
			o.Machine.Brings = func(key string) string {
				if key == "program:/bin/tool" {
					return "tools"
				}
				return ""
			}
			if _, err := Plan(context.Background(), o); err != nil {
				t.Fatal(err)
			}
			if got := errs.text; got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestAdviceIsFoundOnce shows that resources that lack the same thing do not search the site for what brings it again.
func TestAdviceIsFoundOnce(t *testing.T) {
	w := newWorld(nil)
	s := newFakeSite(t, w)
	s.kinds["thing"].Provider = &lackingProvider{provider{w: w}, "program:/bin/tool"}
	asked, links := 0, 0
	own := s.kinds["thing"].Links
	s.kinds["thing"].Links = func(want cty.Value) (l resource.Links) {
		if links++; own != nil {
			l = own(want)
		}
		return l
	}
	errs := &errorsOf{}
	o := s.options(s.parse("thing a=1\nthing b=1\nthing c=1\nthing d=1\nthing e=1\nthing f=1\nthing g=1\nthing h=1"), &recorder{}, nil)
	o.Events = errs
	o.Machine.Brings = func(string) string { asked++; return "tools" }
	links = 0
	if _, err := Plan(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	n := len(o.Resources)
	if told := strings.Count(errs.text, `package "tools" {}`); told != n || asked != 1 || links > 6*n {
		t.Errorf("told %d times, asked %d times, for links %d times", told, asked, links)
	}
}
