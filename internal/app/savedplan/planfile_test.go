package savedplan

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSavedPlanComesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p")
	p := &Plan{Path: "/site", Root: "/", Targets: []string{"file.a"}}
	if err := p.writeFile(path); err != nil {
		t.Fatal(err)
	}
	got, err := Read(path)
	if err != nil || got == nil || got.ID != p.ID || got.Path != "/site" || got.Targets[0] != "file.a" {
		t.Fatalf("got %+v, %v", got, err)
	}
	for _, other := range []string{t.TempDir(), filepath.Join(t.TempDir(), "missing")} {
		if p, err := Read(other); p != nil || err != nil {
			t.Errorf("%s is taken for a plan: %v, %v", other, p, err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 5, len(planMagic), len(whole) / 2} {
		if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), cutText) {
			t.Errorf("of a plan, %d bytes are left: %v", n, err)
		}
	}
	manifest := filepath.Join(t.TempDir(), "empty.hcl")
	if err := os.WriteFile(manifest, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err := Read(manifest); p != nil || err != nil {
		t.Errorf("an empty manifest is taken for a plan: %v, %v", p, err)
	}
	if err := os.WriteFile(path, []byte(planMagic+`{"id":"x"} trailing`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil {
		t.Error("a damaged plan is read")
	}
}

func FuzzParsePlan(f *testing.F) {
	f.Add([]byte(`{"id":"a","made":"2026-11-20T00:00:00Z","path":"/s","root":"/","vars":{"a":1,"b":"x","c":[1]},"steps":[{"resource":"file.a","have":"","want":"","change":"","action":"none"}]}`))
	f.Add([]byte(`{"id":1}`))
	f.Fuzz(func(_ *testing.T, b []byte) {
		if p, err := parsePlan(b); err == nil {
			p.Variables()
		}
	})
}
