package command_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/providers/command"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/userdb"
	"converge/resources"
)

func provider(t testing.TB) *command.Provider {
	t.Helper()
	root, err := fsys.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return command.New(root, userdb.New("/"), command.Now)
}

func build(t testing.TB, p *command.Provider, pairs ...any) *resource.Resource {
	t.Helper()
	r, err := resourcetest.Build(resources.Exec(p), &resourcetest.World{Provider: p}, "it", resourcetest.Attrs(pairs...))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func words(w ...string) cty.Value {
	var vs []cty.Value
	for _, s := range w {
		vs = append(vs, cty.StringVal(s))
	}
	return cty.TupleVal(vs)
}

func TestConformance(t *testing.T) {
	// One folder serves the whole suite: its cases name paths before a world is made.
	dir := t.TempDir()
	clear := func(t testing.TB, _ *resourcetest.World) {
		for _, n := range []string{"made", "log"} {
			os.Remove(filepath.Join(dir, n))
		}
	}
	made := filepath.Join(dir, "made")
	check := func(t testing.TB, _ *resourcetest.World) {
		if _, err := os.Stat(made); err != nil {
			t.Error(err)
		}
	}
	const opaque = "what a command did is not known"
	drift := []resourcetest.Drift{{Name: "undone", Do: func(t testing.TB, _ *resourcetest.World) { os.Remove(made) }}}
	resourcetest.Suite{
		Kind: resources.Exec,
		World: func(t testing.TB) *resourcetest.World {
			return &resourcetest.World{Provider: provider(t), Dir: dir, Fingerprint: func(t testing.TB) string { return stat(made) }}
		},
		Without: map[resourcetest.Part]string{
			resourcetest.Removal: "a command cannot be absent", resourcetest.Undo: opaque, resourcetest.Kept: opaque, resourcetest.Whole: opaque,
			resourcetest.Aliases: "a command has an address and no name", resourcetest.Bytes: "a command has an address and no name",
		},
		Cases: []resourcetest.Case{
			{
				Name: "creates", Irreversible: opaque, Given: clear, Check: check, Drifts: drift,
				Want: resourcetest.Attrs("command", words("touch", made), "creates", made),
			},
			{
				Name: "unless", Irreversible: opaque, Given: clear, Check: check, Drifts: drift, Alone: true,
				Want: resourcetest.Attrs("command", "touch "+made, "unless", words("test", "-e", made)),
			},
			{
				Name: "only_if", Irreversible: opaque, Given: clear, Check: check, Drifts: drift, Alone: true,
				Want: resourcetest.Attrs("command", "touch "+made, "only_if", "! test -e "+made),
			},
		},
	}.Run(t)
}

func stat(name string) string {
	var st unix.Stat_t
	if err := unix.Stat(name, &st); err != nil {
		return err.Error()
	}
	return time.Unix(st.Mtim.Unix()).String()
}

func TestGuards(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("nowhere", filepath.Join(dir, "dangling")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		attrs []any
		need  bool
	}{
		{"no guard: only when notified", nil, false},
		{"creates is missing", []any{"creates", dir + "/no"}, true},
		{"creates is there", []any{"creates", dir}, false},
		{"creates is a link to nowhere", []any{"creates", dir + "/dangling"}, false},
		{"only_if succeeds", []any{"only_if", words("true")}, true},
		{"only_if fails", []any{"only_if", words("false")}, false},
		{"unless succeeds", []any{"unless", "exit 0"}, false},
		{"unless fails", []any{"unless", "exit 42"}, true},
		{"all must see a need", []any{"only_if", "true", "unless", "true"}, false},
		{"all see a need", []any{"creates", dir + "/no", "only_if", "true", "unless", "false"}, true},
		{"creates is asked first", []any{"creates", dir, "unless", words("/no/such/program")}, false},
		{"only_if is asked before unless", []any{"only_if", "false", "unless", words("/no/such/program")}, false},
		{"guards run in cwd", []any{"cwd", dir, "only_if", "test -L dangling"}, true},
		{"guards see env", []any{"env", cty.ObjectVal(map[string]cty.Value{"A": cty.StringVal("1")}), "only_if", `test "$A" = 1`}, true},
		{"always", []any{"always", true}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := build(t, provider(t), append([]any{"command", "true"}, tt.attrs...)...)
			if ch := resourcetest.Plan(t, r); ch.Empty() == tt.need || tt.need && ch.Action != resource.Run {
				t.Errorf("planned to %s (%s)", ch.Action, resourcetest.Names(ch))
			}
		})
	}
}

// What could not be asked is not a no.
func TestGuardErrors(t *testing.T) {
	for _, tt := range []struct {
		name    string
		attrs   []any
		want    string
		missing bool
	}{
		{"no such program", []any{"unless", words("no-such-program")}, `unless: program "no-such-program" is not on the PATH`, true},
		{"no such path", []any{"unless", words("/no/such/program")}, "unless: program /no/such/program does not exist", true},
		{"not executable", []any{"only_if", words("/etc/passwd")}, "only_if: cannot run /etc/passwd: permission denied", false},
		{"no such cwd", []any{"cwd", "/no/such/dir", "only_if", "true"}, "only_if: /no/such/dir, where it is to run, does not exist", true},
		{"cwd is a file", []any{"cwd", "/etc/passwd", "only_if", "true"}, "/etc/passwd is a file, and not a directory to run in", false},
		{"no such user", []any{"user", "no-such-user", "only_if", "true"}, `cannot find user "no-such-user"`, true},
		{"no such group", []any{"group", "no-such-group", "only_if", "true"}, `cannot find group "no-such-group"`, true},
		{"killed", []any{"unless", "kill -9 $$"}, "unless: ended by signal: killed", false},
		{"too long", []any{"unless", "echo waiting; sleep 987", "guard_timeout", "200ms"}, "it took longer than 200ms and was ended\nwaiting", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := provider(t)
			_, err := p.Observe(t.Context(), build(t, p, append([]any{"command", "true"}, tt.attrs...)...).Want)
			if err == nil || !strings.Contains(err.Error(), tt.want) || errors.Is(err, resource.ErrMissing) != tt.missing {
				t.Errorf("got %v (missing %v), want %q", err, errors.Is(err, resource.ErrMissing), tt.want)
			}
		})
	}
}

func TestFailureShowsOutput(t *testing.T) {
	for _, tt := range []struct {
		name    string
		command any
		want    string // "" if it succeeds
		attrs   []any
	}{
		{"success", "echo fine", "", nil},
		{"both outputs", "echo out; echo err >&2; exit 3", "the command failed: exit status 3\nout\nerr", nil},
		{"no output", "exit 1", "the command failed: exit status 1 (it printed nothing)", nil},
		{"signal", "kill -TERM $$", "the command failed: ended by signal: terminated (it printed nothing)", nil},
		{"arguments are not repeated", words("sh", "-c", "exit 9", "hunter2"), "the command failed: exit status 9 (it printed nothing)", nil},
		{"accepted status", "exit 2", "", []any{"exit_codes", cty.TupleVal([]cty.Value{cty.NumberIntVal(0), cty.NumberIntVal(2)})}},
		{"status that is not accepted", "exit 0", "the command failed: exit status 0 (it printed nothing)", []any{"exit_codes", cty.TupleVal([]cty.Value{cty.NumberIntVal(2)})}},
		{"no standard input", "cat; test ! -t 0", "", nil},
		{"locale", `test "$LC_ALL" = C`, "", nil},
		{"what it leaves running keeps nobody", "sleep 987 & echo $! >&2", "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := provider(t)
			r := build(t, p, append([]any{"command", tt.command, "always", true}, tt.attrs...)...)
			err := p.Apply(t.Context(), resourcetest.Plan(t, r))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// A command that does not end in time is ended with all that it has started,
// and gets the chance to clean up.
func TestTimeoutEndsTheGroup(t *testing.T) {
	dir := t.TempDir()
	script := `(trap 'echo cleaned >` + dir + `/child; exit' TERM; echo $$ >` + dir + `/pid; sleep 987 & wait) & wait`
	p := provider(t)
	err := p.Apply(t.Context(), resourcetest.Plan(t, build(t, p, "command", script, "always", true, "timeout", "500ms")))
	if err == nil || !strings.Contains(err.Error(), "it took longer than 500ms and was ended") {
		t.Errorf("got %v", err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "child")); err != nil || string(b) != "cleaned\n" {
		t.Errorf("the child could not clean up: %q, %v", b, err)
	}
	nothingLeft(t, dir)
}

func TestCancelEndsTheGroup(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // opening the other end says that the command is running
		if f, err := os.OpenFile(fifo, os.O_RDONLY, 0); err == nil {
			f.Close()
		}
		cancel()
	}()
	p := provider(t)
	r := build(t, p, "command", "echo $$ >"+dir+"/pid; echo >"+fifo+"; sleep 987 & wait", "always", true)
	if err := p.Apply(ctx, resourcetest.Plan(t, r)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	nothingLeft(t, dir)
}

// nothingLeft fails if a process of the group whose leader wrote its pid lives.
func nothingLeft(t *testing.T, dir string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range stats {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		if f := strings.Fields(after); f[0] != "Z" && f[2] == strings.TrimSpace(string(b)) {
			t.Errorf("%s lives on: %s", name, stat)
		}
	}
}

func TestAlwaysRunsOnce(t *testing.T) {
	p := provider(t)
	log := filepath.Join(t.TempDir(), "log")
	first := build(t, p, "command", "echo ran >>"+log, "always", true)
	resourcetest.Converge(t, first)
	if ch := resourcetest.Plan(t, first); !ch.Empty() {
		t.Errorf("it would run again in the same run: %s", ch.Action)
	}
	other := build(t, p, "command", "echo ran >>"+log, "always", true)
	other.Want = resource.With(other.Want, "address", cty.StringVal("exec.other"))
	if resourcetest.Plan(t, other).Empty() {
		t.Error("a command of the same words is taken for this one")
	}
	if again := build(t, provider(t), "command", "echo ran >>"+log, "always", true); resourcetest.Plan(t, again).Empty() {
		t.Error("the next run would not run it")
	}
	failing := build(t, p, "command", "exit 1", "always", true)
	failing.Want = resource.With(failing.Want, "address", cty.StringVal("exec.failing"))
	if err := p.Apply(t.Context(), resourcetest.Plan(t, failing)); err == nil || resourcetest.Plan(t, failing).Empty() {
		t.Errorf("failing counts as having run: %v", err)
	}
}

func TestAct(t *testing.T) {
	for _, tt := range []struct {
		name  string
		attrs []any
		runs  bool
	}{
		{"without guard", nil, true},
		{"always", []any{"always", true}, true},
		{"guards hold", []any{"unless", "true"}, false},
		{"guards see a need", []any{"unless", "false"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := provider(t)
			log := filepath.Join(t.TempDir(), "log")
			r := build(t, p, append([]any{"command", words("touch", log)}, tt.attrs...)...)
			if err := p.Act(t.Context(), r.Want, "run"); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(log); (err == nil) != tt.runs {
				t.Errorf("ran: %v, want %v", err == nil, tt.runs)
			}
		})
	}
}

func TestPaid(t *testing.T) {
	p := provider(t)
	r := build(t, p, "command", "true")
	before := command.Now()
	here := before.Boot
	paid := func(since resource.Instant) bool {
		ok, err := p.Satisfied(t.Context(), r.Want, "run", since)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if paid(before) {
		t.Error("paid although it never ran")
	}
	if err := p.Act(t.Context(), r.Want, "run"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		since resource.Instant
		want  bool
	}{
		{"it ran after", before, true},
		{"it ran before", resource.Instant{Boot: here, Mono: before.Mono + time.Hour}, false},
		{"a change of this boot, not known when", resource.Instant{Boot: here}, false},
		{"a change of an earlier boot", resource.Instant{Boot: "another"}, true},
		{"a change at no known time", resource.Instant{}, false},
	} {
		if got := paid(tt.since); got != tt.want {
			t.Errorf("%s: paid %v, want %v", tt.name, got, tt.want)
		}
	}
}
