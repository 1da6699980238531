package command

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/sys/unix"

	"converge/internal/facts"
	"converge/internal/fsys"
	"converge/internal/process"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

func TestMain(m *testing.M) {
	process.RunHelper()
	if dir := os.Getenv("COMMAND_TEST_KILLED"); dir != "" {
		killedRun(dir)
	}
	os.Exit(m.Run())
}

// Now is the clock of the tests.
func Now() resource.Instant {
	boot, mono, err := facts.Boot()
	if err != nil {
		panic(err)
	}
	return resource.Instant{Boot: boot, Mono: mono, Wall: time.Now()}
}

// world is a provider that remembers by a state folder, and what it says.
type world struct {
	*Provider
	waiting, notices []string
	during           func() // what happens while it waits
}

func newWorld(t testing.TB, state string) *world {
	fs, err := fsys.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fs.Close() })
	w := &world{Provider: New(fs, userdb.New("/"), Now), during: func() {}}
	w.Remember(Memory{
		State: state, Seal: func(digest string) string { return digest },
		Waiting: func(s string) { w.waiting = append(w.waiting, s); w.during() },
		Notice:  func(s string) { w.notices = append(w.notices, s) },
	})
	return w
}

func wanted(command string, more ...any) cty.Value {
	want := map[string]cty.Value{"address": cty.StringVal("exec.a"), "command": cty.StringVal(command)}
	for i := 0; i < len(more); i += 2 {
		want[more[i].(string)] = more[i+1].(cty.Value)
	}
	return cty.ObjectVal(want)
}

func typed(want cty.Value) *resources.ExecWant {
	e := resource.Must[resources.ExecWant](want)
	return &e
}

// A command that outlived its run is waited for, and counts where it is known
// to have done what is wanted.
func TestAwaitSurvivor(t *testing.T) {
	const ended = `{"pid":7,"ended":true}`
	changed := func(p *Provider) { p.Invalidate([]resource.Change{{}}) }
	for _, tt := range []struct {
		name     string
		runs     bool // while the next run begins
		before   string
		after    string // what is written while it is waited for
		want     cty.Value
		does     cty.Value
		during   func(p *Provider)
		counts   bool
		foreseen bool // known before anything is waited for
		notices  string
	}{
		{name: "ends well", runs: true, before: `{"pid":7}`, after: ended, counts: true},
		{name: "has ended well", before: ended, counts: true, foreseen: true},
		{name: "fails", runs: true, before: `{"pid":7}`, after: `{"pid":7,"ended":true,"status":3}`, notices: "failed: it is run again"},
		{name: "fails as is allowed", before: `{"pid":7,"ended":true,"status":3}`, counts: true, foreseen: true, want: wanted("x", "exit_codes", cty.ListVal([]cty.Value{cty.NumberIntVal(3)}))},
		{name: "a signal", before: `{"pid":7,"ended":true,"status":-1,"signal":9}`, notices: "failed"},
		{name: "could not be started", before: `{"pid":7,"ended":true,"status":1,"error":"no"}`, notices: "failed"},
		{name: "how is not known", runs: true, before: `{"pid":7}`, notices: "how it ended is not known: it is run again"},
		{name: "a line that was cut short", runs: true, before: `{"pid":7}`, after: `{"pid":7,"ended":tr`, notices: "not known"},
		{name: "was never started"},
		{name: "always, waited for", runs: true, before: `{"pid":7}`, after: ended, want: wanted("x", "always", cty.True), counts: true},
		{name: "always, and this run changed something", runs: true, before: `{"pid":7}`, after: ended, want: wanted("x", "always", cty.True), during: changed},
		{name: "always, of an earlier run", before: ended, want: wanted("x", "always", cty.True), foreseen: true},
		{name: "notified, and this run changed something", runs: true, before: `{"pid":7}`, after: ended, during: changed, counts: true},
		{name: "did something else", runs: true, before: `{"pid":7}`, after: ended, does: wanted("y")},
		{name: "ran in another folder", before: ended, does: wanted("x", "cwd", cty.StringVal("/tmp"))},
		{name: "bears another name", runs: true, before: `{"pid":7}`, after: ended, want: wanted("x", "address", cty.StringVal("module.m.exec.b")), counts: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			state := t.TempDir()
			if tt.does == cty.NilVal {
				tt.does = wanted("x")
			}
			if tt.want == cty.NilVal {
				tt.want = wanted("x")
			}
			f, err := newWorld(t, state).records.note(typed(tt.does))
			if err != nil {
				t.Fatal(err)
			}
			write := func(line string) {
				if _, err := f.WriteString(line); err != nil {
					t.Fatal(err)
				}
			}
			write(tt.before + "\n")
			if !tt.runs {
				f.Close()
			} else if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, state)
			w.during = func() {
				if tt.during != nil {
					tt.during(w.Provider)
				}
				write(tt.after)
				f.Close()
			}
			since := resource.Instant{Mono: 1, Boot: Now().Boot}
			plan := resource.Outlook{Ask: resource.AskAction, Verb: "run", Pending: resource.UnknownPending, Owed: []resource.Instant{since}}
			if r := w.Review(t.Context(), resource.Change{Action: resource.Run, Want: tt.want}, plan); r.Satisfied != tt.foreseen {
				t.Errorf("foreseen: %v", r)
			}
			if satisfied, err := w.Satisfied(t.Context(), tt.want, "run", since); satisfied != tt.counts || err != nil {
				t.Errorf("satisfied: %v, %v", satisfied, err)
			}
			if (len(w.waiting) > 0) != tt.runs {
				t.Errorf("waiting %q", w.waiting)
			}
			if all := strings.Join(w.notices, "\n"); !strings.Contains(all, tt.notices) || tt.notices == "" && all != "" {
				t.Errorf("notices %q", all)
			}
			if left, err := filepath.Glob(state + "/running/*"); err != nil || len(left) > 0 {
				t.Errorf("%v %v", left, err)
			}
		})
	}
}

// What was started before the change that it is owed for has not seen it.
func TestSurvivorOfBeforeTheChange(t *testing.T) {
	state := t.TempDir()
	f, err := newWorld(t, state).records.note(typed(wanted("x")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"pid":7,"ended":true}`); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if satisfied, err := newWorld(t, state).Satisfied(t.Context(), wanted("x"), "run", Now()); satisfied || err != nil {
		t.Errorf("%v, %v", satisfied, err)
	}
}

func TestNoSurvivor(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "damage": "{", "another boot": `{"at":{"boot":"x"}}` + "\n" + `{"pid":7,"ended":true}`,
	} {
		state := t.TempDir()
		if err := os.Mkdir(filepath.Join(state, running), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(state, recordName("exec.a")), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, state)
		err := w.survivors.await(t.Context(), typed(wanted("x")))
		if _, ran := w.history.find(typed(wanted("x")).Address); ran || err != nil || w.waiting != nil || w.notices != nil {
			t.Errorf("%s: %v, %v, %q, %q", name, ran, err, w.waiting, w.notices)
		}
	}
}

func TestSurvivorBeyondItsTimeout(t *testing.T) {
	state := t.TempDir()
	f, err := newWorld(t, state).records.note(typed(wanted("x")))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sleep", "600")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	if err := json.NewEncoder(f).Encode(process.Recorded{PID: cmd.Process.Pid}); err != nil {
		t.Fatal(err)
	}
	err = newWorld(t, state).survivors.await(t.Context(), typed(wanted("x", "timeout", cty.StringVal("1ms"))))
	if err == nil || !strings.Contains(err.Error(), "took longer than 1ms and was ended") {
		t.Error(err)
	}
	<-ended
}

// killedRun is a run that is killed while its command runs.
func killedRun(dir string) {
	fs, err := fsys.Open("/")
	if err != nil {
		panic(err)
	}
	p := New(fs, userdb.New("/"), Now)
	p.Remember(Memory{State: filepath.Join(dir, "state"), Seal: func(digest string) string { return digest }})
	panic(p.run(context.Background(), typed(outlives(dir))))
}

// outlives is a command that prints more than a pipe holds when it goes on.
func outlives(dir string) cty.Value {
	return wanted("touch up\nuntil [ -e go ]; do sleep 0.01; done\nseq 100000\necho ran >>log", "cwd", cty.StringVal(dir))
}

func TestKilledRunLeavesACommand(t *testing.T) {
	dir := t.TempDir()
	state := filepath.Join(dir, "state")
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	run := exec.Command(self)
	run.Env = append(os.Environ(), "COMMAND_TEST_KILLED="+dir)
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "up")); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it does not run")
		}
	}
	if err := run.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = run.Wait()
	w := newWorld(t, state)
	w.during = func() {
		if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o600); err != nil {
			t.Error(err)
		}
	}
	if err := w.survivors.await(t.Context(), typed(outlives(dir))); err != nil {
		t.Error(err)
	}
	if _, ran := w.history.find(typed(outlives(dir)).Address); !ran || len(w.waiting) != 1 || w.notices != nil {
		t.Errorf("ran %v, waiting %q, notices %q", ran, w.waiting, w.notices)
	}
	if log, err := os.ReadFile(filepath.Join(dir, "log")); string(log) != "ran\n" || err != nil {
		t.Errorf("%q, %v", log, err)
	}
}

// What runs is noted while it runs, and no longer.
func TestRunningIsNoted(t *testing.T) {
	state := t.TempDir()
	w := newWorld(t, state)
	copied := filepath.Join(t.TempDir(), "copy")
	if err := w.run(t.Context(), typed(wanted("cp "+state+"/running/* "+copied))); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(copied)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if rec := process.ReadRecord(f); rec.PID == 0 || rec.Ended {
		t.Errorf("%+v", rec)
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
			p := New(fs, userdb.New("/"), Now)
			err := p.run(t.Context(), typed(cty.ObjectVal(map[string]cty.Value{
				"address": cty.StringVal("exec.a"), "retries": cty.NumberIntVal(tt.retries), "retry_delay": cty.StringVal("1ms"),
				"umask": cty.StringVal("027"), "command": cty.StringVal(strings.ReplaceAll(tt.command, "LOG", log)),
			})))
			text, _ := os.ReadFile(log)
			if n := strings.Count(string(text), "\n"); n != tt.attempts || (err == nil) != tt.ok {
				t.Errorf("%d attempts, %v", n, err)
			}
		})
	}
}
