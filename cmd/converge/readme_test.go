package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"converge/internal/app/kinds"
)

// TestReadme runs every command of README.md and of docs/operate.md, in order, and compares the output with the text;
// with -update it writes the text. A folder of the test replaces /tmp. The only command that is not run is the one that
// runs this test, and .ci/run must call that.
func TestReadme(t *testing.T) {
	for _, page := range []string{"README.md", "docs/operate.md"} {
		t.Run(page, func(t *testing.T) { runPage(t, page) })
	}
}

// runPage runs the commands of one page.
func runPage(t *testing.T, name string) {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	sh := shell{root: root, tmp: t.TempDir()}
	ran := 0
	blocks := regexp.MustCompile("(?ms)^```console\n(.*?)^```$")
	got := blocks.ReplaceAllFunc(page, func(block []byte) []byte {
		body := blocks.FindSubmatch(block)[1]
		var out bytes.Buffer
		out.WriteString("```console\n")
		for line := range strings.Lines(string(body)) {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				out.WriteString(line + sh.run(t, command))
				ran++
			}
		}
		out.WriteString("```")
		return out.Bytes()
	})
	if ran < 5 {
		t.Fatalf("only %d commands were found", ran)
	}
	if *update {
		if err := os.WriteFile(filepath.Join(root, name), got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(got, page) {
		t.Errorf("%s does not say what its commands print; it should be\n%s", name, got)
	}
}

// TestReadmeTestCommand compares the README's second command with CI's.
func TestReadmeTestCommand(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?ms)^```sh\n(.*?)^```$").FindAllSubmatch(readme, -1) {
		ci, err := os.ReadFile(filepath.Join("..", "..", ".ci", "run"))
		if err != nil {
			t.Fatal(err)
		}
		if command := strings.TrimSpace(string(m[1])); !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(command) + `( |$)`).Match(ci) {
			t.Errorf("nothing runs the README's command %q: .ci/run does not call it", command)
		}
	}
}

type shell struct{ root, tmp string }

// run runs a command line of the README and returns its output.
func (s shell) run(t *testing.T, command string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(command, "/tmp/", s.tmp+"/"))
	cmd.Dir = s.root
	// testscript has put this program on PATH as converge. Without cgo, as on a machine without a C compiler, all builds
	// here share their packages.
	cmd.Env = append(os.Environ(), "NO_COLOR=1", "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(out), s.tmp+"/", "/tmp/")
	// "go run" prints the status of the program; durations and names of runs may differ.
	text = regexp.MustCompile(`\b\d{8}T\d{6}Z-[0-9a-f]{4}\b`).ReplaceAllString(text, "20261130T060000Z-7a3b")
	return regexp.MustCompile(` in \d+\.\ds\.`).ReplaceAllString(text, " in 0.0s.")
}

// TestReadmeListsKinds checks that the README links the page of each kind.
func TestReadmeListsKinds(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds.New().All() {
		if link := "[`" + k.Name + "`](docs/kinds/" + k.Name + ".md)"; !bytes.Contains(readme, []byte("| "+link)) && !bytes.Contains(readme, []byte(", "+link)) {
			t.Errorf("README.md does not list the kind %s", k.Name)
		}
	}
}
