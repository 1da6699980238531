package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/app/environ"
)

// TestBashCompletesWithoutPackage has a real bash without the package bash-completion complete lines, whose
// words it has broken at = and : before.
func TestBashCompletesWithoutPackage(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash on this machine to complete in")
	}
	var script bytes.Buffer
	if err := completionScript(newRootCommand(&environ.Env{}), &script, "bash"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "converge.bash")
	if err := os.WriteFile(file, script.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ line, words, want string }{
		{"converge vali", "converge vali", "validate"},
		{"converge plan --color nev", "converge plan --color nev", "never"},
		{"converge plan --color=nev", "converge plan --color = nev", "never"},
		{"converge plan --color=", "converge plan --color = ''", "always auto never"},
		{"converge plan --var a= --color nev", "converge plan --var a = --color nev", "never"},
	} {
		words := strings.Fields(c.words)
		run := exec.Command(bash, "--noprofile", "--norc", "-c", `. "$1"; COMP_LINE=$2; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9; eval "COMP_WORDS=($3)"; COMP_CWORD=$((${#COMP_WORDS[@]}-1)); compopt() { :; }; __start_converge; printf '%s\n' "${COMPREPLY[@]%% *}" | sort | xargs`,
			"bash", file, c.line, strings.Join(words, " "))
		run.Dir = dir
		out, err := run.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != c.want {
			t.Errorf("%s: %v, completed to %q, want %q", c.line, err, got, c.want)
		}
	}
}
