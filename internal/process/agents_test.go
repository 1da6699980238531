package process

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Of the background processes of programs, only agents of GnuPG whose program has set EndAgents are ended.
func TestEndAgents(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"gpg-agent", "dirmngr", "server"} {
		if err := os.Symlink(sleep, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	leave := func(end bool, names ...string) (pids []int) {
		script := ""
		for _, name := range names {
			script += dir + "/" + name + " 1000 >/dev/null 2>&1 & echo $!;\n" +
				"until [ \"$(cat /proc/$!/comm)\" = " + name + " ]; do :; done\n" // it is a shell until then
		}
		r, err := Run(t.Context(), Command{Argv: []string{"sh", "-c", script}, EndAgents: end})
		if err != nil || !r.OK() {
			t.Fatalf("%+v, %v", r, err)
		}
		for _, text := range strings.Fields(r.Stdout) {
			pid, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			pids = append(pids, pid)
		}
		return pids
	}
	others := leave(false, "gpg-agent", "server")
	ours := leave(true, "gpg-agent", "dirmngr", "server")
	stay := append(slices.Clone(others), ours[2])
	t.Cleanup(func() {
		for _, pid := range stay {
			_ = unix.Kill(pid, unix.SIGKILL) // if it is missing, the test has failed already
		}
	})
	for _, pid := range stay {
		if _, alive := StatOf(pid); !alive {
			t.Errorf("%d was ended, of %d that are left by others and %d of ours", pid, others, ours)
		}
	}
	for _, pid := range ours[:2] {
		if _, alive := StatOf(pid); alive {
			t.Errorf("the agent %d was not ended", pid)
		}
	}
}
