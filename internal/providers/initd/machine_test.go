package initd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"converge/internal/fsys"
	"converge/internal/process"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// daemon is a script of the LSB whose service is a process of its own. ROOT is the
// machine's folder.
const daemon = `#!/bin/sh
### BEGIN INIT INFO
# Provides:          NAME
# Required-Start:    $remote_fs first
# Required-Stop:     $remote_fs
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: a daemon of a test
### END INIT INFO
NAME=NAME
PIDFILE=ROOT/run/$NAME.pid
alive() { read pid 2>/dev/null <$PIDFILE && read _ _ state _ 2>/dev/null </proc/$pid/stat && [ $state != Z ]; }
begin() { setsid sleep 600 >/dev/null 2>&1 & echo $! >$PIDFILE; }
end() { alive && kill $pid && while alive; do :; done; rm -f $PIDFILE; }
echo "$1" >>ROOT/run/$NAME.verbs
case "$1" in
start) alive || begin ;;
stop) end; exit 0 ;;
restart) end; begin ;;
reload) echo reloaded >>ROOT/run/$NAME.reloads ;;
status) alive && { echo "$NAME is running."; exit 0; }; [ -e $PIDFILE ] && exit 1; exit 3 ;;
*) echo "Usage: $0 {start|stop|restart|reload|status}" >&2; exit 3 ;;
esac
`

// folder is a machine made of folders.
type folder struct {
	root string
	fs   *fsys.FS
	*Provider
}

// newFolder makes a machine with some files: path → content; those in /etc/init.d are
// programs.
func newFolder(t testing.TB, system System, files map[string]string) *folder {
	t.Helper()
	f := &folder{root: t.TempDir()}
	for _, dir := range []string{"etc/init.d", "run", "etc/rc2.d"} {
		if err := os.MkdirAll(filepath.Join(f.root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for path, text := range files {
		f.write(t, path, text)
	}
	var err error
	if f.fs, err = fsys.Open(f.root); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.fs.Close() })
	f.Provider = New(Options{FS: f.fs, System: system, Runs: true})
	t.Cleanup(f.killAll)
	return f
}

// killAll ends the daemons of the machine.
func (f *folder) killAll() {
	files, _ := filepath.Glob(f.root + "/run/*.pid")
	for _, file := range files {
		text, _ := os.ReadFile(file)
		if pid := parsePid(string(text)); pid > 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

func (f *folder) write(t testing.TB, path, text string) {
	t.Helper()
	at := filepath.Join(f.root, path)
	text = strings.ReplaceAll(strings.ReplaceAll(text, "ROOT", f.root), "NAME", filepath.Base(path))
	resourcetest.WriteProgram(t, at, text)
}

// read returns what a file holds; "" if it is not there.
func (f *folder) read(path string) string {
	text, _ := os.ReadFile(filepath.Join(f.root, path))
	return string(text)
}

// kill kills the daemon of a service behind its back, and waits for its end.
func (f *folder) kill(t testing.TB, name string) {
	t.Helper()
	pid := parsePid(f.read("run/" + name + ".pid"))
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := process.AwaitExit(t.Context(), pid, patience); err != nil {
		t.Fatal(err)
	}
}

// links returns the links of runlevels, sorted.
func (f *folder) links(t testing.TB) string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"etc/rc?.d/*", "etc/runlevels/*/*"} {
		found, err := filepath.Glob(filepath.Join(f.root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range found {
			to, _ := os.Readlink(l)
			out = append(out, strings.TrimPrefix(l, f.root+"/etc/")+" → "+to)
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// service builds a service with attributes: name, value, …
func (f *folder) service(t testing.TB, attrs ...any) *resource.Resource {
	t.Helper()
	w := resourcetest.Attrs(attrs...)
	r, err := resourcetest.Build(resources.Service(f.Provider), &resourcetest.World{Provider: f.Provider}, w["name"].AsString(), w)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// converge makes a service so and proves it; it returns what changed.
func (f *folder) converge(t testing.TB, attrs ...any) string {
	t.Helper()
	return resourcetest.Names(resourcetest.Converge(t, f.service(t, attrs...)))
}

// try observes a service and applies its change. It returns the error.
func (f *folder) try(t testing.TB, attrs ...any) string {
	t.Helper()
	r := f.service(t, attrs...)
	have, err := f.Observe(t.Context(), r.Want)
	if err == nil {
		err = f.Apply(t.Context(), resource.Diff(r, have))
	}
	return fmt.Sprint(err)
}

func (f *folder) act(t testing.TB, verb string, attrs ...any) {
	t.Helper()
	if err := f.Act(context.Background(), f.service(t, attrs...).Want, verb); err != nil {
		t.Errorf("%s of %v: %v", verb, attrs, err)
	}
}

func equal(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func contains(t testing.TB, what, got string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(got, w) {
			t.Errorf("%s lacks %q:\n%s", what, w, got)
		}
	}
}
