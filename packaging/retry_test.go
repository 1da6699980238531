package packaging

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The timer comes again and again; a run is started in growing pauses, until one has
// ended well.
func TestRetriesGrowRare(t *testing.T) {
	unit, err := os.ReadFile("units/converge-retry.service")
	if err != nil {
		t.Fatal(err)
	}
	_, script, _ := strings.Cut(string(unit), "ExecStart=/bin/sh -c '")
	script, _, ok := strings.Cut(script, "'\n")
	if !ok {
		t.Fatalf("there is no script in %s", unit)
	}
	dir := t.TempDir()
	// As systemd reads it.
	script = strings.NewReplacer("\\\n", " ", "$$", "$", "%%", "%", "/run/", dir+"/", "/usr/bin/converge", "converge").Replace(script)
	for name, text := range map[string]string{
		"timeout":   "shift; exec \"$@\"",
		"converge":  "[ \"$*\" = 'status --wait /etc/converge' ] && [ -e " + dir + "/well ]",
		"systemctl": "case $* in *is-failed*) exit 1 ;; esac; echo \"$*\"",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	tick := func() string {
		t.Helper()
		cmd := exec.Command("/bin/sh", "-c", script)
		cmd.Env = []string{"PATH=" + dir + ":/usr/bin:/bin"}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	ticks := func(n int) (started []int) {
		for i := range n {
			switch out := tick(); out {
			case "start --no-block converge.service\n":
				started = append(started, i+1)
			case "":
			default:
				t.Fatal(out)
			}
		}
		return started
	}
	if got := ticks(97); !slices.Equal(got, []int{1, 2, 4, 8, 16, 32, 64, 96}) {
		t.Errorf("a run was started at %v", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "well"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := ticks(1); got != nil {
		t.Errorf("a run was started although the last has ended well: %v", got)
	}
	if err := os.Remove(filepath.Join(dir, "well")); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(ticks(3)); got != "[1 2]" {
		t.Errorf("after a new failure, a run was started at %s", got)
	}
}
