package tool

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestRunOutput(t *testing.T) {
	s := &System{grace: time.Second, family: Family{Env: []string{"FAMILY=noninteractive"}}}
	var lines []string
	res, err := s.Run(t.Context(), Command{
		Argv: []string{"sh", "-c", `echo one; echo "$LC_ALL $FAMILY"; cat; echo two >&2; exit 3`}, Stdin: "in\n",
		Line: func(l string) { lines = append(lines, l) },
	})
	if err != nil || res.Status != 3 || res.Stdout != "one\nC noninteractive\nin\n" || res.Stderr != "two\n" {
		t.Errorf("%+v %v", res, err)
	}
	if got := strings.Join(lines, ","); got != "one,C noninteractive,in" {
		t.Errorf("told %q", got)
	}
	res, err = s.Run(t.Context(), Command{Argv: []string{"sh", "-c", "echo one; echo two >&2; echo three"}, Keep: true})
	if err != nil || res.Stdout != "one\ntwo\nthree\n" {
		t.Errorf("%+v %v", res, err)
	}
	if _, err = s.Run(t.Context(), Command{Argv: []string{"no-such-program"}}); err == nil || err.Error() != "cannot run no-such-program: this machine has none" {
		t.Error(err)
	}
}

// What is missing might be what matters.
func TestOutputThatIsNotWholeIsAnError(t *testing.T) {
	for _, keep := range []bool{false, true} {
		s := &System{grace: time.Second, limit: 8}
		if res, err := s.Run(t.Context(), Command{Argv: []string{"sh", "-c", "echo 1234567"}, Keep: keep}); err != nil || res.Stdout != "1234567\n" {
			t.Errorf("%+v %v", res, err)
		}
		if _, err := s.Run(t.Context(), Command{Argv: []string{"sh", "-c", "echo 12345678"}, Keep: keep}); err == nil || !strings.HasPrefix(err.Error(), "cannot tell what sh did: it printed more than") {
			t.Error(err)
		}
	}
}

// What a run does not see the end of, the next one reads.
func TestRecord(t *testing.T) {
	record := filepath.Join(t.TempDir(), "record")
	s := &System{grace: time.Second}
	for _, c := range []struct {
		keep       bool
		want, then string
	}{{true, "one\n", "one\n"}, {true, "two\n", "one\ntwo\n"}, {false, "three\n", "one\ntwo\n"}} {
		res, err := s.Run(t.Context(), Command{Argv: []string{"echo", strings.TrimSpace(c.want)}, Keep: c.keep, Record: record})
		data, readErr := os.ReadFile(record)
		if err != nil || readErr != nil || res.Stdout != c.want || string(data) != c.then {
			t.Errorf("%+v %v %q %v", res, err, data, readErr)
		}
	}
	res, err := s.Run(t.Context(), Command{Argv: []string{"echo", "one"}, Keep: true, Record: record + "/none"})
	if err != nil || res.Stdout != "one\n" {
		t.Errorf("%+v %v", res, err)
	}
}

// A daemon that a script leaves behind has our output open, and we do not wait
// for it.
func TestRunLeavesDaemonsAlone(t *testing.T) {
	pid := filepath.Join(t.TempDir(), "pid")
	s := &System{grace: time.Second}
	res, err := s.Run(t.Context(), Command{Argv: []string{"sh", "-c", "sleep 600 & echo $! >" + pid}, Keep: true})
	if err != nil || res.Status != 0 {
		t.Errorf("%+v %v", res, err)
	}
	data, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(n, unix.SIGKILL); err != nil { // fails if it is not there any more
		t.Error(err)
	}
}

func TestRunIsStopped(t *testing.T) {
	cause := errors.New("enough")
	for _, c := range []struct {
		name string
		keep bool
		end  func(context.Context) (context.Context, context.CancelFunc)
		stop bool
		want error
	}{
		{"cancelled", false, func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			return ctx, func() { cancel(cause) }
		}, true, cause},
		{"deadline", false, func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 50*time.Millisecond)
		}, false, context.DeadlineExceeded},
		{"deadline of what is to be kept", true, func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 50*time.Millisecond)
		}, false, context.DeadlineExceeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := c.end(t.Context())
			defer cancel()
			s := &System{grace: 10 * time.Millisecond}
			// Deaf to being asked, and with a session of its own inside.
			script := `trap "" TERM; echo started; setsid sh -c 'trap "" TERM; while :; do sleep 1; done'`
			line := func(string) {
				if c.stop {
					cancel()
				}
			}
			if _, err := s.Run(ctx, Command{Argv: []string{"sh", "-c", script}, Keep: c.keep, Line: line}); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	t.Run("not by an interrupt", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go cancel()
		s := &System{grace: time.Second}
		start := filepath.Join(t.TempDir(), "go")
		res, err := s.Run(ctx, Command{
			Argv: []string{"sh", "-c", "echo started; until [ -e " + start + " ]; do :; done; echo done"}, Keep: true,
			Line: func(l string) {
				if l == "started" {
					cancel()
					_ = os.WriteFile(start, nil, 0o600)
				}
			},
		})
		if errors.Is(err, context.Canceled) && res.Stdout == "" {
			return // it was cancelled before it had begun: that is right too
		}
		if err != nil || res.Stdout != "started\ndone\n" {
			t.Errorf("%+v %v", res, err)
		}
	})
}

func TestEnvironment(t *testing.T) {
	t.Setenv("HOME", "")
	t.Setenv("FAMILY", "dialog")
	s := &System{family: Family{Env: []string{"FAMILY=noninteractive"}}}
	got := s.environment()
	if !slices.Contains(got, "HOME=/root") || !slices.Contains(got, "FAMILY=noninteractive") || slices.Contains(got, "FAMILY=dialog") {
		t.Error(got)
	}
}
