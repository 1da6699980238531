package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"converge/internal/breakpoint"
	"converge/internal/testhost"
)

// killedAt lists the system calls by which a run changes the machine or makes its state durable.
const killedAt = "write renameat renameat2 linkat unlinkat mkdirat symlinkat fchmod fchown fdatasync fsync syncfs ftruncate sendmsg pwrite64"

// killSite changes two files and notifies a unit, which keeps the content that it read at its start.
const killSite = `
variable "text" { type = string }
directory "/etc/probe" {}
file "/etc/probe/a" {
  content  = "${var.text}\n"
  notifies = [service.probe.restart]
}
file "/etc/probe/b" {
  content  = "${var.text}\n"
  notifies = [service.probe.restart]
}
file "/etc/systemd/system/probe.service" {
  content = <<-END
    [Unit]
    StartLimitIntervalSec=0
    [Service]
    Type=oneshot
    RemainAfterExit=yes
    ExecStart=/bin/sh -c 'cat /etc/probe/a /etc/probe/b >/run/probe.read'
  END
}
service "probe" { running = true }
`

// TestNoKillLosesARestart kills a run before each of these system calls, kills the recovering run at the same place too,
// and then lets one finish: every file is whole, and the unit has read the files' content.
func TestNoKillLosesARestart(t *testing.T) {
	if !testhost.OnHost(t, testhost.Options{}) {
		return
	}
	site := t.TempDir() + "/site.hcl"
	if err := os.WriteFile(site, []byte(killSite), 0o644); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "converge", "apply", "--var", "text=first", site)
	points := 0
	for _, call := range strings.Fields(killedAt) {
		for n := 1; ; n++ {
			text := fmt.Sprintf("%s-%d", call, n)
			killed := killedAtCall(t, call, n, "converge", "apply", "--var", "text="+text, site)
			if !killed {
				break
			}
			points++
			wholeFiles(t, text)
			killedAtCall(t, call, n, "converge", "apply", "--var", "text="+text, site)
			wholeFiles(t, text)
			mustRun(t, "converge", "apply", "--var", "text="+text, site)
			want := text + "\n" + text + "\n"
			if got := read(t, "/run/probe.read"); got != want {
				t.Errorf("killed at %s: the unit has read %q, want %q", text, got, want)
			}
			mustRun(t, "converge", "plan", "--detailed-exitcode", "--var", "text="+text, site)
			noLeftovers(t, text)
		}
	}
	t.Logf("killed at %d points", points)
	if points < 10 {
		t.Errorf("only %d points: the list of system calls does not fit the program", points)
	}
}

// killedAtCall runs a command, kills it right before the n-th call of that name, and reports whether it got there.
func killedAtCall(t *testing.T, call string, n int, argv ...string) bool {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	// One thread makes the calls, so that they are counted in order.
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1")
	killed, out, err := breakpoint.Run(cmd, []string{call}, func(c breakpoint.Call) breakpoint.Answer {
		if c.N == n {
			return breakpoint.Kill
		}
		return breakpoint.Proceed
	})
	if err != nil {
		t.Fatalf("%q, to be killed at call %d of %s: %v\n%s", argv, n, call, err, out)
	}
	return killed
}

// wholeFiles checks that each file is old or new. The old content is from another kill, so only its form is checked.
func wholeFiles(t *testing.T, text string) {
	t.Helper()
	for _, path := range []string{"/etc/probe/a", "/etc/probe/b"} {
		got := read(t, path)
		if strings.Count(got, "\n") != 1 || !strings.HasSuffix(got, "\n") || got == "\n" {
			t.Errorf("killed at %s: %s is neither old nor new: %q", text, path, got)
		}
	}
}

func noLeftovers(t *testing.T, text string) {
	t.Helper()
	entries, err := os.ReadDir("/etc/probe")
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 {
		t.Errorf("killed at %s: left behind in /etc/probe: %v", text, entries)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
