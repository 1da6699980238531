package dnf

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
)

// captured is the output of a real dnf 4.14, in testdata.
func captured(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// fake answers commands with captured output, by the first word that a command has.
type fake struct {
	answers map[string]string
	ran     []string // commands
	stdin   []string
	then    func() // called after each dnf shell; nil: nothing
}

func (f *fake) Run(_ context.Context, c tool.Command) (tool.Result, error) {
	line := strings.Join(c.Argv, " ")
	f.ran = append(f.ran, line)
	f.stdin = append(f.stdin, c.Stdin)
	for word, out := range f.answers {
		if strings.Contains(line, word) {
			out, errs, _ := strings.Cut(out, "--stderr\n")
			if f.then != nil && word == " shell" {
				f.then()
			}
			return tool.Result{Stdout: out, Stderr: errs}, nil
		}
	}
	return tool.Result{Status: 1, Stderr: "no such command: " + line}, nil
}

// newMachine is dnf in a tree that is a folder.
func newMachine(t testing.TB, f *fake) (*machine, packages.Manager) {
	t.Helper()
	m, err := New(Options{Options: tool.Options{Root: t.TempDir(), Runner: f, LockTimeout: -1}})
	if err != nil {
		t.Fatal(err)
	}
	return m.machine, m.Parts()
}

func writeFile(t testing.TB, m *machine, name, text string) {
	t.Helper()
	at := filepath.Join(m.Root, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// pkg is an installed package in rpm's answer.
func pkg(name, version string) string { return "P\t" + name + "\t0:" + version + "\tnoarch\n" }
