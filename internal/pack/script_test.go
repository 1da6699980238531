package pack

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"converge/internal/resource/resourcetest"
)

// TestScriptsRunWhenTheyShould runs each script as its package manager does, with a systemctl that prints its arguments.
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

// runScript returns the effects of a script, without a running systemd.
func runScript(t *testing.T, script string, args []string) string {
	t.Helper()
	dir := t.TempDir()
	tell := "#!/bin/sh\necho \"$*\" >&9\n"
	for _, name := range []string{"systemctl", "deb-systemd-helper"} {
		resourcetest.WriteProgram(t, filepath.Join(dir, name), tell)
	}
	// Debian's scripts hide the output of their commands, so the log uses another descriptor.
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
	want := "set -e\naction=install\nchown -h app:root '/srv/it'\\''s'\nchown -h app:app '/usr/bin/x'\n[ -L '/usr/bin/x' ] || chmod 4755 '/usr/bin/x'\n"
	if got := p.script(postInstall, Arch); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := p.script(postInstall, Deb); got != "" {
		t.Errorf("a deb does %s", got)
	}
}

// A user who owns a folder can put links there: their targets are not given away.
func TestOwnersInArchFollowNoLink(t *testing.T) {
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	top := filepath.Join(dir, "app")
	must(os.MkdirAll(filepath.Join(top, "log/beside"), 0o755))
	must(os.MkdirAll(filepath.Join(dir, "etc"), 0o755))
	for _, name := range []string{"etc/shadow", "app/log/a*[1]", "app/log/ab", "app/log/beside/a", "app/-x"} {
		must(os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	must(os.Symlink(filepath.Join(dir, "etc"), filepath.Join(top, "conf")))
	resourcetest.WriteProgram(t, filepath.Join(dir, "bin/chown"), "#!/bin/sh\necho \"${PWD#"+dir+"} $*\"\n")
	p := Package{Name: "app", Files: []File{
		{Path: top, Type: Dir, Owner: "app"}, {Path: top + "/log", Type: Dir, Owner: "app", Group: "adm", Mode: 0o2770},
		{Path: top + "/log/a*[1]", Owner: "app"}, {Path: top + "/conf/shadow", Owner: "app"}, {Path: top + "/-x", Owner: "app"},
	}}
	cmd := exec.Command("sh", "-c", p.script(postInstall, Arch))
	cmd.Env, cmd.Dir = []string{"PATH=" + dir + "/bin:/usr/bin:/bin"}, "/"
	out, err := cmd.CombinedOutput()
	want := " -h app:root " + top + "\n" + "/app -h app:adm ./log\n" + "/app/log -h app:root ./a*[1]\n" + "/app -h app:root ./-x\n"
	if got := strings.Replace(string(out), "/ -h", " -h", 1); err != nil || got != want {
		t.Errorf("%v: it did\n%s, want\n%s", err, got, want)
	}
}

// A file belongs to root until the script changes its owner, so it is not setuid until then.
func TestSetuidInArchWaitsForItsOwner(t *testing.T) {
	p := Package{Name: "app", Version: "1", Files: []File{
		{Path: "/usr/bin/mine", Content: []byte("x"), Mode: 0o4755}, {Path: "/usr/bin/theirs", Content: []byte("x"), Owner: "app", Mode: 0o6755},
		{Path: "/usr/bin/group", Content: []byte("x"), Group: "app", Mode: 0o2755}, {Path: "/srv/app", Type: Dir, Group: "app", Mode: 0o2770},
	}}
	var b bytes.Buffer
	if err := Build(t.Context(), p, Arch, &b); err != nil {
		t.Fatal(err)
	}
	unpacked, err := zstd.NewReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer unpacked.Close()
	want := map[string]int64{"usr/bin/mine": 0o4755, "usr/bin/theirs": 0o755, "usr/bin/group": 0o755, "srv/app": 0o2770}
	for r := tar.NewReader(unpacked); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		name := strings.Trim(h.Name, "/")
		if mode, ok := want[name]; ok && (h.Mode&0o7777 != mode || h.Uname != "root" || h.Gname != "root") {
			t.Errorf("%s is %o, of %s and %s", name, h.Mode, h.Uname, h.Gname)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("there is no %v", want)
	}
	p.Files = append(p.Files, File{Path: "/srv/app/x", Owner: "app", Mode: 0o4755})
	if err := Build(t.Context(), p, Arch, &b); err == nil || !strings.Contains(err.Error(), "/srv/app above it is writable for others") {
		t.Error(err)
	}
}
