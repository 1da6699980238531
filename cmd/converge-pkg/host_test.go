package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"converge/internal/pkgrepo"
	"converge/internal/testhost"
)

// site is a host with a repository of the example package, signed by a key.
type site struct {
	*testhost.Host
	t       *testing.T
	program string
	dir     string // of the repository and the keys on this machine; /srv/own in the host

	published time.Time // of the last index
}

func newSite(t *testing.T, image, keys string) *site {
	s := &site{t: t, dir: t.TempDir()}
	if err := os.CopyFS(s.dir+"/keys", os.DirFS(keys)); err != nil {
		t.Fatal(err)
	}
	s.Host = testhost.Start(t, testhost.Options{Image: image, Binds: map[string]string{s.dir: "/srv/own:ro"}})
	s.program = testhost.Binary(t, "converge/cmd/converge-pkg")
	return s
}

func (s *site) pkg(args ...string) {
	s.t.Helper()
	if out, err := exec.Command(s.program, args...).CombinedOutput(); err != nil {
		s.t.Fatalf("converge-pkg %q: %v\n%s", args, err, out)
	}
}

// publish builds a version and signs the repository with a key. pacman fetches a repository's database again only if it
// is at least a second newer.
func (s *site) publish(format, version, key string) {
	s.t.Helper()
	s.pkg("pack", "--format", format, "--var", "version="+version, "--out", s.dir+"/repo", filepath.Join("..", "..", "examples", "own-package", "package"))
	s.pkg("repo", "--name", "own", "--key", s.dir+"/keys/"+key+".key", s.dir+"/repo")
	if now := time.Now(); now.Sub(s.published) > time.Second {
		s.published = now
	} else {
		s.published = s.published.Add(time.Second)
	}
	for _, ext := range []string{"", ".sig"} {
		database := s.dir + "/repo/arch/x86_64/own.db" + ext
		if err := os.Chtimes(database, s.published, s.published); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.t.Fatal(err)
		}
	}
}

// refuses requires that a command fails with that message.
func (s *site) refuses(says string, argv ...string) {
	s.t.Helper()
	r, err := s.Exec(context.Background(), argv...)
	if err != nil || r.Exit == 0 || !strings.Contains(r.Stdout+r.Stderr, says) {
		s.t.Errorf("%q: status %d, %v, does not say %q\n%s%s", argv, r.Exit, err, says, r.Stdout, r.Stderr)
	}
}

// serves requires that the service is enabled and running, and that the named versions have been started that often.
func (s *site) serves(greetings ...string) {
	s.t.Helper()
	s.MustExec(s.t, "systemctl", "is-enabled", "greeter.service")
	s.MustExec(s.t, "systemctl", "is-active", "greeter.service")
	var want strings.Builder
	for _, version := range greetings {
		want.WriteString("Hello from greeter " + version + "\n")
	}
	// The program writes before it stays running; is-active does not wait for that.
	wait := fmt.Sprintf("until [ $(cat /var/lib/greeter/greetings 2>/dev/null | wc -l) -ge %d ]; do sleep 0.1; done", len(greetings))
	if r, err := s.Exec(s.t.Context(), "timeout", "30", "sh", "-c", wait); err != nil || r.Exit != 0 {
		s.t.Errorf("the service was started fewer than %d times: %v %s", len(greetings), err, r.Stderr)
	}
	got := s.ReadFile(s.t, "/var/lib/greeter/greetings")
	if got != want.String() {
		s.t.Errorf("the service has said\n%swant\n%s", got, want.String())
	}
	if owner := s.MustExec(s.t, "stat", "-c", "%U:%G %a", "/var/lib/greeter"); owner != "greeter:greeter 750\n" {
		s.t.Errorf("its folder is %s", owner)
	}
}

// isGone requires that nothing of the unit is left.
func (s *site) isGone() {
	s.t.Helper()
	r, err := s.Exec(context.Background(), "sh", "-c", "pgrep -u greeter; find /etc/systemd /usr/lib/systemd/system -name 'greeter*'; systemctl is-failed greeter.service")
	if err != nil || strings.TrimSpace(r.Stdout) != "inactive" {
		s.t.Errorf("after the removal there is %s%s %v", r.Stdout, r.Stderr, err)
	}
}

// lives installs, upgrades, configures, downgrades and removes the package.
func (s *site) lives(format string, do func(step, version string)) {
	s.publish(format, "1.0.0", "own")
	do("install", "1.0.0")
	s.serves("1.0.0")
	s.MustExec(s.t, "sh", "-c", "echo '# mine' >>/etc/greeter.conf")
	s.publish(format, "1.1.0", "own")
	do("upgrade", "1.1.0")
	s.serves("1.0.0", "1.1.0")
	if conf := s.ReadFile(s.t, "/etc/greeter.conf"); conf != "GREETING=Hello\n# mine\n" {
		s.t.Errorf("the configuration is %q", conf)
	}
	do("downgrade", "1.0.0")
	s.serves("1.0.0", "1.1.0", "1.0.0")
	// What the administrator has stopped and disabled stays that way.
	s.MustExec(s.t, "systemctl", "disable", "--quiet", "--now", "greeter")
	do("upgrade", "1.1.0")
	if got := s.MustExec(s.t, "sh", "-c", "systemctl is-enabled greeter; systemctl is-active greeter; :"); got != "disabled\ninactive\n" {
		s.t.Errorf("after an upgrade, a unit that was stopped and disabled is %q", got)
	}
	do("remove", "")
	s.isGone()
}

// TestPackagesOnHosts uses each real package manager to install, upgrade, downgrade and remove a package with a unit
// from a signed repository, and to refuse another key.
func TestPackagesOnHosts(t *testing.T) {
	testhost.Require(t)
	keys := t.TempDir()
	for _, name := range []string{"own", "other"} {
		if _, err := pkgrepo.NewKeys(keys, name, 0, 2048, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("deb", func(t *testing.T) { testDebs(t, newSite(t, "base", keys)) })
	t.Run("rpm", func(t *testing.T) { testRPMs(t, newSite(t, "dnf", keys)) })
	t.Run("arch", func(t *testing.T) { testArch(t, newSite(t, "pacman", keys)) })
}

func testDebs(t *testing.T, s *site) {
	s.MustExec(t, "install", "-m", "644", "-D", "/srv/own/keys/own.asc", "/etc/apt/keyrings/own.asc") // apt reads it as a different user
	s.WriteFile(t, "/etc/apt/sources.list", "deb [signed-by=/etc/apt/keyrings/own.asc] file:/srv/own/repo/deb stable main\n", 0o644)
	s.lives("deb", func(step, version string) {
		switch step {
		case "remove":
			s.MustExec(t, "apt-get", "-y", "purge", "greeter")
		default:
			s.MustExec(t, "apt-get", "update")
			s.MustExec(t, "apt-get", "-y", "--allow-downgrades", "install", "greeter="+version+"-1")
		}
	})
	s.publish("deb", "1.2.0", "other")
	s.refuses("NO_PUBKEY", "apt-get", "update", "--error-on=any")
}

func testRPMs(t *testing.T, s *site) {
	s.WriteFile(t, "/etc/yum.repos.d/own.repo", "[own]\nname=own\nbaseurl=file:///srv/own/repo/rpm\ngpgcheck=1\nrepo_gpgcheck=1\ngpgkey=file:///srv/own/keys/own.asc\n", 0o644)
	s.lives("rpm", func(step, version string) {
		switch step {
		case "remove":
			s.MustExec(t, "dnf", "-y", "remove", "greeter")
		default:
			s.MustExec(t, "dnf", "-y", "--refresh", "install", "greeter-"+version)
		}
	})
	s.publish("rpm", "1.2.0", "other")
	s.refuses("repomd.xml", "dnf", "-y", "--refresh", "install", "greeter")
	// The signed index alone does not suffice for a file.
	s.MustExec(t, "sed", "-i", "s/repo_gpgcheck=1/repo_gpgcheck=0/", "/etc/yum.repos.d/own.repo")
	s.refuses("not correct for this package", "dnf", "-y", "--refresh", "install", "greeter")
}

func testArch(t *testing.T, s *site) {
	s.MustExec(t, "sh", "-c", "pacman-key --init && pacman-key --add /srv/own/keys/own.asc && pacman-key --lsign-key own")
	s.WriteFile(t, "/etc/pacman.conf", "[options]\nArchitecture = x86_64\nSigLevel = Required\nLocalFileSigLevel = Required\n[own]\nServer = file:///srv/own/repo/arch/x86_64\n", 0o644)
	s.lives("arch", func(step, version string) {
		switch step {
		case "remove":
			s.MustExec(t, "pacman", "--noconfirm", "-Rn", "greeter")
		case "downgrade":
			s.MustExec(t, "pacman", "--noconfirm", "-U", "/srv/own/repo/arch/x86_64/greeter-"+version+"-1-any.pkg.tar.zst")
		default:
			s.MustExec(t, "pacman", "--noconfirm", "-Sy", "greeter")
		}
	})
	s.publish("arch", "1.2.0", "other")
	s.refuses("PGP signature", "pacman", "--noconfirm", "-Sy", "greeter")
}
