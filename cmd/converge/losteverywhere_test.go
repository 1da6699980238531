package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"converge/internal/app/environ"
)

// TestLostOutputIsAnErrorEverywhere shows that each command that prints an answer fails with a reason if the answer
// cannot be written. A command that is missing in the table fails the test.
func TestLostOutputIsAnErrorEverywhere(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("there is no device that is always full: %v", err)
	}
	defer full.Close()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"site.hcl": "variable \"v\" { default = 1 }\nfile \"/motd\" { content = \"x\\n\" }\noutput \"o\" { value = 1 }\n", "bad/site.hcl": "locals   { a = 1 }\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run := func(out *os.File, words ...string) (string, error) {
		cmd := exec.Command("converge", words...)
		cmd.Dir = dir
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if out != nil {
			cmd.Stdout = out
		}
		err := cmd.Run()
		return stderr.String(), err
	}
	root := filepath.Join(dir, "root")
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	if says, err := run(nil, "apply", "--root", root); err != nil {
		t.Fatalf("%v: %s", err, says)
	}
	tried := map[string]bool{}
	try := func(words ...string) {
		t.Helper()
		tried[words[0]] = true
		says, err := run(full, words...)
		if err == nil || !strings.Contains(says, "cannot write to standard output: no space left on device") {
			t.Errorf("converge %s: %v, says %q", strings.Join(words, " "), err, says)
		}
	}
	for _, line := range strings.Split(`plan --root root
check --root root --json
apply --root root
status --root root
owed --root root
history --root root
history --root root --html
show --root root last
show --root root last --json
report --root root
validate
validate --json
fmt --check bad
validate --json bad/none
fmt --json --diff bad
graph
graph --format svg
graph --json
facts
data
output
output o
eval 1+1
explain
explain file
explain --json file
schema
version
version --json
completion bash
completion fish
help plan
rollback --root root --dry-run`, "\n") {
		try(strings.Fields(line)...)
	}
	try("__complete-bash", "9", "80", " ", "converge pl")
	// Of these, console and test print only to what they test, forget and wanted print nothing without input, lsp speaks
	// to an editor; stow, pack and repo are other programs.
	others := []string{"console", "test", "forget", "wanted", "lsp", "stow", "pack", "repo"}
	for _, c := range append(newRootCommand(&environ.Env{}).Commands(), &cobra.Command{Use: "help"}) {
		if !tried[c.Name()] && !slices.Contains(others, c.Name()) {
			t.Errorf("converge %s is not tried", c.Name())
		}
	}
}
