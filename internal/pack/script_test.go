package pack

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestScriptsRunWhenTheyShould runs each script as its package manager does, with
// a systemctl that tells what it was asked.
func TestScriptsRunWhenTheyShould(t *testing.T) {
	p := Package{
		Name:    "app",
		Units:   []Unit{{Name: "app.service", Enable: true, Start: true, Restart: true}},
		Scripts: Scripts{PreInstall: "echo pre $action", PostInstall: "echo post $action; exit 0", PreRemove: "echo going $action", PostRemove: "echo gone $action"},
	}
	const systemctl = "enable app.service;"
	for _, tt := range []struct {
		format string
		hook   hook
		args   string
		want   string
	}{
		{Deb, preInstall, "install", "pre install;"},
		{Deb, preInstall, "upgrade 1.0", "pre upgrade;"},
		{Deb, preInstall, "abort-upgrade 1.0", ""},
		{Deb, postInstall, "configure", "post install;unmask app.service;--quiet was-enabled app.service;enable app.service;"},
		{Deb, postInstall, "configure 1.0", "post upgrade;unmask app.service;--quiet was-enabled app.service;enable app.service;"},
		{Deb, postInstall, "triggered x", ""},
		{Deb, preRemove, "remove", "going remove;"},
		{Deb, preRemove, "upgrade 2.0", ""},
		{Deb, postRemove, "upgrade 2.0", ""},
		{Deb, postRemove, "purge", "gone purge;purge app.service;unmask app.service;"},
		{RPM, preInstall, "1", "pre install;"},
		{RPM, postInstall, "1", "post install;--quiet --no-reload " + systemctl},
		{RPM, postInstall, "2", "post upgrade;"},
		{RPM, preRemove, "0", "--quiet --no-reload disable app.service;going remove;"},
		{RPM, preRemove, "1", ""},
		{RPM, postRemove, "1", ""},
		{RPM, postRemove, "0", "gone remove;"},
		{Arch, postInstall, "1.0", "post install;--quiet --no-reload " + systemctl},
		{APK, preRemove, "1.0", "--quiet --no-reload disable app.service;going remove;"},
	} {
		if got := runScript(t, p.script(tt.hook, tt.format), strings.Fields(tt.args)); got != tt.want {
			t.Errorf("%s hook %d with %q: %q, want %q", tt.format, tt.hook, tt.args, got, tt.want)
		}
	}
}

// runScript returns what a script does, where systemd does not run.
func runScript(t *testing.T, script string, args []string) string {
	t.Helper()
	dir := t.TempDir()
	tell := "#!/bin/sh\necho \"$*\" >&9\n"
	for _, name := range []string{"systemctl", "deb-systemd-helper"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(tell), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// Debian's scripts are silent about what they ask, so what is told goes past.
	script = strings.ReplaceAll(script, "/run/systemd/system", "/nonexistent")
	script = strings.ReplaceAll(script, "/usr/bin/deb-systemd-helper", filepath.Join(dir, "deb-systemd-helper"))
	cmd := exec.Command("sh", append([]string{"-c", "exec 9>&1\n" + script, "script"}, args...)...)
	cmd.Env = []string{"PATH=" + dir + ":/usr/bin:/bin"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, script)
	}
	return strings.ReplaceAll(string(out), "\n", ";")
}

func TestFailingScriptFails(t *testing.T) {
	p := Package{Name: "app", Scripts: Scripts{PostInstall: "false\necho not here"}}
	for _, format := range Formats() {
		out, err := exec.Command("sh", "-c", p.script(postInstall, format), "script", map[string]string{Deb: "configure"}[format]+map[string]string{RPM: "1"}[format]).CombinedOutput()
		if err == nil || len(out) > 0 {
			t.Errorf("%s: %v, %s", format, err, out)
		}
	}
}

func TestOwnersInArch(t *testing.T) {
	p := Package{Name: "app", Files: []File{
		{Path: "/srv/it's", Owner: "app"}, {Path: "/usr/bin/x", Owner: "app", Group: "app", Mode: 0o4755}, {Path: "/etc/x"},
	}}
	want := "set -e\naction=install\nchown -h app:root '/srv/it'\\''s'\nchown -h app:app '/usr/bin/x'\nchmod 4755 '/usr/bin/x'\n"
	if got := p.script(postInstall, Arch); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := p.script(postInstall, Deb); got != "" {
		t.Errorf("a deb does %s", got)
	}
}
