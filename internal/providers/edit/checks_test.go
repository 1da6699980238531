package edit

import (
	"context"
	"errors"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/verify"
	"converge/resources"
)

// TestCheckIsAboutTheFile: a check that one part of a file names judges all parts of it,
// whichever part is wrong, and whether or not the part that names it is changed.
func TestCheckIsAboutTheFile(t *testing.T) {
	a := resourcetest.Attrs
	// UMASK 777 is what no check accepts.
	alone := []string{"/bin/sh", "-c", "! grep -q 777 {path}"}
	inPlace := func(w *resourcetest.World) []string {
		return []string{"/bin/sh", "-c", "! grep -q 777 " + w.Root + "/etc/login.defs"}
	}
	for _, tt := range []struct {
		name    string
		naming  map[string]cty.Value // the part that names the check
		changed bool                 // it is among the changes
		umask   any                  // that the other part wants
		fails   bool
	}{
		{"both are right", a("key", "PASS_MAX_DAYS", "value", 60), true, "027", false},
		{"the other part is wrong", a("key", "PASS_MAX_DAYS", "value", 60), true, "777", true},
		{"the naming part is as declared", a("key", "PASS_MAX_DAYS", "value", 99999), false, "027", false},
		{"the naming part is as declared, the other wrong", a("key", "PASS_MAX_DAYS", "value", 99999), false, "777", true},
		{"the naming part is for later, the other wrong", a("key", "PASS_MAX_DAYS", "value", 60), false, "777", true},
	} {
		for how, check := range map[string]func(*resourcetest.World) []string{"{path}": func(*resourcetest.World) []string { return alone }, "in place": inPlace} {
			t.Run(tt.name+", "+how, func(t *testing.T) {
				w := world(t)
				p := w.Provider.(*Provider)
				naming := resourceOf(t, w, resources.Setting, "naming", with(tt.naming, "verify", check(w)))
				other := resourceOf(t, w, resources.Setting, "other", a("path", "/etc/login.defs", "key", "UMASK", "value", tt.umask))
				p.Declare([]*resource.Resource{naming, other})
				cs := []resource.Change{resourcetest.Plan(t, other)}
				if tt.changed {
					cs = append(cs, resourcetest.Plan(t, naming))
				}
				if _, err := p.Solve(context.Background(), cs, nil); err != nil && !errors.As(err, new(resource.Unsolvable)) {
					t.Fatal(err)
				}
				foreseen := p.Review(context.Background(), cs[0], resource.Outlook{Ask: resource.AskForecast}).Blocked
				made := p.ApplyAll(context.Background(), cs, resource.Forecast{}).Err(0)
				for when, err := range map[string]error{"plan": foreseen, "apply": made} {
					if tt.fails != errors.Is(err, verify.ErrRefused) || !tt.fails && err != nil {
						t.Errorf("%s: %v", when, err)
					}
				}
				if tt.fails {
					resourcetest.Holds("/etc/login.defs", loginDefs)(t, w)
				}
			})
		}
	}
}

// with is the attributes of a part of login.defs, and one more.
func with(attrs map[string]cty.Value, name string, value any) map[string]cty.Value {
	all := resourcetest.Attrs("path", "/etc/login.defs", name, value)
	for k, v := range attrs {
		all[k] = v
	}
	return all
}
