package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"converge/internal/testhost"
)

// TestReadmePlanOnHost plans the manifest at the top of the README on a machine, and compares the plan with the text
// below it; with -update it writes that text. Then it applies the plan.
func TestReadmePlanOnHost(t *testing.T) {
	path := filepath.Join("..", "..", "README.md")
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	top := regexp.MustCompile("(?ms)^```hcl\n(.*?)^```\n\n!\\[[^`]*```text\n\\$ converge plan\n(.*?)^```$")
	m := top.FindSubmatchIndex(readme)
	if m == nil {
		t.Fatal("the README does not begin with a manifest and its plan")
	}
	h := testhost.Start(t, testhost.Options{Repo: true})
	h.MustExec(t, "apt-get", "update")
	h.WriteFile(t, "/srv/site/site.hcl", string(readme[m[2]:m[3]]), 0o644)
	converge := h.Program(t, "converge/cmd/converge")

	plan := h.MustExec(t, "env", "-C", "/srv/site", converge, "plan")
	want := string(readme[m[4]:m[5]])
	if anyVersion(plan) != anyVersion(want) {
		if !*update {
			t.Errorf("the README's manifest plans\n%s", plan)
		} else if err := os.WriteFile(path, bytes.Join([][]byte{readme[:m[4]], []byte(plan), readme[m[5]:]}, nil), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	h.MustExec(t, converge, "apply", "/srv/site")
	if again := h.MustExec(t, converge, "apply", "/srv/site"); again != "Nothing to do: 3 resources are as declared.\n" {
		t.Errorf("a second apply says\n%s", again)
	}
}

// anyVersion replaces versions, which depend on the mirror, and undoes the line folding that depends on them.
func anyVersion(s string) string {
	return regexp.MustCompile(`\d+(:\d+)?\.[\w.+~:-]+`).ReplaceAllString(s, "VERSION")
}
