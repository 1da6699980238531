package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	RunHelper()
	os.Exit(m.Run())
}

func TestRun(t *testing.T) {
	for _, recorded := range []bool{false, true} {
		t.Run(fmt.Sprintf("recorded %v", recorded), func(t *testing.T) { testRun(t, recorded) })
	}
}

// A program's output is appended to a file, and returned without the earlier content.
func TestRunIntoAFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "output")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, word := range []string{"one", "two"} {
		var passed strings.Builder
		got, err := Run(t.Context(), Command{Argv: []string{"sh", "-c", "echo " + word + "; echo err >&2"}, Outlive: true, Into: f, Tee: &passed})
		if want := word + "\nerr\n"; err != nil || got.Stdout != want || passed.String() != want {
			t.Errorf("%+v, passed on %q, %v", got, passed.String(), err)
		}
	}
	if data, err := os.ReadFile(name); err != nil || string(data) != "one\nerr\ntwo\nerr\n" {
		t.Errorf("%q %v", data, err)
	}
}

func testRun(t *testing.T, recorded bool) {
	t.Setenv("CONVERGE_VAR_pw", "hunter2")
	t.Setenv("LANG", "de_DE.UTF-8")
	sh := func(script string) []string { return []string{"sh", "-c", script} }
	mask := 0o077
	for _, tt := range []struct {
		name string
		c    Command
		want Result
	}{
		{"success", Command{Argv: sh("echo a; echo b >&2")}, Result{Stdout: "a\nb\n"}},
		{"kept apart", Command{Argv: sh("echo a; echo b >&2"), Split: true}, Result{Stdout: "a\n", Stderr: "b\n"}},
		{"status", Command{Argv: sh("exit 3")}, Result{Status: 3}},
		{"signal", Command{Argv: sh("kill -9 $$")}, Result{Status: -1, Signal: syscall.SIGKILL}},
		{"no input", Command{Argv: sh("cat; pwd")}, Result{Stdout: "/\n"}},
		{"input", Command{Argv: sh("cat"), Stdin: "in"}, Result{Stdout: "in"}},
		{"input that nobody reads", Command{Argv: sh("true"), Stdin: strings.Repeat("x", 1<<20)}, Result{}},
		{"environment", Command{Argv: sh("echo ${CONVERGE_VAR_pw-none} $LC_ALL $LANG")}, Result{Stdout: "none C C\n"}},
		{"umask", Command{Argv: sh("umask")}, Result{Stdout: "0022\n"}},
		{"another umask", Command{Argv: sh("umask"), Umask: &mask}, Result{Stdout: "0077\n"}},
		{"a group of its own", Command{Argv: sh(`cut -d" " -f5 /proc/$$/stat | sed "s/^$$\$/own/"`)}, Result{Stdout: "own\n"}},
		{"no descriptors", Command{Argv: sh("ls /proc/$$/fd")}, Result{Stdout: "0\n1\n2\n"}},
		{"the end of much", Command{Argv: sh("seq 100000"), Output: 16}, Result{Stdout: "[…]\n99999\n100000\n"}},
		{"the head of much", Command{Argv: sh("seq 100000"), Output: 4, Head: true}, Result{Stdout: "1\n2\n\n[…]\n"}},
		{"memory files", Command{Argv: sh("echo a; echo b >&2; echo c"), Outlive: true}, Result{Stdout: "a\nb\nc\n"}},
		{"memory files apart", Command{Argv: sh("echo a; echo b >&2"), Outlive: true, Split: true}, Result{Stdout: "a\n", Stderr: "b\n"}},
		{"a child that holds the output", Command{Argv: sh("sleep 600 & echo $!")}, Result{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if recorded {
				if tt.c.Split || tt.c.Outlive || tt.c.Stdin != "" {
					return
				}
				tt.c.Record = recordFile(t)
			}
			got, err := Run(t.Context(), tt.c)
			if strings.HasPrefix(tt.name, "a child") {
				pid, _ := strconv.Atoi(strings.TrimSpace(got.Stdout))
				if err := unix.Kill(pid, unix.SIGKILL); err != nil {
					t.Errorf("the child in the background is gone: %v", err)
				}
				got.Stdout = ""
			}
			if err != nil || got != tt.want {
				t.Errorf("%+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
	if mask := unix.Umask(0o022); mask != 0o022 {
		unix.Umask(mask)
		t.Logf("umask of the test: %o", mask)
	}
}

func recordFile(t *testing.T) *os.File {
	f, err := os.OpenFile(filepath.Join(t.TempDir(), "record"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestRecordSaysWhyNothingStarted(t *testing.T) {
	f := recordFile(t)
	_, err := Run(t.Context(), Command{Path: t.TempDir(), Argv: []string{"it"}, Record: f})
	if rec := ReadRecord(io.NewSectionReader(f, 0, 1<<20)); err == nil || err.Error() != "cannot run it: permission denied" || !rec.Ended || rec.Error != err.Error() {
		t.Errorf("%v, %+v", err, rec)
	}
	if Locked(f) {
		t.Error("it is still locked")
	}
}

func TestRunCannotStart(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	for _, tt := range []struct {
		argv0, want string
		is          error
	}{
		{none, "cannot run " + none + ": no such file or directory", os.ErrNotExist},
		{"no-such-program", `cannot find program "no-such-program" on the PATH`, ErrNotFound},
		{t.TempDir(), "permission denied", os.ErrPermission},
	} {
		if _, err := Run(t.Context(), Command{Argv: []string{tt.argv0}}); err == nil || !strings.Contains(err.Error(), tt.want) || !errors.Is(err, tt.is) {
			t.Errorf("%s: %v", tt.argv0, err)
		}
	}
}

// An ended program is ended with all processes that it started, even if they ignore signals.
func TestRunIsEnded(t *testing.T) {
	enough := errors.New("enough")
	for _, tt := range []struct {
		name   string
		script string
		finish bool
		stop   bool
		limit  time.Duration
		want   error
	}{
		{"cancelled, recorded", "echo up; sleep 600", false, true, 0, enough},
		{"cancelled, recorded, deaf", `trap "" TERM; echo up; sleep 600; sleep 600`, false, true, 0, enough},
		{"cancelled", "echo up; sleep 600", false, true, 0, enough},
		{"cancelled, deaf", `trap "" TERM; echo up; sleep 600; sleep 600`, false, true, 0, enough},
		{"cancelled, its child deaf", `(trap "" TERM; sleep 600; sleep 600) & echo up; wait`, false, true, 0, enough},
		{"overdue", "sleep 600", false, false, 20 * time.Millisecond, context.DeadlineExceeded},
		{"cancelled, but to be finished", "echo up; sleep 0.1; exit 0", true, true, 0, nil},
		{"overdue, though to be finished", "sleep 600", true, false, 20 * time.Millisecond, context.DeadlineExceeded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			pgid := 0
			c := Command{
				Argv: []string{"sh", "-c", tt.script}, Timeout: tt.limit, Finish: tt.finish, Grace: 50 * time.Millisecond,
				Started: func(pid int) error { pgid = pid; return nil },
			}
			if strings.Contains(tt.name, "recorded") {
				c.Record = recordFile(t)
			}
			if tt.stop {
				c.Tee = writer(func() { cancel(enough) })
			}
			if _, err := Run(ctx, c); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
			for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
				if errors.Is(unix.Kill(-pgid, 0), unix.ESRCH) {
					return // killed processes take a moment to disappear
				}
				if time.Now().After(deadline) {
					t.Fatal("something of its group is left")
				}
			}
		})
	}
}

// A shutdown ends a program and us, in no order.
func TestRunIsEndedWithUs(t *testing.T) {
	enough := errors.New("enough")
	for _, script := range []string{"exec sleep 600", `trap "exit 143" TERM; sleep 600 & wait`} {
		t.Run(script, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			_, err := Run(ctx, Command{
				Argv: []string{"sh", "-c", script}, Grace: 50 * time.Millisecond,
				Started: func(pid int) error {
					go func() {
						for !errors.Is(unix.Kill(pid, unix.SIGTERM), unix.ESRCH) { // until its parent has reaped it
							time.Sleep(time.Millisecond)
						}
						cancel(enough)
					}()
					return nil
				},
			})
			if !errors.Is(err, enough) {
				t.Errorf("%v, want %v", err, enough)
			}
		})
	}
}

// A signal that only the program received is its result.
func TestRunReportsASignalFromOutside(t *testing.T) {
	r, err := Run(t.Context(), Command{Argv: []string{"sh", "-c", "kill $$"}})
	if err != nil || r.Signal != syscall.SIGTERM {
		t.Errorf("%+v, %v", r, err)
	}
}

type writer func()

func (w writer) Write(p []byte) (int, error) { w(); return len(p), nil }

func TestStartedRefuses(t *testing.T) {
	no := errors.New("no")
	_, err := Run(t.Context(), Command{Argv: []string{"sleep", "600"}, Started: func(int) error { return no }})
	if !errors.Is(err, no) {
		t.Error(err)
	}
}

func TestEnvironment(t *testing.T) {
	have := map[string]string{
		"HOME": "/h", "https_proxy": "http://p", "CONVERGE_VAR_x": "secret", "NOTIFY_SOCKET": "/n", "LISTEN_FDS": "1",
		"LC_TIME": "de_DE", "LD_PRELOAD": "x.so", "BASH_ENV": "/x", "GIT_DIR": "/x",
	}
	get := func(k string) (string, bool) { v, ok := have[k]; return v, ok }
	want := "LC_ALL=C LANG=C PATH=" + DefaultPath + " HOME=/h https_proxy=http://p"
	if got := strings.Join(environmentFrom(get), " "); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got := strings.Join(With([]string{"A=1", "B=2"}, "B=3", "C=4"), " "); got != "A=1 B=3 C=4" {
		t.Error(got)
	}
}

func TestKeeper(t *testing.T) {
	long := strings.Repeat("0123456789abcde\n", 3*64)
	for _, tt := range []struct {
		name, in, want string
		head           bool
	}{
		{"nothing", "", "", false},
		{"short", "a\nb", "a\nb", false},
		{"just fits", long[:1024], long[:1024], false},
		{"one byte too many", "x" + long[:1024], "[…]\n" + long[16:1024], false},
		{"long", long, "[…]\n" + long[len(long)-1024+16:], false},
		{"one line without end", strings.Repeat("x", 3000), "[…]\n" + strings.Repeat("x", 1024), false},
		{"head fits", long[:1024], long[:1024], true},
		{"head", long, long[:1024] + "\n[…]\n", true},
	} {
		for _, piece := range []int{1, 7, 1 << 20} {
			c := Command{Output: 1024, Head: tt.head}
			k := c.newKeeper()
			for rest := tt.in; rest != ""; {
				n := min(piece, len(rest))
				_, _ = k.Write([]byte(rest[:n]))
				rest = rest[n:]
			}
			if got := k.String(); got != tt.want {
				t.Errorf("%s in pieces of %d: %d bytes, want %d", tt.name, piece, len(got), len(tt.want))
			}
		}
	}
}
