package examples

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"converge/internal/testhost"
)

// published is a host with a repository of the example's package beside it, which a
// web server in the host serves as it is.
type published struct {
	host
	dir, program string
}

func publishOn(t *testing.T, image, keys string) *published {
	t.Helper()
	p := &published{dir: t.TempDir(), program: testhost.Binary(t, "converge/cmd/converge-pkg")}
	h := testhost.Start(t, testhost.Options{
		Image: image, Binds: map[string]string{".": "/srv/examples:ro", p.dir: "/srv/own:ro"},
		Prepare: func(t testing.TB, h *testhost.Host) { h.WriteFile(t, "/etc/cloud/cloud-init.disabled", "", 0o644) },
	})
	p.host = host{h, h.Program(t, "converge/cmd/converge")}
	h.MustExec(t, "systemd-run", "--quiet", "--unit=served", "python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", "/srv/own", "8000")
	h.MustExec(t, "timeout", "120", "python3", "-c", awaitServer)
	key, err := os.ReadFile(keys + "/own.asc")
	if err != nil {
		t.Fatal(err)
	}
	h.WriteFile(t, "/etc/converge/own.asc", string(key), 0o644)
	return p
}

// awaitServer is a program that waits until the web server answers.
const awaitServer = `
import socket, time
while socket.socket().connect_ex(("127.0.0.1", 8000)):
    time.sleep(0.05)
`

// publish builds a version and signs the repository with a key.
func (p *published) publish(t *testing.T, format, version, key string) {
	t.Helper()
	for _, args := range [][]string{
		{"pack", "--format", format, "--var", "version=" + version, "--out", p.dir + "/repo", "own-package/package"},
		{"repo", "--key", key, p.dir + "/repo"},
	} {
		if out, err := exec.Command(p.program, args...).CombinedOutput(); err != nil {
			t.Fatalf("converge-pkg %q: %v\n%s", args, err, out)
		}
	}
}

// apply applies, and returns the exit status and what is said.
func (p *published) apply(t *testing.T, args ...string) (int, string) {
	t.Helper()
	r, err := p.Exec(context.Background(), append([]string{p.converge, "apply"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	return r.Exit, r.Stdout + r.Stderr
}

// has requires the version that is installed, and which versions were started so
// far, in order.
func (p *published) has(t *testing.T, query []string, version string, started ...string) {
	t.Helper()
	if got := strings.TrimSpace(p.MustExec(t, query...)); got != version {
		t.Errorf("the installed version is %s, want %s", got, version)
	}
	var want strings.Builder
	for _, v := range started {
		want.WriteString("Hello from greeter " + v + "\n")
	}
	if got := p.ReadFile(t, "/var/lib/greeter/greetings"); got != want.String() {
		t.Errorf("the service has said\n%swant\n%s", got, want.String())
	}
}

// TestOwnPackage builds, publishes and installs a package of ours, then another
// version, and then the first again, which each restart the service once; it
// refuses what another key signs, and fails where the repository is not to be had.
func TestOwnPackage(t *testing.T) {
	t.Parallel()
	testhost.Require(t)
	keys := t.TempDir()
	program := testhost.Binary(t, "converge/cmd/converge-pkg")
	for _, name := range []string{"own", "other"} {
		if out, err := exec.Command(program, "repo", "key", "--rsa-bits", "2048", "--days", "400", "--out", keys, name).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	for _, tt := range []struct {
		manager, image, format string
		query                  []string
	}{
		{"apt", "full", "deb", []string{"dpkg-query", "-W", "-f", "${Version}", "greeter"}},
		{"dnf", "dnf", "rpm", []string{"rpm", "-q", "--qf", "%{VERSION}-%{RELEASE}", "greeter"}},
	} {
		t.Run(tt.manager, func(t *testing.T) {
			p := publishOn(t, tt.image, keys)
			site := []string{"--var", "url=http://127.0.0.1:8000/repo", "--var", "manager=" + tt.manager, "/srv/examples/own-package"}
			pinned := append([]string{"--var", "version=1.0.0-1"}, site...)

			p.publish(t, tt.format, "1.0.0", keys+"/other.key")
			if r, out := p.apply(t, site...); r == 0 || !strings.Contains(out, "is refused: it is signed by the key") {
				t.Errorf("signed by another key from the start: exit status %d\n%s", r, out)
			}

			p.publish(t, tt.format, "1.0.0", keys+"/own.key")
			p.converges(t, site...)
			p.has(t, tt.query, "1.0.0-1", "1.0.0")

			p.publish(t, tt.format, "1.1.0", keys+"/own.key")
			p.converges(t, site...)
			p.has(t, tt.query, "1.1.0-1", "1.0.0", "1.1.0")

			p.converges(t, pinned...)
			p.has(t, tt.query, "1.0.0-1", "1.0.0", "1.1.0", "1.0.0")

			// Nothing listens there, so that nobody knows of 1.1.0.
			wrong := append([]string{"--var", "url=http://127.0.0.1:1/repo"}, site[2:]...)
			if r, out := p.apply(t, wrong...); r == 0 || !strings.Contains(out, "cannot tell which version of greeter is the latest") || strings.Contains(out, "earlier change") {
				t.Errorf("with a wrong address: exit status %d\n%s", r, out)
			}
			p.has(t, tt.query, "1.0.0-1", "1.0.0", "1.1.0", "1.0.0")
			p.converges(t, site...)
			p.has(t, tt.query, "1.1.0-1", "1.0.0", "1.1.0", "1.0.0", "1.1.0")

			p.publish(t, tt.format, "1.2.0", keys+"/other.key")
			if r, out := p.apply(t, site...); r == 0 || !strings.Contains(out, "the repository own: ") || !strings.Contains(out, "is refused: it is signed by the key") {
				t.Errorf("signed by another key from now on: exit status %d\n%s", r, out)
			}
			if got := p.MustExec(t, tt.query...); strings.HasPrefix(got, "1.2.0") {
				t.Error("what another key signed is installed")
			}
		})
	}
}
