// Package examples holds manifests to learn from. Each is planned, applied and
// planned again by a test; those that need a machine, on a test host with real
// systemd and apt.
package examples

import (
	"strings"
	"testing"
)

func TestIdealWorld(t *testing.T) {
	t.Parallel()
	h := start(t, "base")
	set := func(version, greeting string) {
		h.write(t, "/etc/converge/node.d/application.json",
			`{"application": {"version": "`+version+`", "greeting": "`+greeting+`"}}`)
	}
	site := "/srv/examples/ideal-world"

	set("1.0", "hello")
	expect(t, "from nothing", h.converges(t, site), nil)
	if state := h.ReadFile(t, "/run/application.state"); !strings.Contains(state, "version=1.0") || !strings.Contains(state, "greeting=hello") {
		t.Errorf("the application says %q", state)
	}
	first := h.unit(t, "application")
	h.isConverged(t, site)
	if now := h.unit(t, "application"); now != first {
		t.Errorf("a run that changed nothing touched the unit:\n%s\n%s", first, now)
	}

	set("1.0", "good day")
	expect(t, "another greeting", h.converges(t, site), []string{"service.application reload"})
	if now := h.unit(t, "application"); now != first {
		t.Errorf("a reload restarted the unit:\n%s\n%s", first, now)
	}
	if state := h.ReadFile(t, "/run/application.state"); !strings.Contains(state, "greeting=good day") {
		t.Errorf("after the reload the application says %q", state)
	}

	set("1.1", "good evening")
	expect(t, "a new version and another greeting", h.converges(t, site), []string{"service.application restart"})
	if state := h.ReadFile(t, "/run/application.state"); !strings.Contains(state, "version=1.1") || !strings.Contains(state, "greeting=good evening") {
		t.Errorf("after the upgrade the application says %q", state)
	}
	starts := h.MustExec(t, "sh", "-c", "journalctl --sync; journalctl -u application -o cat | grep -c ^Started")
	if strings.TrimSpace(starts) != "2" {
		t.Errorf("the application was started %s times, want 2", strings.TrimSpace(starts))
	}
}

func TestNginx(t *testing.T) {
	t.Parallel()
	h := start(t, "base")
	site := "/srv/examples/nginx"
	page := func(port string) string {
		return h.MustExec(t, "bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/`+port+`; printf 'GET / HTTP/1.0\r\n\r\n' >&3; cat <&3`)
	}
	h.converges(t, site)
	if got := page("8081"); !strings.Contains(got, "Servus from eu") {
		t.Errorf("the page is %q", got)
	}
	first := h.unit(t, "nginx")
	h.isConverged(t, site)
	if now := h.unit(t, "nginx"); now != first {
		t.Errorf("a run that changed nothing touched the unit:\n%s\n%s", first, now)
	}

	expect(t, "more workers", h.converges(t, "--var", "workers=3", site), []string{"service.nginx reload"})
	if now := h.unit(t, "nginx"); now != first {
		t.Errorf("a reload restarted the unit:\n%s\n%s", first, now)
	}

	sites := `sites={eu={port=8081,greeting="Servus"},asia={port=8083,greeting="Konnichiwa"}}`
	expect(t, "another site", h.converges(t, "--prune", "--var", "workers=3", "--var", sites, site), []string{"service.nginx reload"})
	if got := page("8083"); !strings.Contains(got, "Konnichiwa from asia") {
		t.Errorf("the page is %q", got)
	}

	// A configuration that nginx refuses never replaces the live one.
	live := h.ReadFile(t, "/etc/nginx/nginx.conf")
	h.write(t, "/root/broken/nginx.conf.tmpl", "worker_processes {{ .vars.workers }};\nnonsense;\n")
	h.MustExec(t, "sh", "-c", "cp /srv/examples/nginx/site.hcl /srv/examples/nginx/site.conf.tmpl /root/broken/")
	r, err := h.Exec(t.Context(), h.converge, "apply", "/root/broken")
	if err != nil || r.Exit != 3 || !strings.Contains(r.Stdout, "nonsense") {
		t.Errorf("a broken configuration: exit status %d, %v\n%s%s", r.Exit, err, r.Stdout, r.Stderr)
	}
	if now := h.ReadFile(t, "/etc/nginx/nginx.conf"); now != live {
		t.Errorf("the live configuration became %q", now)
	}
	if now := h.unit(t, "nginx"); now != first {
		t.Errorf("a refused configuration touched the unit:\n%s\n%s", first, now)
	}
}

func TestUsers(t *testing.T) {
	t.Parallel()
	h := start(t, "full")
	site := "/srv/examples/users"
	h.converges(t, site)
	for _, c := range []struct{ command, want string }{
		{"id ada", "uid=3001(ada) gid=100(users) groups=100(users),3000(admins)"},
		{"stat -c '%U %G %a' /home/grace/.ssh/authorized_keys", "grace users 600"},
		{"stat -c '%U %G %a' /etc/sudoers.d/admins", "root root 440"},
	} {
		if got := strings.TrimSpace(h.MustExec(t, "sh", "-c", c.command)); got != c.want {
			t.Errorf("%s: %q, want %q", c.command, got, c.want)
		}
	}
	h.MustExec(t, "sh", "-c", "usermod -s /bin/sh -c Somebody ada && chmod 644 /home/ada/.ssh/authorized_keys")
	h.converges(t, site)
	if got := h.MustExec(t, "getent", "passwd", "ada"); !strings.Contains(got, "Ada Lovelace:/home/ada:/bin/bash") {
		t.Errorf("ada is %q", got)
	}
}
