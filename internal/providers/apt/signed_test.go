package apt

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
	"converge/resources"
)

// apt goes by the lists of before if a server is not there, and if it signs with
// another key. The first is a notice; the second an error, in the plan and in the run,
// whatever apt's status.
func TestWrongSignerIsNoOldList(t *testing.T) {
	const wrong = "the repository own: it is signed by the key B, and not by A"
	for name, tt := range map[string]struct {
		status int
		said   string
		signed error
		want   string
	}{
		"one of several sources": {0, "W: An error occurred during the signature verification.\n", errors.New(wrong), wrong},
		"the only source":        {100, "E: The repository is not signed.\n", errors.New(wrong), wrong},
		"no word":                {100, "", errors.New(wrong), wrong},
		"no network":             {100, "E: Failed to fetch http://x\n", nil, "<nil>"},
		"one without a network":  {0, "W: Failed to fetch http://x\n", nil, "<nil>"},
	} {
		t.Run(name, func(t *testing.T) {
			root := fakeRoot(t, "Package: dpkg\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n")
			s := &script{t: t}
			p := fakeProvider(t, root, s)
			p.checkSigned = func(context.Context) error { return tt.signed }
			for what, update := range map[string]func() error{
				"plan": func() error { _, _, err := p.fetchPrivately(t.Context(), nil, true); return err },
				"run":  func() error { return p.updateLists(t.Context(), "they are old") },
			} {
				s.steps = []step{{starts: "apt-get -q", res: tool.Result{Status: tt.status, Stderr: tt.said}}}
				want := tt.want
				if want != "<nil>" {
					want = "cannot fetch the package lists: " + want
				}
				if err := p.orOldLists(update(), ""); fmt.Sprint(err) != want {
					t.Errorf("%s: %v, want %s", what, err, want)
				}
			}
		})
	}
}

// A plan that would go by the lists of before fails instead.
func TestPlanOfAWrongSignerFails(t *testing.T) {
	root := fakeRoot(t, "Package: dpkg\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n")
	wrong := errors.New("it is signed by the key B, and not by A")
	s := &script{t: t, steps: []step{
		{starts: "apt-get -s", res: tool.Result{Status: 100, Stderr: "E: Unable to locate package a\n"}},
		{starts: "apt-get -q", res: tool.Result{Status: 100, Stderr: "E: The repository is not signed.\n"}},
	}}
	p := fakeProvider(t, root, s)
	p.checkSigned = func(context.Context) error { return wrong }
	r := (&machine{Provider: p, kind: resources.Package(p)}).resource(t, "a", nil)
	if _, err := p.Solve(t.Context(), []resource.Change{resource.Diff(r, resource.Absent)}, nil); !errors.Is(err, wrong) {
		t.Errorf("the plan says %v", err)
	}
}
