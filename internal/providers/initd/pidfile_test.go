package initd

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A number that another process has now is no sign of life: it was started after the
// file was written, and runs something else.
func TestReusedPidIsNoSignOfLife(t *testing.T) {
	cmd := exec.Command("sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	f := newFolder(t, OpenRC, nil)
	f.write(t, "run/web.pid", fmt.Sprint(cmd.Process.Pid))
	pids := pidFiles{f.fs}
	for name, tt := range map[string]struct {
		script, noted string
		old           bool
		want          bool
	}{
		"another program":                     {"DAEMON=/usr/sbin/webd\n", "", true, false},
		"another one, as OpenRC has noted":    {"", "exec=/usr/sbin/webd\npidfile=/run/web.pid\n", true, false},
		"the same program":                    {"DAEMON=/bin/sleep\n", "", true, true},
		"the same program, as a script":       {"command=/usr/lib/web/600\n", "", true, true},
		"one of several":                      {"command=/usr/sbin/webd\n", "exec=/bin/sleep\n", true, true},
		"another that it handed over to":      {"DAEMON=/usr/sbin/webd\n", "", false, true},
		"a program that the script tells not": {"DAEMON=$(find_it)\n", "", true, true},
	} {
		at := time.Now()
		if tt.old {
			at = at.Add(-time.Hour)
		}
		if err := os.Chtimes(filepath.Join(f.root, "run/web.pid"), at, at); err != nil {
			t.Fatal(err)
		}
		f.write(t, "run/openrc/daemons/web/001", tt.noted)
		_, _, runs := pids.findProcess(newScript("web", "pidfile=/run/web.pid\n"+tt.script))
		if runs != tt.want {
			t.Errorf("%s: it runs: %v", name, runs)
		}
	}
}
