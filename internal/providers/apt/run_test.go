package apt

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestRunOutput(t *testing.T) {
	s := &system{grace: time.Second}
	var lines []string
	res, err := s.run(t.Context(), command{
		argv: []string{"sh", "-c", `echo one; echo "$LC_ALL $DEBIAN_FRONTEND"; cat; echo two >&2; exit 3`}, stdin: "in\n",
		line: func(l string) { lines = append(lines, l) },
	})
	if err != nil || res.status != 3 || res.stdout != "one\nC noninteractive\nin\n" || res.stderr != "two\n" {
		t.Errorf("%+v %v", res, err)
	}
	if got := strings.Join(lines, ","); got != "one,C noninteractive,in" {
		t.Errorf("told %q", got)
	}
	res, err = s.run(t.Context(), command{argv: []string{"sh", "-c", "echo one; echo two >&2; echo three"}, keep: true})
	if err != nil || res.stdout != "one\ntwo\nthree\n" {
		t.Errorf("%+v %v", res, err)
	}
	if _, err = s.run(t.Context(), command{argv: []string{"no-such-program"}}); err == nil || err.Error() != "cannot run no-such-program: this machine has none" {
		t.Error(err)
	}
}

// A daemon that a script leaves behind has our output open, and we do not wait
// for it.
func TestRunLeavesDaemonsAlone(t *testing.T) {
	pid := filepath.Join(t.TempDir(), "pid")
	s := &system{grace: time.Second}
	res, err := s.run(t.Context(), command{argv: []string{"sh", "-c", "sleep 600 & echo $! >" + pid}, keep: true})
	if err != nil || res.status != 0 {
		t.Errorf("%+v %v", res, err)
	}
	data, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	shell(t, "kill "+string(data)) // fails if it is not there any more
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
			s := &system{grace: 10 * time.Millisecond}
			// Deaf to being asked, and with a session of its own inside.
			script := `trap "" TERM; echo started; setsid sh -c 'trap "" TERM; while :; do sleep 1; done'`
			line := func(string) {
				if c.stop {
					cancel()
				}
			}
			if _, err := s.run(ctx, command{argv: []string{"sh", "-c", script}, keep: c.keep, line: line}); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	t.Run("not by an interrupt", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go cancel()
		s := &system{grace: time.Second}
		start := filepath.Join(t.TempDir(), "go")
		res, err := s.run(ctx, command{
			argv: []string{"sh", "-c", "echo started; until [ -e " + start + " ]; do :; done; echo done"}, keep: true,
			line: func(l string) {
				if l == "started" {
					cancel()
					_ = os.WriteFile(start, nil, 0o600)
				}
			},
		})
		if errors.Is(err, context.Canceled) && res.stdout == "" {
			return // it was cancelled before it had begun: that is right too
		}
		if err != nil || res.stdout != "started\ndone\n" {
			t.Errorf("%+v %v", res, err)
		}
	})
}

func TestEnvironment(t *testing.T) {
	got := strings.Join(toolEnvironment([]string{"LC_ALL=C", "DEBIAN_FRONTEND=dialog", "http_proxy=x"}), " ")
	want := "LC_ALL=C http_proxy=x DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true " +
		"APT_LISTCHANGES_FRONTEND=none APT_LISTBUGS_FRONTEND=none UCF_FORCE_CONFFOLD=1 NEEDRESTART_MODE=l NEEDRESTART_SUSPEND=1 HOME=/root"
	if got != want {
		t.Error(got)
	}
}
