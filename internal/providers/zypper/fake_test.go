package zypper

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
)

// captured returns the output of a real zypper 1.14.42, in testdata.
func captured(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// fake answers rpm queries with packages, and zypper commands with captured output.
type fake struct {
	installed string
	out       string
	status    int
	ran       []string // zypper commands
	queries   []string // rpm queries
}

func (f *fake) Run(_ context.Context, c tool.Command) (tool.Result, error) {
	if c.Argv[0] == "rpm" {
		f.queries = append(f.queries, strings.Join(c.Argv, " "))
		return tool.Result{Stdout: f.installed}, nil
	}
	f.ran = append(f.ran, strings.Join(c.Argv, " "))
	return tool.Result{Status: f.status, Stdout: f.out}, nil
}

// newMachine returns a zypper whose root is a folder.
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

// pkg returns an installed package in the format of rpm's answer.
func pkg(name, version string) string { return "P\t" + name + "\t0:" + version + "\tnoarch\n" }
