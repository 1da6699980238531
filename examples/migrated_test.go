package examples

import (
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"converge/internal/testhost"
)

// migrated is a life of the manifests that a page of docs/coming-from shows as what a role or a
// recipe becomes: applied, applied again, one thing changed, and that taken back.
type migrated struct {
	page     string
	prepare  func(t *testing.T, h host)
	made     []probe
	edit     func(site map[string]string) // files by path
	notified []string
	changed  []probe
}

func TestMigrated(t *testing.T) {
	t.Parallel()
	testhost.Require(t)
	for _, m := range []migrated{balancer(), clock()} {
		t.Run(m.page, m.live)
	}
}

// balancer is the role of the page about Ansible. Nothing answers behind it.
func balancer() migrated {
	return migrated{
		page: "ansible",
		made: []probe{{get("8080", "/"), "503"}, {"cat /proc/sys/net/core/somaxconn", "8192"}},
		edit: func(site map[string]string) {
			site["site.hcl"] = strings.Replace(site["site.hcl"], "8080", "8081", 1)
		},
		notified: []string{"module.balancer.service.haproxy reload"},
		changed:  []probe{{get("8081", "/"), "503"}},
	}
}

// clock is the recipe of the page about Chef. A test host has no right to set the clock and reaches no
// server, so its chronyd is told to leave the clock alone, and nothing waits for an answer.
func clock() migrated {
	return migrated{
		page: "chef",
		prepare: func(t *testing.T, h host) {
			h.MustExec(t, "mkdir", "-p", "/etc/systemd/system/chrony.service.d")
			h.WriteFile(t, "/etc/systemd/system/chrony.service.d/contained.conf",
				"[Unit]\nConditionCapability=\n[Service]\nExecStart=\nExecStart=!/usr/sbin/chronyd -x -F 0\n", 0o644)
			h.WriteFile(t, "/usr/local/bin/chronyc", "#!/bin/sh\n[ \"$1\" = waitsync ] || exec /usr/bin/chronyc \"$@\"\n", 0o755)
		},
		made: []probe{{"cat /etc/chrony/chrony.conf", "server 1.pool.ntp.org iburst"}, {"systemctl is-active chrony", "active"}},
		edit: func(site map[string]string) {
			site["site.hcl"] = strings.Replace(site["site.hcl"], `modules/clock"`, "modules/clock\"\n  servers = [\"192.0.2.1\"]\n", 1)
			site["site.hcl"] = strings.Replace(site["site.hcl"], "{ source", "{\n  source", 1)
		},
		notified: []string{"module.clock.service.chrony restart"},
		changed:  []probe{{"chronyc -n sources", "192.0.2.1"}},
	}
}

func (m migrated) live(t *testing.T) {
	t.Parallel()
	h := start(t, "base")
	if m.prepare != nil {
		m.prepare(t, h)
	}
	const dir = "/srv/migrated"
	site := shownManifests(t, m.page)
	put := func(site map[string]string) {
		t.Helper()
		for name, text := range site {
			h.MustExec(t, "mkdir", "-p", path.Dir(path.Join(dir, name)))
			h.WriteFile(t, path.Join(dir, name), text, 0o644)
		}
	}
	require := func(probes []probe) {
		t.Helper()
		for _, p := range probes {
			p.require(t, h)
		}
	}

	put(site)
	h.converges(t, dir)
	require(m.made)
	before := h.MustExec(t, "bash", "-c", snapshot)

	m.edit(site)
	put(site)
	expect(t, "one thing changed", h.converges(t, dir), m.notified)
	require(m.changed)

	h.MustExec(t, h.converge, "rollback")
	require(m.made)
	if now := h.MustExec(t, "bash", "-c", snapshot); now != before {
		t.Errorf("after the rollback /etc was\n%s\nwant\n%s", difference(now, before), difference(before, now))
	}
	put(shownManifests(t, m.page))
	h.isConverged(t, dir)
}

// shownManifests returns the manifests of a page by their paths: a block of code whose first line is a
// comment with a path is that file, another is site.hcl.
func shownManifests(t *testing.T, page string) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../docs/coming-from/" + page + ".md")
	if err != nil {
		t.Fatal(err)
	}
	site := map[string]string{}
	for _, m := range regexp.MustCompile("(?s)```hcl\n(?:# (\\S+)\n)?(.*?)```").FindAllStringSubmatch(string(text), -1) {
		name := m[1]
		if name == "" {
			name = "site.hcl"
		}
		site[name] = m[2]
	}
	if len(site) != 2 {
		t.Fatalf("the page shows %d manifests", len(site))
	}
	return site
}
