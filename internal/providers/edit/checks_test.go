package edit

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
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

// TestCheckRunsOnceForAFile: a plan asks about all parts of a file at the same time, and its check
// runs once.
func TestCheckRunsOnceForAFile(t *testing.T) {
	w := world(t)
	p := w.Provider.(*Provider)
	ran := filepath.Join(t.TempDir(), "ran")
	check := []string{"/bin/sh", "-c", "echo >> " + ran + "; test -s {path}"}
	var rs []*resource.Resource
	var cs []resource.Change
	for i := range 16 {
		name := fmt.Sprintf("KEY_%d", i)
		rs = append(rs, resourceOf(t, w, resources.Setting, name, resourcetest.Attrs("path", "/etc/login.defs", "key", name, "value", i, "verify", check)))
		cs = append(cs, resourcetest.Plan(t, rs[i]))
	}
	p.Declare(rs)
	if _, err := p.Solve(context.Background(), cs, nil); err != nil {
		t.Fatal(err)
	}
	var asked sync.WaitGroup
	for _, c := range cs {
		asked.Go(func() {
			if err := p.Review(context.Background(), c, resource.Outlook{Ask: resource.AskForecast}).Blocked; err != nil {
				t.Error(err)
			}
		})
	}
	asked.Wait()
	if text, err := os.ReadFile(ran); len(text) != 1 || err != nil {
		t.Errorf("the check ran %d times: %v", len(text), err)
	}
}

// TestCheckInATree: a plan runs the check of a part of a file inside a tree as well, by the programs
// of the tree, and leaves nothing in it.
func TestCheckInATree(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can run a program inside a tree")
	}
	program, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	self, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		t.Fatal(err)
	}
	if libraries, err := self.ImportedLibraries(); err == nil && len(libraries) > 0 {
		t.Skip("this program needs libraries that the tree has not")
	}
	for umask, refused := range map[string]bool{"027": false, "777": true} {
		root, f := host(t)
		resourcetest.WriteProgram(t, root+inTree, string(program))
		p := New(Options{FS: f, RunID: "test", Checks: verify.New(f, true)})
		w := &resourcetest.World{Provider: p, Root: root}
		r := resourceOf(t, w, resources.Setting, "a", resourcetest.Attrs("path", "/etc/login.defs", "key", "UMASK", "value", umask, "verify", []string{inTree, "{path}"}))
		p.Declare([]*resource.Resource{r})
		cs := []resource.Change{resourcetest.Plan(t, r)}
		if _, err := p.Solve(context.Background(), cs, nil); err != nil {
			t.Fatal(err)
		}
		before := resourcetest.DumpTree(t, root, false)
		err := p.Review(context.Background(), cs[0], resource.Outlook{Ask: resource.AskForecast}).Blocked
		if errors.Is(err, verify.ErrRefused) != refused || !refused && err != nil {
			t.Errorf("UMASK %s: %v", umask, err)
		}
		if after := resourcetest.DumpTree(t, root, false); after != before {
			t.Errorf("the plan has changed the tree:\n%s\n%s", before, after)
		}
	}
}
