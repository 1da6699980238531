package testhost_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"converge/internal/testhost"
)

// TestHost tests everything with one host, because every boot costs half a second.
func TestHost(t *testing.T) {
	h := testhost.Start(t, testhost.Options{Repo: true, Disk: true, Prepare: func(t testing.TB, h *testhost.Host) {
		h.WriteFile(t, "/etc/seed", "before the first boot\n", 0o600)
	}})
	if got := h.MustExec(t, "ps", "-o", "comm=", "1"); got != "systemd\n" {
		t.Errorf("PID 1 is %q", got)
	}
	if got := h.MustExec(t, "stat", "-c", "%a %s", "/etc/seed"); got != "600 22\n" {
		t.Errorf("the seed is %q", got)
	}
	t.Run("status", func(t *testing.T) {
		r, err := h.Exec(t.Context(), "sh", "-c", "echo out; echo err >&2; exit 3")
		if err != nil || r != (testhost.Result{Stdout: "out\n", Stderr: "err\n", Exit: 3}) {
			t.Errorf("got %+v, %v", r, err)
		}
	})
	t.Run("cancel", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if _, err := h.Exec(ctx, "sh", "-c", "sleep 987654 & wait"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if r, err := h.Exec(t.Context(), "pgrep", "-f", "sleep 98765[4]"); err != nil || r.Exit != 1 {
			t.Errorf("what was cancelled lives on: %+v, %v", r, err)
		}
	})
	t.Run("files", func(t *testing.T) {
		h.WriteFile(t, "/run/deep/file", "x", 0o640)
		if got := h.ReadFile(t, "/run/deep/file"); got != "x" {
			t.Errorf("read %q", got)
		}
	})
	t.Run("repository", func(t *testing.T) { testRepo(t, h) })
	t.Run("kill", func(t *testing.T) {
		h.Kill(t)
		h.Boot(t)
		if got := h.MustExec(t, "systemctl", "is-active", "svc-a"); got != "active\n" {
			t.Errorf("svc-a is %q after a boot", got)
		}
	})
	t.Run("cut", func(t *testing.T) {
		h.MustExec(t, "sh", "-c", "echo kept >/srv/kept; sync; echo lost >/srv/lost")
		h.Cut(t)
		h.Boot(t)
		if got := h.MustExec(t, "sh", "-c", "cat /srv/kept; cat /srv/lost || true"); got != "kept\n" {
			t.Errorf("after a power cut there is %q", got)
		}
	})
	t.Run("reset", func(t *testing.T) {
		h.Reset(t)
		if got := h.MustExec(t, "sh", "-c", "ls /srv /etc/seed"); strings.Contains(got, "kept") || !strings.Contains(got, "/etc/seed") {
			t.Errorf("after a reset there is %q", got)
		}
	})
}

func testRepo(t *testing.T, h *testhost.Host) {
	h.UseSuite(t, "old")
	h.MustExec(t, "apt-get", "update")
	h.MustExec(t, "apt-get", "install", "-y", "svc-a")
	h.UseSuite(t, "stable")
	h.MustExec(t, "apt-get", "update")
	out := h.MustExec(t, "apt-get", "-s", "upgrade")
	if !strings.Contains(out, "Inst svc-a [1.0] (1.1 converge-test:stable [all])") {
		t.Errorf("the suite stable has nothing new: %s", out)
	}
	h.MustExec(t, "apt-get", "install", "-y", "nginx-light", "application=1.0")
	if got := h.MustExec(t, "systemctl", "is-active", "nginx", "svc-a"); got != "active\nactive\n" {
		t.Errorf("after their installation nginx and svc-a are %q", got)
	}
}

func TestOnHost(t *testing.T) {
	if !testhost.OnHost(t, testhost.Options{}) {
		return
	}
	if name, err := os.Hostname(); err != nil || name != "testhost" {
		t.Errorf("this is %q, %v", name, err)
	}
	if _, err := os.Stat("script/testhost"); err != nil {
		t.Errorf("the package's folder is not here: %v", err)
	}
}

func TestProgram(t *testing.T) {
	h := testhost.Start(t, testhost.Options{})
	p := h.Program(t, "converge/internal/testhost/prepare")
	r, err := h.Exec(t.Context(), p, "nonsense")
	if err != nil || r.Exit != 1 || !strings.Contains(r.Stderr, "cannot run test hosts here: tools are missing") {
		t.Errorf("got %+v, %v", r, err)
	}
}
