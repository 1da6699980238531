package apt

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/testhost"
	"converge/resources"
)

// onHost runs the calling test in a host whose only package source is the
// test repository, not yet fetched.
func onHost(t *testing.T) bool { return testhost.OnHost(t, testhost.Options{Repo: true}) }

// machine is the provider under test, and what it says.
type machine struct {
	*Provider
	kind    *resource.Kind
	outcome resource.Outcome // of the last converge

	mu   sync.Mutex
	said strings.Builder
	when map[string]func() // what to do once a line that starts so is said
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{when: map[string]func(){}}
	hear := func(s string) {
		t.Log("said: " + s)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.said.WriteString(s + "\n")
		for start, do := range m.when {
			if strings.HasPrefix(s, start) {
				delete(m.when, start)
				do()
			}
		}
	}
	p, err := New(Options{Progress: hear, Waiting: hear, Notice: hear})
	if err != nil {
		t.Fatal(err)
	}
	m.Provider, m.kind = p, resources.Package(p)
	return m
}

// attrs are a resource's attributes; name and ensure are filled in.
type attrs map[string]any

func (m *machine) resource(t testing.TB, name string, a attrs) *resource.Resource {
	in := map[string]cty.Value{"name": cty.StringVal(name), "ensure": cty.StringVal("present")}
	for k, v := range a {
		switch v := v.(type) {
		case string:
			in[k] = cty.StringVal(v)
		case bool:
			in[k] = cty.BoolVal(v)
		}
	}
	want, err := m.kind.Prepare(resource.Input{Attrs: in, Dir: "/"})
	if err != nil {
		t.Fatal(err)
	}
	return &resource.Resource{
		Addr: resource.Addr{Kind: "package", Name: name}, Kind: m.kind, Want: cty.ObjectVal(want),
	}
}

// diff observes and compares; changes that are empty are left out.
func (m *machine) diff(t testing.TB, rs ...*resource.Resource) []resource.Change {
	t.Helper()
	var cs []resource.Change
	for _, r := range rs {
		have, err := m.Observe(t.Context(), r.Want)
		if err != nil {
			t.Fatalf("%s: %v", r.Addr, err)
		}
		if c := resource.Diff(r, have); !c.Empty() {
			cs = append(cs, c)
		}
	}
	return cs
}

// converge plans and applies, and the plan after must be empty.
func (m *machine) converge(t *testing.T, rs ...*resource.Resource) resource.Forecast {
	t.Helper()
	f, err := m.Solve(t.Context(), m.diff(t, rs...), nil)
	if err != nil {
		t.Fatal(err)
	}
	m.outcome = m.ApplyAll(t.Context(), m.diff(t, rs...), f)
	if err := errors.Join(m.outcome.Errs...); err != nil {
		t.Fatal(err)
	}
	if left := m.diff(t, rs...); len(left) > 0 {
		t.Fatalf("not converged: %v", summary(left))
	}
	return f
}

// summary is changes in one line each: "create a version=1.0".
func summary(cs []resource.Change) []string {
	var out []string
	for _, c := range cs {
		s := string(c.Action) + " " + c.Addr.Name
		for _, a := range c.Attrs {
			if a.Name == "name" {
				continue
			}
			s += " " + a.Name + "=" + word(a.Have) + "→" + word(a.Want)
		}
		out = append(out, s)
	}
	return out
}

func word(v cty.Value) string {
	switch {
	case v == cty.NilVal:
		return ""
	case v.Type() == cty.Bool && v.True():
		return "yes"
	case v.Type() == cty.Bool:
		return "no"
	}
	return v.AsString()
}

func shell(t testing.TB, script string) string {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "sh", "-ec", script)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return strings.TrimSpace(string(out))
}

// state is a package's state and version, "ii 1.0", or "" if unknown.
func state(t testing.TB, name string) string {
	t.Helper()
	return shell(t, `dpkg-query -W -f='${db:Status-Abbrev}${Version}' `+name+` 2>/dev/null || true`)
}

// transactions is how many apt-get runs apt's own log has.
func transactions(t *testing.T) int {
	t.Helper()
	data, err := os.ReadFile("/var/log/apt/history.log")
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Count(string(data), "Start-Date:")
}
