package main

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/testhost"
)

// TestMakeInstall installs a version of this project in a stow directory, and makes it stow itself.
func TestMakeInstall(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		testhost.Cannot(t, "there is no make on this machine")
	}
	local := t.TempDir()
	image := filepath.Join(local, "stow/converge/1.0")
	do(t, "make", "-s", "-C", "../..", "install", "prefix="+image, "VERSION=1.0", "DIST="+t.TempDir())

	for _, name := range []string{"converge", "stow2"} {
		f, err := elf.Open(filepath.Join(image, "bin", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range f.Progs {
			if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
				t.Errorf("%s is not static", name)
			}
		}
		f.Close()
	}
	if said := do(t, filepath.Join(image, "bin/stow2"), "-d", filepath.Join(local, "stow"), "converge/1.0"); said != "" {
		t.Errorf("stow2 says %s", said)
	}
	for path, want := range map[string]string{
		"bin":                       "stow/converge/1.0/bin",
		"bin/chkstow":               "stow2",
		"stow/converge/:managed-by": "../converge/:installed/bin/stow2",
	} {
		if text, err := os.Readlink(filepath.Join(local, path)); text != want {
			t.Errorf("%s reads %q, %v", path, text, err)
		}
	}
	if said := do(t, filepath.Join(local, "bin/chkstow")); !strings.HasPrefix(said, "USAGE: chkstow") {
		t.Errorf("chkstow says %s", said)
	}
	if said := do(t, filepath.Join(local, "bin/converge"), "version"); !strings.Contains(said, "1.0") {
		t.Errorf("converge version says %s", said)
	}
	for _, file := range []string{
		"man/man1/converge.1", "man/man5/converge-file.5", "man/man7/stow2-protocol.7", "man/man8/stow2.8",
		"bash-completion/completions/converge", "bash-completion/completions/chkstow",
		"zsh/site-functions/_stow2", "fish/vendor_completions.d/converge.fish",
	} {
		if _, err := os.Stat(filepath.Join(local, "share", file)); err != nil {
			t.Error(err)
		}
	}
}

func do(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}
