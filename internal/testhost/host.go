// Package testhost gives Go tests a disposable Debian machine: real systemd as PID 1, real apt with a signed repository
// of small packages, and a temporary disk, all in plain namespaces of the machine that runs the tests. A host boots in
// about half a second and is reset in as much.
//
// Start with [Start], which boots a host for one test, and [Host.MustExec]:
//
//	h := testhost.Start(t, testhost.Options{Repo: true})
//	h.MustExec(t, "apt-get", "update")
//	h.MustExec(t, "apt-get", "install", "-y", "svc-a=1.0")
//
// A test that must run on the host itself, not beside it, calls [OnHost]; [Host.Program] builds a program under test and
// makes it visible inside. The top of script/mkdebrepo lists the content of the repository.
//
// Tests skip with a reason if no host can run (not Linux, not root, not Debian, a missing tool, no right to make
// namespaces). With CONVERGE_REQUIRE_HOST=1 they fail instead.
//
// The number of hosts at a time, of all test processes, depends on the number of processors: a test that needs one more
// waits.
//
// Images and the repository are built once per machine, under a lock, into
// $TESTHOST_DIR (default: testhost in the folder for temporary files); that
// needs the Debian mirror of the machine and some minutes. To have it done
// beforehand: go run ./internal/testhost/prepare
//
// script/testhost does the work and can also be used by hand. This package is not for production code, and is not a
// sandbox: a host is root on the machine's kernel and protects only against accidents.
package testhost

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Options describe the host that a test needs. The zero value is a small Debian with systemd, 1 GiB of disk in memory,
// and no network but lo.
type Options struct {
	// Image is "base" (systemd, dbus, apt, procps, iproute2, strace; the
	// default) or "full" (also cloud-init, sshd, nginx-light, stow, cron, …);
	// "sysv" and "openrc" have another init; "dnf", "zypper" and "pacman"
	// another package manager.
	Image string

	Disk     bool              // an ext4 image instead of memory: needed by Cut
	Size     string            // of the disk, "1g" if empty; small ones show what a full disk does
	Net      bool              // share the machine's network
	Hostname string            // "testhost" if empty
	Binds    map[string]string // path on this machine → path inside, ":ro" after it for read-only

	// Repo configures the test repository, suite stable, as the only source of
	// packages: visible at /srv/repo, not yet fetched (apt-get update).
	Repo bool

	// Prepare is called whenever the host has a fresh disk, before it boots: a test can add files there for the first
	// boot.
	Prepare func(t testing.TB, h *Host)
}

// Dir is the folder inside a host that the test process shares with it, read-only.
const Dir = "/run/testhost"

// Host is one machine. Its methods must not be called in parallel, except Exec, MustExec, Command, ReadFile and
// WriteFile while it is running.
type Host struct {
	name string
	opts Options
	own  string // folder of this test process, visible inside at Dir
	up   bool

	image, repo string // their paths
}

// Start boots a host, which is removed at the end of the test. See [Require] for machines that cannot run one.
func Start(t testing.TB, o Options) *Host {
	t.Helper()
	h := Create(t, o)
	h.Boot(t)
	return h
}

// Create is Start without booting.
func Create(t testing.TB, o Options) *Host {
	t.Helper()
	Require(t)
	own, err := ownRun()
	if err != nil {
		t.Fatalf("cannot make a folder for test hosts: %v", err)
	}
	takePlace(t, own)
	if _, err := run(t.Context(), "gc", "-d"); err != nil {
		t.Logf("hosts of ended tests were not all removed: %v", err)
	}
	f, err := os.CreateTemp(own, ".host-") // its random part makes the host's name unique
	if err != nil {
		t.Fatalf("cannot name a test host: %v", err)
	}
	f.Close()
	h := &Host{name: "t" + strings.TrimPrefix(filepath.Base(own), "run-") + filepath.Base(f.Name())[len(".host"):], opts: o, own: own}
	h.image, err = runOnce(t.Context(), own, "build", orElse(o.Image, "base"))
	if err == nil && o.Repo {
		h.repo, err = runOnce(t.Context(), own, "repo")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.remove(t) })
	h.create(t)
	return h
}

func (h *Host) create(t testing.TB) {
	t.Helper()
	o := h.opts
	args := []string{"create", h.name, "-o", strconv.Itoa(os.Getpid()), "-N", orElse(o.Hostname, "testhost"), "-b", h.own + ":" + Dir + ":ro"}
	args = append(args, "-i", h.image, "-s", orElse(o.Size, "1g"))
	if o.Disk {
		args = append(args, "-d")
	}
	if o.Net {
		args = append(args, "-n", "host")
	}
	if wd, err := os.Getwd(); err == nil {
		if root, err := moduleRoot(wd); err == nil {
			args = append(args, "-b", root+":"+source+":ro")
		}
	}
	for src, dst := range o.Binds {
		args = append(args, "-b", src+":"+dst)
	}
	if o.Repo {
		args = append(args, "-b", h.repo+":/srv/repo:ro")
	}
	mustRun(t, args...)
	if o.Repo {
		h.useRepo(t)
	}
	if o.Prepare != nil {
		o.Prepare(t, h)
	}
}

// Boot starts a stopped host and returns when its init reports the end of the boot, with its result: "running", or
// "degraded" if a unit failed.
func (h *Host) Boot(t testing.TB) string {
	t.Helper()
	state := mustRun(t, "start", h.name)
	h.up = true
	return state
}

// Stop shuts the host down in an orderly way. The disk stays.
func (h *Host) Stop(t testing.TB) { t.Helper(); h.down(t, "stop") }

// Rebooted waits until the host has rebooted itself, and boots it again, like a real machine. It returns init's result,
// like Boot.
func (h *Host) Rebooted(t testing.TB) string {
	t.Helper()
	how := mustRun(t, "ended", h.name)
	h.up = false
	if how != "reboot" {
		t.Fatalf("the host was to reboot, and it has ended by a %s; its console:\n%s", how, h.Console())
	}
	return h.Boot(t)
}

// Kill ends every process of the host at once. The disk stays, with everything written, synced or not.
func (h *Host) Kill(t testing.TB) { t.Helper(); h.down(t, "kill") }

// Cut cuts the power: like Kill, but everything that had not reached the disk is lost. It requires [Options.Disk].
func (h *Host) Cut(t testing.TB) { t.Helper(); h.down(t, "cut") }

func (h *Host) down(t testing.TB, verb string) {
	t.Helper()
	mustRun(t, verb, h.name)
	h.up = false
}

// Reset gives the host a fresh disk and boots it.
func (h *Host) Reset(t testing.TB) {
	t.Helper()
	mustRun(t, "reset", h.name)
	h.up = false
	h.create(t)
	h.Boot(t)
}

// Root returns the path of the host's tree from outside, writable, whether it is running or not. It does not include
// memory file systems that the host has mounted (/run, /dev).
func (h *Host) Root() string { return filepath.Join(dir(), "hosts", h.name, "root") }

// Console returns the host's console output since it booted.
func (h *Host) Console() string {
	b, err := os.ReadFile(filepath.Join(dir(), "hosts", h.name, "console.log"))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// remove does not use the test's context, which has ended by then.
func (h *Host) remove(t testing.TB) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if pid, err := run(ctx, "pid", h.name); t.Failed() && h.up && (err != nil || pid == "") {
		t.Logf("the test host has ended by itself; its console:\n%s", h.Console())
	}
	if _, err := run(ctx, "reset", h.name); err != nil {
		t.Errorf("cannot remove the test host: %v", err)
	}
}

func mustRun(t testing.TB, args ...string) string {
	t.Helper()
	out, err := run(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// ownRun returns the folder of this test process: run-PID-START. It removes those of ended processes.
func ownRun() (string, error) {
	top := dir()
	if err := ownDir(top); err != nil {
		return "", err
	}
	all, err := filepath.Glob(filepath.Join(top, "run-*"))
	if err != nil {
		return "", err
	}
	for _, d := range all {
		pid, start, _ := strings.Cut(strings.TrimPrefix(filepath.Base(d), "run-"), "-")
		if startTime(pid) == start {
			continue
		}
		if err := os.RemoveAll(d); err != nil {
			return "", err
		}
	}
	pid := strconv.Itoa(os.Getpid())
	own := filepath.Join(top, fmt.Sprintf("run-%s-%s", pid, startTime(pid)))
	return own, os.MkdirAll(own, 0o755)
}

// startTime returns the start time of a process, in clock ticks; "" if it has ended.
func startTime(pid string) string {
	b, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return ""
	}
	_, after, _ := strings.Cut(string(b), ") ")
	if f := strings.Fields(after); len(f) > 19 {
		return f[19]
	}
	return ""
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// useRepo makes the test repository the only package source of a stopped host.
func (h *Host) useRepo(t testing.TB) {
	t.Helper()
	key, err := os.ReadFile(filepath.Join(h.repo, "repo.asc"))
	if err != nil {
		t.Fatal(err)
	}
	h.WriteFile(t, "/etc/apt/keyrings/converge-test.asc", string(key), 0o644)
	h.UseSuite(t, "stable")
}

// UseSuite points apt at a suite of the test repository: "stable", or "old", which has only the first version of each
// package. The caller runs apt-get update.
func (h *Host) UseSuite(t testing.TB, suite string) {
	t.Helper()
	h.WriteFile(t, "/etc/apt/sources.list.d/converge-test.sources", `Types: deb
URIs: file:///srv/repo
Suites: `+suite+`
Components: main
Architectures: amd64
Signed-By: /etc/apt/keyrings/converge-test.asc
`, 0o644)
}
