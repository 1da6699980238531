package savedplan

import (
	"os"
	"path/filepath"
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
