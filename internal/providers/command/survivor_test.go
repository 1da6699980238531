package command

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/userdb"
)

// A command that outlived its run is waited for, however much was noted of it,
// and nothing else is.
func TestAwaitSurvivor(t *testing.T) {
	at, err := now()
	if err != nil {
		t.Fatal(err)
	}
	argv := []string{"sh", "-c", "read x"}
	for _, tt := range []struct {
		name    string
		note    func(r record) any
		waited  bool
		timeout string
		err     string
	}{
		{"noted", func(r record) any { return r }, true, "", ""},
		{"about to be started", func(r record) any { r.PID, r.Start = 0, 0; return r }, true, "", ""},
		{"about to be started, other words", func(r record) any { r.PID, r.Argv = 0, "x"; return r }, false, "", ""},
		{"another boot", func(r record) any { r.Boot = "x"; return r }, false, "", ""},
		{"a number that was used again", func(r record) any { r.Start--; return r }, false, "", ""},
		{"no note", func(record) any { return nil }, false, "", ""},
		{"a damaged note", func(record) any { return "{" }, false, "", ""},
		{"a process that is not there", func(r record) any { r.PID = 1 << 29; return r }, false, "", ""},
		{"init", func(r record) any { r.PID = 1; return r }, false, "", ""},
		{"beyond its timeout", func(r record) any { r.Since = r.Since.Add(-time.Hour); return r }, true, "1m", "took longer than 1m0s and was ended"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fs, err := fsys.Open(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			defer fs.Close()
			p := New(fs, userdb.New("/"))
			cmd := exec.Command(argv[0], argv[1:]...)
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			var told []string
			p.Remember(t.TempDir(), func(s string) {
				told = append(told, s)
				if tt.err == "" {
					in.Close() // so that it ends while it is waited for
				}
			}, nil)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			s, _ := statOf(cmd.Process.Pid)
			if err := os.Mkdir(filepath.Join(p.state, running), 0o700); err != nil {
				t.Fatal(err)
			}
			if note := tt.note(record{Boot: at.Boot, Since: time.Now(), PID: cmd.Process.Pid, Start: s.start, Argv: p.digestOf(argv)}); note != nil {
				text, err := json.Marshal(note)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(p.state, recordName("exec.a")), text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want := map[string]cty.Value{"address": cty.StringVal("exec.a")}
			if tt.timeout != "" {
				want["timeout"] = cty.StringVal(tt.timeout)
			}
			waited, err := p.awaitSurvivor(t.Context(), cty.ObjectVal(want))
			if waited != tt.waited || (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("waited: %v, %v", waited, err)
			}
			if tt.waited && len(told) != 1 {
				t.Errorf("told %q", told)
			}
			in.Close()
			<-ended
		})
	}
}

// What runs is noted while it runs, and no longer.
// TestAwaitSurvivorOfAnotherAddress: a command that was renamed, or moved into a module,
// is known by its words.
func TestAwaitSurvivorOfAnotherAddress(t *testing.T) {
	at, err := now()
	if err != nil {
		t.Fatal(err)
	}
	state, argv := t.TempDir(), []string{"sh", "-c", "read x"}
	cmd := exec.Command(argv[0], argv[1:]...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	s, _ := statOf(cmd.Process.Pid)
	p := New(nil, nil)
	p.Remember(state, nil, nil)
	if err := p.note("exec.old", record{Boot: at.Boot, Since: time.Now(), PID: cmd.Process.Pid, Start: s.start, Argv: p.digestOf(argv)}); err != nil {
		t.Fatal(err)
	}
	p.Remember(state, func(string) { in.Close() }, nil) // the next run
	for command, waits := range map[string]bool{"read y": false, "read x": true} {
		words := cty.ListVal([]cty.Value{cty.StringVal("sh"), cty.StringVal("-c"), cty.StringVal(command)})
		want := cty.ObjectVal(map[string]cty.Value{"address": cty.StringVal("module.m.exec.new"), "command": words})
		if waited, err := p.awaitSurvivor(t.Context(), want); waited != waits || err != nil {
			t.Errorf("%s: waited: %v, %v", command, waited, err)
		}
	}
	in.Close()
	<-ended
}

func TestRunningIsNoted(t *testing.T) {
	fs, err := fsys.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	defer fs.Close()
	p := New(fs, userdb.New("/"))
	state := t.TempDir()
	p.Remember(state, nil, nil)
	copied := filepath.Join(t.TempDir(), "copy")
	want := cty.ObjectVal(map[string]cty.Value{
		"address": cty.StringVal("exec.a"), "always": cty.True,
		"command": cty.StringVal("until grep -q start " + state + "/running/*; do :; done; cp " + state + "/running/* " + copied),
	})
	if err := p.run(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(copied)
	var r record
	if err != nil || json.Unmarshal(text, &r) != nil || r.PID == 0 || r.Start == 0 {
		t.Errorf("%s %v", text, err)
	}
	if left, err := filepath.Glob(state + "/running/*"); err != nil || len(left) > 0 {
		t.Errorf("%v %v", left, err)
	}
}

// The attempts of a command are counted by a file that it writes.
func TestRetries(t *testing.T) {
	fs, err := fsys.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	defer fs.Close()
	for _, tt := range []struct {
		name, command string
		retries       int64
		attempts      int
		ok            bool
	}{
		{"none", "echo >>LOG; false", 0, 1, false},
		{"all fail", "echo >>LOG; false", 2, 3, false},
		{"the second is right", `echo >>LOG; test "$(wc -l <LOG)" = 2`, 5, 2, true},
		{"the first line fails", "echo >>LOG\nfalse\ntrue", 0, 1, false},
		{"a failure that is asked for", "echo >>LOG\nfalse || true\nif false; then :; fi", 0, 1, true},
		{"umask", `echo >>LOG; test "$(umask)" = 0027`, 0, 1, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log := filepath.Join(t.TempDir(), "log")
			p := New(fs, userdb.New("/"))
			err := p.run(t.Context(), cty.ObjectVal(map[string]cty.Value{
				"address": cty.StringVal("exec.a"), "retries": cty.NumberIntVal(tt.retries), "retry_delay": cty.StringVal("1ms"),
				"umask": cty.StringVal("027"), "command": cty.StringVal(strings.ReplaceAll(tt.command, "LOG", log)),
			}))
			text, _ := os.ReadFile(log)
			if n := strings.Count(string(text), "\n"); n != tt.attempts || (err == nil) != tt.ok {
				t.Errorf("%d attempts, %v", n, err)
			}
		})
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add("1 (a) b) S 0 1 1 0 -1 4194560 1 1 1 1 1 1 1 1 20 0 1 0 25 1 1")
	f.Add("")
	f.Fuzz(func(_ *testing.T, text string) { parseStat([]byte(text)) })
}
