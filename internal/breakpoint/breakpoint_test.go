package breakpoint_test

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/breakpoint"
	"converge/internal/testhost"
)

// In the program that is stopped, programEnv is the directory in which it works.
const (
	programEnv = "BREAKPOINT_TEST_DIR"
	silentEnv  = "BREAKPOINT_TEST_SILENT"
)

func TestMain(m *testing.M) {
	dir := os.Getenv(programEnv)
	if dir == "" {
		os.Exit(m.Run())
	}
	if os.Getenv(silentEnv) == "" {
		breakpoint.Enable()
	}
	for _, name := range []string{"a", "b", "c"} {
		if err := makeElsewhere(dir + "/" + name); err != nil {
			fmt.Println(err)
		}
	}
	if err := unix.Rmdir(dir + "/a"); err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
}

// makeElsewhere makes a directory from another thread.
func makeElsewhere(path string) error {
	made := make(chan error)
	go func() { made <- unix.Mkdirat(unix.AT_FDCWD, path, 0o700) }()
	return <-made
}

func program(t *testing.T, env ...string) (cmd *exec.Cmd, dir string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	cmd = exec.CommandContext(t.Context(), self)
	cmd.Env = append(append(os.Environ(), programEnv+"="+dir), env...)
	return cmd, dir
}

func TestRun(t *testing.T) {
	if err := breakpoint.Available(); err != nil {
		testhost.Cannot(t, err.Error())
	}
	for _, c := range []struct {
		name   string
		answer func(breakpoint.Call) breakpoint.Answer
		killed bool
		ends   string
		said   string // a part of it
		left   []string
	}{
		{
			"proceeds", func(breakpoint.Call) breakpoint.Answer { return breakpoint.Proceed },
			false, "<nil>", "", []string{"b", "c"},
		},
		{
			"is killed before the call", func(c breakpoint.Call) breakpoint.Answer {
				if c.N == 2 {
					return breakpoint.Kill
				}
				return breakpoint.Proceed
			}, true, "<nil>", "", []string{"a"},
		},
		{
			"goes on after a call that fails", func(c breakpoint.Call) breakpoint.Answer {
				if c.N == 2 {
					return breakpoint.Answer(unix.EDQUOT)
				}
				return breakpoint.Proceed
			}, false, "<nil>", "disk quota exceeded", []string{"c"},
		},
		{
			"ends as it ends when calls fail", func(breakpoint.Call) breakpoint.Answer { return breakpoint.Answer(unix.EDQUOT) },
			false, "exit status 3", "no such file", nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd, dir := program(t)
			var calls []breakpoint.Call
			killed, out, err := breakpoint.Run(cmd, []string{"mkdirat", "flock", "sendmsg"}, func(call breakpoint.Call) breakpoint.Answer {
				calls = append(calls, call)
				return c.answer(call)
			})
			if killed != c.killed || fmt.Sprint(err) != c.ends || !strings.Contains(string(out), c.said) {
				t.Errorf("killed %v, %v: %s", killed, err, out)
			}
			for i, call := range calls {
				if call.Name != "mkdirat" || call.N != i+1 || call.Args[2] != 0o700 {
					t.Errorf("call %d is %+v", i, call)
				}
			}
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			var left []string
			for _, e := range entries {
				left = append(left, e.Name())
			}
			if !slices.Equal(left, c.left) {
				t.Errorf("left behind: %q, want %q", left, c.left)
			}
		})
	}
}

func TestRunWantsBreakpoints(t *testing.T) {
	cmd, _ := program(t, silentEnv+"=1")
	_, _, err := breakpoint.Run(cmd, []string{"mkdirat"}, nil)
	if err == nil || !strings.Contains(err.Error(), "has not enabled breakpoints") {
		t.Error(err)
	}
	if _, _, err := breakpoint.Run(cmd, []string{"brk"}, nil); err == nil {
		t.Error("a call whose number nobody knows is stopped at")
	}
}
