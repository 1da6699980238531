package main

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"converge/internal/testhost"
)

// TestHost runs each script of testdata/host on a machine of its own, with real systemd and real apt. A first line "#
// image: full" selects another image, "# size: 64m" a smaller disk. Beyond testscript's own commands they have
//
//	status N COMMAND...   run COMMAND and want exit status N
//	await FILE REGEXP     wait until FILE is there and has a line that matches
//	sign NAME DIR [DAYS]  make the key /run/keys/NAME.asc, and sign DIR/Release with it
//	holdlock FILE         (to exec) lock FILE as apt does, until killed
func TestHost(t *testing.T) {
	scripts, err := filepath.Glob("testdata/host/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, script := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(script), ".txtar"), func(t *testing.T) {
			if testhost.Inside() {
				runOnThisHost(t, script)
				return
			}
			t.Parallel()
			h := testhost.Start(t, testhost.Options{Image: asks(t, script, "image"), Size: asks(t, script, "size"), Repo: true})
			testhost.RunInside(t, h, t.Name())
		})
	}
}

func runOnThisHost(t *testing.T, script string) {
	testscript.Run(t, testscript.Params{
		Files:               []string{script},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"status": cmdStatus, "await": cmdAwait, "sign": cmdSign},
		Setup: func(env *testscript.Env) error {
			// The scripts' services log to this file.
			return os.WriteFile("/run/probe.log", nil, 0o644)
		},
	})
}

// asks returns the text after "# NAME: " in the comments at the top of a script.
func asks(t *testing.T, script, name string) string {
	data, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if !strings.HasPrefix(line, "#") {
			break
		}
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "# "+name+": "); ok {
			return value
		}
	}
	return ""
}

// patience is how long a test waits for something.
const patience = 2 * time.Minute

func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await FILE REGEXP")
	}
	want, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	file := ts.MkAbs(args[0])
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		data, err := os.ReadFile(file)
		if err == nil && want.Match(data) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("%s does not come to say %q: %v\n%s", args[0], args[1], err, data)
		}
	}
}

// holdLock locks a file as dpkg and apt do until it is killed, and prints "held" when it has the lock.
func holdLock() {
	f, err := os.OpenFile(os.Args[1], os.O_RDWR|os.O_CREATE, 0o640)
	if err == nil {
		err = syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &syscall.Flock_t{Type: syscall.F_WRLCK})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("held")
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM)
	<-told
}
