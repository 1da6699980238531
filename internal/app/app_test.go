package app

import (
	"os"
	"path/filepath"
	"testing"

	"converge/internal/app/environ"
	"converge/internal/app/statedir"
)

func TestStateDir(t *testing.T) {
	for _, tt := range []struct {
		name       string
		uid        int
		env        []string
		flag, root string
		want       string // "" : an error
	}{
		{"root", 0, []string{"HOME=/root"}, "", "/", "/var/lib/converge"},
		{"root without HOME, as under cloud-init", 0, nil, "", "/", "/var/lib/converge"},
		{"user", 1000, []string{"HOME=/home/u"}, "", "/", "/home/u/.local/state/converge"},
		{"user with XDG", 1000, []string{"HOME=/home/u", "XDG_STATE_HOME=/x"}, "", "/", "/x/converge"},
		{"a relative XDG is no XDG", 1000, []string{"HOME=/home/u", "XDG_STATE_HOME=x"}, "", "/", "/home/u/.local/state/converge"},
		{"user without HOME", 1000, nil, "", "/", ""},
		{"tree", 1000, nil, "", "/image", "/image/var/lib/converge"},
		{"flag", 1000, nil, "/state", "/image", "/state"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := &environ.Env{UID: tt.uid, Vars: tt.env}
			got, err := statedir.Find(env, tt.flag, tt.root)
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestSavedPlanComesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p")
	p := &savedPlan{Path: "/site", Root: "/", Targets: []string{"file.a"}}
	if err := p.writeFile(path); err != nil {
		t.Fatal(err)
	}
	got, err := readPlan(path)
	if err != nil || got == nil || got.ID != p.ID || got.Path != "/site" || got.Targets[0] != "file.a" {
		t.Fatalf("got %+v, %v", got, err)
	}
	for _, other := range []string{t.TempDir(), filepath.Join(t.TempDir(), "missing")} {
		if p, err := readPlan(other); p != nil || err != nil {
			t.Errorf("%s is taken for a plan: %v, %v", other, p, err)
		}
	}
	if err := os.WriteFile(path, []byte(planMagic+`{"id":"x"} trailing`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readPlan(path); err == nil {
		t.Error("a damaged plan is read")
	}
}

func FuzzParsePlan(f *testing.F) {
	f.Add([]byte(`{"id":"a","made":"2026-11-20T00:00:00Z","path":"/s","root":"/","vars":{"a":1,"b":"x","c":[1]},"steps":[{"resource":"file.a","have":"","want":"","change":"","action":"none"}]}`))
	f.Add([]byte(`{"id":1}`))
	f.Fuzz(func(_ *testing.T, b []byte) {
		if p, err := parsePlan(b); err == nil {
			p.variables()
		}
	})
}
