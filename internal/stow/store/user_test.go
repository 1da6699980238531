package store_test

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"converge/internal/resource/resourcetest"
	"converge/internal/stow/store/storetest"
)

// nobody is a user without privileges or files.
const nobody = 65534

// A user without privileges works in an own tree, with versions from another user's store.
func TestWithoutPrivilege(t *testing.T) {
	if os.Getuid() != 0 {
		t.Log("all tests are without privilege here")
		return
	}
	w := storetest.New(t, foo+"\nhome/own = x\nhome/stow/mine/1/bin/mine = m")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	resourcetest.WriteProgram(t, w.Root+"/command", string(program))
	if err := os.Chmod(filepath.Dir(w.Root), 0o755); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(w.Root+"/home", func(p string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(p, nobody, nobody)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"-t=/home foo/1.0", "-t=/home foo/2.0", "-t=/home -R foo", "-t=/home -D foo", "-t=/home foo/1.0"} {
		asNobody(w, line, true)
	}
	asNobody(w, "foo/1.0", false)
	if text, _ := os.Readlink(w.Root + "/home/bin"); text != "../usr/stow/foo/1.0/bin" {
		t.Errorf("home/bin reads %q:\n%s", text, w.Show())
	}
	if _, err := os.Lstat(w.Root + "/usr/stow/:views"); err == nil {
		t.Error("the store was written to")
	}
}

func asNobody(w *storetest.World, line string, works bool) {
	w.T.Helper()
	cmd := exec.CommandContext(context.Background(), w.Root+"/command")
	cmd.Env = []string{envRoot + "=" + w.Root, envLine + "=" + line}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	if out, err := cmd.CombinedOutput(); (err == nil) != works {
		w.T.Errorf("%s: %v: %s", line, err, out)
	}
}
