package examples

import (
	"bytes"
	"cmp"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"converge/internal/pack"
	"converge/internal/pkgrepo"
	"converge/internal/providers/apk/apktest"
	"converge/internal/testhost"
)

// family is a family of distributions, by a tree with its package manager or init.
type family struct {
	name      string // "" for that of the image
	image     string
	osRelease string // what the tree calls itself; "" for what it is
	enabled   string // the link in the tree by which the service starts at boot
	running   []string
	proc      bool // pacman asks /proc/self/mounts how much room there is
}

func families() []family {
	const unit = "/etc/systemd/system/multi-user.target.wants/greeter.service"
	active := []string{"systemctl", "is-active", "greeter"}
	return []family{
		{image: "base", enabled: unit, running: active},
		{image: "dnf", osRelease: "ID=fedora\nVERSION_ID=40\n", enabled: unit, running: active},
		{image: "zypper", osRelease: "ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n", enabled: unit, running: active},
		{image: "pacman", osRelease: "ID=arch\n", enabled: unit, running: active, proc: true},
		{name: "apk", image: "base", osRelease: "ID=alpine\nVERSION_ID=3.20.3\n", enabled: unit, running: active},
		{image: "sysv", enabled: "/etc/rc2.d/S??greeter", running: []string{"/etc/init.d/greeter", "status"}},
		{image: "openrc", enabled: "/etc/runlevels/default/greeter", running: []string{"rc-service", "greeter", "status"}},
	}
}

// TestImage applies examples/image to a tree of each family, boots the tree, and has
// nothing left to do there.
func TestImage(t *testing.T) {
	t.Parallel()
	testhost.Require(t)
	site := t.TempDir()
	repository := buildRepository(t, site)
	copyFile(t, "image/site.hcl", filepath.Join(site, "site.hcl"))
	for _, f := range families() {
		t.Run(cmp.Or(f.name, f.image), func(t *testing.T) { f.build(t, site, repository) })
	}
}

func (f family) build(t *testing.T, site, repository string) {
	h := host{Host: testhost.Create(t, testhost.Options{Image: f.image, Binds: map[string]string{site: "/srv/site:ro"}})}
	tree := h.Root()
	if err := os.CopyFS(filepath.Join(tree, "srv/repo"), os.DirFS(repository)); err != nil {
		t.Fatal(err)
	}
	if f.osRelease != "" {
		h.WriteFile(t, "/etc/os-release", f.osRelease, 0o644)
	}
	if f.name == "apk" { // which no program can be had of: a stand-in is in its place
		if err := apktest.NewRoot(tree); err != nil {
			t.Fatal(err)
		}
		program, err := os.ReadFile(testhost.Binary(t, "converge/internal/providers/apk/apktest/apk"))
		if err != nil {
			t.Fatal(err)
		}
		h.WriteFile(t, "/sbin/apk", string(program), 0o755)
	}
	unmount := func() {}
	if f.proc {
		if err := syscall.Mount("proc", tree+"/proc", "proc", 0, ""); err != nil {
			t.Fatal(err)
		}
		unmount = sync.OnceFunc(func() { _ = syscall.Unmount(tree+"/proc", syscall.MNT_DETACH) })
		t.Cleanup(unmount)
	}
	build := func(args ...string) (string, error) {
		argv := append([]string{"apply", "--root", tree, "--color", "never"}, args...)
		out, err := exec.CommandContext(t.Context(), testhost.Binary(t, "converge/cmd/converge"), argv...).CombinedOutput() //nolint:gosec // the program under test
		return string(out), err
	}
	if out, err := build(site); err != nil {
		t.Fatalf("apply --root: %v\n%s", err, out)
	}
	if links, err := filepath.Glob(tree + f.enabled); err != nil || len(links) == 0 {
		t.Errorf("the service does not start at boot: %v", err)
	}
	if out, err := build("--detailed-exitcode", site); err != nil {
		t.Errorf("a second apply --root: %v\n%s", err, out)
	}
	for _, process := range processesIn(t, tree) {
		t.Errorf("after apply --root, the tree cannot be unmounted: it is the root of %s", process)
	}
	bad := filepath.Join(t.TempDir(), "bad.hcl")
	if err := os.WriteFile(bad, []byte(`file "/etc/greeter.conf" {
  content = "nothing\n"
  verify  = ["greeter", "--check", "{path}"]
}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := build(bad); err == nil || !strings.Contains(out, "/etc/greeter.conf has no greeting") {
		t.Errorf("what the tree's own greeter refuses: %v\n%s", err, out)
	}

	unmount()
	h.Boot(t)
	h.converge = h.Program(t, "converge/cmd/converge")
	h.MustExec(t, f.running...)
	h.isConverged(t, "/srv/site")
}

// processesIn lists the command lines of the processes whose root is a tree.
func processesIn(t *testing.T, tree string) (lines []string) {
	t.Helper()
	want, err := os.Stat(tree)
	if err != nil {
		t.Fatal(err)
	}
	roots, err := filepath.Glob("/proc/[0-9]*/root")
	if err != nil {
		t.Fatal(err)
	}
	for _, root := range roots {
		if have, err := os.Stat(root); err == nil && os.SameFile(want, have) {
			line, _ := os.ReadFile(filepath.Join(filepath.Dir(root), "cmdline")) // it may have ended since
			lines = append(lines, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return lines
}

// buildRepository makes a signed repository of the greeter for every family, and lays
// its public keys into site.
func buildRepository(t *testing.T, site string) string {
	t.Helper()
	dir, keys := t.TempDir(), t.TempDir()
	for _, format := range pack.Formats() {
		p := greeter()
		if format == pack.RPM {
			p.Name = "greeter-server"
		}
		var b bytes.Buffer
		if err := pack.Build(t.Context(), p, format, &b); err != nil {
			t.Fatal(err)
		}
		name, err := p.FileName(format)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644) //nolint:gosec // as a repository has it
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	names, err := pkgrepo.NewKeys(keys, "own", 0, 2048, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	o := pkgrepo.Options{Name: "own", Suite: "stable", Now: time.Now, Log: func(string, string) {}, Warn: func(s string) { t.Log(s) }}
	for _, name := range names {
		switch filepath.Ext(name) {
		case ".key", ".rsa":
			o.Keys = append(o.Keys, name)
		default:
			copyFile(t, name, filepath.Join(site, filepath.Base(name)))
		}
	}
	if err := pkgrepo.Update(context.WithoutCancel(t.Context()), dir, o); err != nil {
		t.Fatal(err)
	}
	return dir
}

// greeter is a program with a check of its configuration, and a service for every
// init.
func greeter() pack.Package {
	return pack.Package{
		Name: "greeter", Version: "1.0", Arch: "all",
		Files: []pack.File{
			{Path: "/usr/bin/greeter", Mode: 0o755, Content: []byte(`#!/bin/sh
case $1 in
--check) grep -q ^greeting= "$2" || { echo "$2 has no greeting"; exit 1; } ;;
--serve) exec sleep infinity ;;
esac
`)},
			{Path: "/usr/lib/systemd/system/greeter.service", Content: []byte(`[Unit]
Description=Greeter

[Service]
User=greeter
ExecStart=/usr/bin/greeter --serve

[Install]
WantedBy=multi-user.target
`)},
			{Path: "/etc/init.d/greeter", Mode: 0o755, Content: []byte(`#!/bin/sh
### BEGIN INIT INFO
# Provides:          greeter
# Required-Start:    $local_fs
# Required-Stop:     $local_fs
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: Greeter
### END INIT INFO
daemon="--pidfile /run/greeter.pid --startas /usr/bin/greeter"
case $1 in
start) start-stop-daemon --start --oknodo --background --make-pidfile --chuid greeter $daemon -- --serve ;;
stop) start-stop-daemon --stop --oknodo --remove-pidfile --pidfile /run/greeter.pid ;;
restart) $0 stop; $0 start ;;
status) start-stop-daemon --status --pidfile /run/greeter.pid ;;
esac
`)},
		},
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o644) //nolint:gosec // a manifest or a public key
	}
	if err != nil {
		t.Fatal(err)
	}
}
