package verify_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"converge/internal/process"
	"converge/internal/resource"
	"converge/internal/verify"
)

// A check that refuses a set judges it together with the later changes of the run. A strict one does not, because the
// set alone would be in place for a while.
func TestCommitWithLater(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make mount namespaces")
	}
	first, second := resource.Addr{Kind: "file", Name: "first"}, resource.Addr{Kind: "file", Name: "second"}
	secret := map[string]bool{"content": true}
	for _, tt := range []struct {
		name   string
		m      member
		later  []resource.Change
		refuse string // how the error begins and ends, with … between; "": none
	}{
		{"what comes later", member{name: "a", text: "new", checks: []string{"cat x/y"}}, []resource.Change{{Addr: second}}, ""},
		{"nothing comes later", member{name: "a", text: "new", checks: []string{"cat x/y 2>&1"}}, nil, "exit status 1\n…No such file or directory"},
		{"another change comes later", member{name: "a", text: "new", checks: []string{"cat x/y 2>&1"}}, []resource.Change{{Addr: first}}, "exit status 1\n…No such file or directory"},
		{"refused even so", member{name: "a", text: "new", checks: []string{"cat x/y 2>&1; false"}}, []resource.Change{{Addr: second}}, "exit status 1\n…later"},
		{"what comes later is secret", member{name: "a", text: "new", checks: []string{"cat x/y 2>&1; false"}}, []resource.Change{{Addr: second, Secret: secret}}, "exit status 1\n…No such file or directory"},
		{"the set changes it too", member{name: "a", text: "new", checks: []string{"cat a; grep later a"}}, []resource.Change{{Addr: first}}, "exit status 1\n…new"},
		{"a strict check", member{name: "a", text: "new", checks: []string{"cat x/y"}, strict: true}, []resource.Change{{Addr: second}}, "exit status 1; it accepts it only together with what the run changes later…No such file or directory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			planned := []resource.Change{{Addr: first}, {Addr: second}}
			if len(tt.later) > 0 && tt.later[0].Addr == second {
				planned[1] = tt.later[0]
			}
			w.k.Declare(w, planned, func(_ context.Context, cs []resource.Change) (overlay []process.Overlaid, whole bool) {
				for _, c := range cs {
					name := map[string]string{"first": "/a", "second": "/x/y"}[c.Addr.Name]
					overlay = append(overlay, process.Overlaid{Path: w.dir + name, Content: []byte("later"), Mode: 0o644})
				}
				return overlay, true
			})
			errs, tree := w.commit(t, []member{tt.m}, tt.later...)
			start, end, _ := strings.Cut(tt.refuse, "…")
			if tt.refuse == "" && errs[0] != "" || !strings.Contains(errs[0], start) || !strings.HasSuffix(errs[0], end) {
				t.Error(errs[0])
			}
			if strings.Contains(tree, "new") != (tt.refuse == "") || strings.Contains(tree, "later") {
				t.Error(tree)
			}
		})
	}
}

// A plan hides the output of a check that sees sensitive content.
func TestForecastOfSensitive(t *testing.T) {
	w := newWorld(t)
	type want struct {
		Sensitive resource.Opt[bool] `attr:"sensitive"`
	}
	c := resource.Change{Want: resource.Encode(want{resource.Some(true)})}
	w.k.Declare(w, []resource.Change{c}, func(context.Context, []resource.Change) ([]process.Overlaid, bool) {
		return []process.Overlaid{{Path: w.dir + "/x", Content: []byte("hunter2")}}, true
	})
	check := verify.Check{Argv: []string{"sh", "-c", "cat " + w.dir + "/x; false"}, Path: w.dir + "/x", Verb: "replace"}
	v := w.k.Forecast(t.Context(), check, w, resource.Outlook{Ask: resource.AskForecast})
	if os.Geteuid() == 0 && v.Blocked == nil || v.Blocked != nil && strings.Contains(v.Blocked.Error(), "hunter2") {
		t.Error(v)
	}
}
