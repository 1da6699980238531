package examples

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"converge/internal/testhost"
	"converge/internal/view"
)

// served is what the user-data of the examples fetches, in a folder that a web server
// in the host serves.
type served struct {
	dir                     string
	deb, binary, archive    string // digests
	debName, binName, wName string
}

const servedAt = "http://127.0.0.1:8000"

func serve(t *testing.T) *served {
	t.Helper()
	s := &served{dir: t.TempDir(), debName: "converge_1.0-1_amd64.deb", binName: "converge-1.0-linux-amd64", wName: "web.tar.gz"}
	program := testhost.Binary(t, "converge/cmd/converge")
	binary, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	s.binary = s.add(t, s.binName, binary)
	s.deb = s.add(t, s.debName, buildDeb(t))
	s.archive = s.add(t, s.wName, packSite(t))
	return s
}

// buildDeb builds converge's own package for this machine, as make package does.
func buildDeb(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	for _, argv := range [][]string{
		{"make", "-s", "-C", "..", "stage", "VERSION=v1.0", "ARCHS=" + runtime.GOARCH, "PROGRAMS=./cmd/converge ./cmd/converge-pkg", "DIST=" + dir},
		{dir + "/stage/converge-pkg", "pack", "--format", "deb", "--arch", runtime.GOARCH,
			"--var", "version=v1.0", "--var", "stage=" + dir + "/stage", "--out", dir + "/packages", "../packaging/recipes/converge.hcl"},
	} {
		if out, err := exec.CommandContext(t.Context(), argv[0], argv[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", argv, err, out)
		}
	}
	debs, err := filepath.Glob(dir + "/packages/*.deb")
	if err != nil || len(debs) != 1 {
		t.Fatalf("the packages are %q, %v", debs, err)
	}
	deb, err := os.ReadFile(debs[0])
	if err != nil {
		t.Fatal(err)
	}
	return deb
}

func (s *served) add(t *testing.T, name string, content []byte) (digest string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), content, 0o644); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// packSite packs the manifest of the example.
func packSite(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	if err := w.AddFS(os.DirFS("cloud-init/site")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// userData returns the user-data of an example, with the URLs and digests of what the
// host serves.
func (s *served) userData(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("cloud-init/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	digest := s.deb
	if strings.HasPrefix(name, "binary") {
		digest = s.binary
	}
	return strings.NewReplacer("https://example.com", servedAt, "SHA256-OF-CONVERGE", digest, "SHA256-OF-THE-ARCHIVE", s.archive).Replace(string(text))
}

// cloudBoot is the first boot of a host.
type cloudBoot struct {
	userData string // name of the example
	id       string // of the instance
	more     string // user-data
	site     string // a further manifest
	missing  bool   // the web server does not have the manifest yet
	breaks   bool   // the first answer of the server ends in the middle
}

// binary reports whether converge comes as a binary, so that nothing calls apt before
// converge does.
func (b *cloudBoot) binary() bool { return strings.HasPrefix(b.userData, "binary") }

// seed lays what the boot finds: the user-data, a web server, and a timer that does
// not wait for minutes. nginx, which the image has, is taken off it.
func (b *cloudBoot) seed(t testing.TB, h *testhost.Host, s *served) {
	t.Helper()
	purge := exec.CommandContext(t.Context(), "chroot", h.Root(), "sh", "-c", "dpkg --purge $(dpkg-query -W -f '${Package} ' '*nginx*')")
	if out, err := purge.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	meets := "apt" // the .deb of converge is installed by apt, which meets the lock first
	if b.binary() && !b.missing {
		meets = "converge"
	}
	for name, text := range map[string]string{
		"/var/lib/cloud/seed/nocloud/meta-data": "instance-id: " + b.id + "\nlocal-hostname: born\n",
		"/var/lib/cloud/seed/nocloud/user-data": s.userData(t, b.userData) + b.more,
		"/etc/systemd/system/served.service":    "[Service]\nExecStart=/usr/local/sbin/served " + fmt.Sprint(b.breaks) + "\n",
		"/usr/local/sbin/served":                server,
		"/etc/systemd/system/busy.service":      "[Service]\nExecStart=/usr/local/sbin/busy " + meets + "\n",
		"/usr/local/sbin/busy":                  busy,
		"/etc/systemd/system/converge-retry.timer.d/fast.conf": "[Timer]\nOnBootSec=\nOnBootSec=1\n" +
			"OnUnitInactiveSec=3\nAccuracySec=100ms\n",
	} {
		h.WriteFile(t, name, text, 0o755)
	}
	if b.site != "" {
		h.WriteFile(t, "/etc/converge/more.hcl", b.site, 0o644)
	}
	wants := filepath.Join(h.Root(), "etc/systemd/system/multi-user.target.wants")
	for _, unit := range []string{"served.service", "busy.service"} {
		if err := os.Symlink("/etc/systemd/system/"+unit, filepath.Join(wants, unit)); err != nil {
			t.Fatal(err)
		}
	}
}

// cloudHost is a host that has booted for the first time.
type cloudHost struct {
	host
	first *cloudBoot
}

func (s *served) boot(t *testing.T, b *cloudBoot) cloudHost {
	t.Helper()
	h := testhost.Start(t, testhost.Options{
		Image: "full", Repo: true, Binds: map[string]string{s.dir: "/srv/served:ro"},
		Prepare: func(t testing.TB, h *testhost.Host) { b.seed(t, h, s) },
	})
	return cloudHost{host{h, "converge"}, b} // as installed there
}

// server serves what the user-data fetches.
const server = `#!/usr/bin/python3
import http.server, os, sys

breaks = sys.argv[1] == "true"

class Handler(http.server.SimpleHTTPRequestHandler):
    def copyfile(self, source, to):
        global breaks
        if breaks:
            breaks = False
            to.write(source.read(1 << 16))
            self.close_connection = True
        else:
            super().copyfile(source, to)

os.chdir("/srv/served")
http.server.ThreadingHTTPServer(("127.0.0.1", 8000), Handler).serve_forever()
`

// busy is what else wants the locks of dpkg and apt during a boot. It holds one when
// the last stage of cloud-init begins. With the argument "converge" it releases that
// when a run of converge has said that it waits for it; else after 8 s, or 2 s after
// some apt-get has met it (cloud-init itself waits 30 s, before it calls any), and it
// takes two when converge runs. Then there is unattended-upgrades.
const busy = `#!/usr/bin/python3
import fcntl, glob, subprocess, sys, time

def running(what):
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            if what in open(path).read().replace("\0", " "):
                return True
        except OSError:
            pass
    return False

def said():
    try:
        return "` + heldByBusy + `" in open("/var/log/cloud-init-output.log").read()
    except OSError:
        return False

def wait(condition, seconds=1e9):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)

def hold(*paths):
    held = [open(p, "w") for p in paths]
    for f in held:
        fcntl.lockf(f, fcntl.LOCK_EX)
    return held

held = hold("/var/lib/dpkg/lock-frontend")
wait(lambda: running("cloud-init modules --mode=final"))
print("held in the last stage", flush=True)
if sys.argv[1:] == ["converge"]:
    wait(said, 300)
else:
    wait(lambda: running("apt-get "), 6)
    time.sleep(2)
    del held
    wait(lambda: running("converge apply"))
    held = hold("/var/lib/dpkg/lock-frontend", "/var/cache/apt/archives/lock")
    print("held when converge ran:", running("converge apply"), flush=True)
    time.sleep(2)
del held
for _ in range(3):
    subprocess.run(["unattended-upgrade"])
`

// heldByBusy is what converge says of the lock that it waits for.
const heldByBusy = "lock-frontend is held by"

// TestCloudInit boots new machines with each user-data of the example, to a page that
// is served with no hand in between, while other programs want dpkg's lock.
func TestCloudInit(t *testing.T) {
	t.Parallel()
	testhost.Require(t)
	s := serve(t)
	t.Run("deb, manifest inline", func(t *testing.T) {
		h := s.boot(t, &cloudBoot{userData: "deb-inline", id: "i-1", more: "packages: [svc-a]\n"})
		h.hasConverged(t)
		h.bootsAgain(t)
	})
	t.Run("deb, manifest by URL, and a late failure", func(t *testing.T) {
		h := s.boot(t, &cloudBoot{userData: "deb-pulled", id: "i-2", site: late})
		h.hasConverged(t)
		h.healsLateFailure(t)
		h.bootsAgain(t)
	})
	t.Run("binary, manifest inline", func(t *testing.T) {
		h := s.boot(t, &cloudBoot{userData: "binary-inline", id: "i-3", breaks: true})
		h.hasConverged(t)
		h.bootsAgain(t)
	})
	t.Run("binary, manifest by URL", func(t *testing.T) {
		h := s.boot(t, &cloudBoot{userData: "binary-pulled", id: "i-4"})
		h.hasConverged(t)
		h.bootsAgain(t)
	})
	t.Run("a manifest that is not there yet", func(t *testing.T) {
		archive := filepath.Join(s.dir, s.wName)
		if err := os.Rename(archive, archive+".away"); err != nil {
			t.Fatal(err)
		}
		h := s.boot(t, &cloudBoot{userData: "binary-pulled", id: "i-5", missing: true})
		h.showsFailedBoot(t, "refused", "404")
		if err := os.Rename(archive+".away", archive); err != nil {
			t.Fatal(err)
		}
		h.until(t, "the retry", h.page("born, i-5")+" && converge status && ! systemctl is-failed converge")
		h.hasHealed(t)
	})
	t.Run("a manifest that fails", func(t *testing.T) {
		h := s.boot(t, &cloudBoot{userData: "deb-inline", id: "i-6", site: failing})
		h.showsFailedBoot(t, "failed", "cannot stat '/srv/data'")
		h.MustExec(t, "touch", "/srv/data")
		h.until(t, "the retry", h.page("born, i-6")+" && converge status && ! systemctl is-failed converge")
		h.hasHealed(t)
		h.bootsAgain(t)
	})
}

// until waits until a shell's condition holds in the host.
func (h cloudHost) until(t *testing.T, what, condition string) {
	t.Helper()
	r, err := h.Exec(t.Context(), "timeout", "120", "sh", "-c", "until { "+condition+"; } >/dev/null 2>&1; do sleep .1; done")
	if err != nil || r.Exit != 0 {
		t.Fatalf("%s: it did not come to %q: %v\n%s\n%s", what, condition, err, h.ReadFile(t, "/var/log/cloud-init-output.log"), h.MustExec(t, "journalctl", "-b", "-n", "100", "--no-pager"))
	}
}

// page is a condition: the web server serves a text.
func (h cloudHost) page(text string) string {
	return `python3 -c 'import urllib.request; print(urllib.request.urlopen("http://127.0.0.1/").read())' | grep -q "` + text + `"`
}

// report reads the report of the last run.
func (h cloudHost) report(t *testing.T) (r view.Report) {
	t.Helper()
	if err := json.Unmarshal([]byte(h.ReadFile(t, "/var/log/converge-report.json")), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// hasConverged requires that a first boot ends well: cloud-init says so, the page is
// there, and log and report are to be read.
func (h cloudHost) hasConverged(t *testing.T) {
	b := h.first
	t.Helper()
	r, err := h.Exec(t.Context(), "timeout", "120", "cloud-init", "status", "--wait")
	said := h.ReadFile(t, "/var/log/cloud-init-output.log")
	if err != nil || r.Exit != 0 {
		t.Fatalf("%s: cloud-init: exit status %d, %v\n%s%s\n%s", b.userData, r.Exit, err, r.Stdout, r.Stderr, said)
	}
	if p, err := h.Exec(t.Context(), "sh", "-c", h.page("born, "+b.id)); err != nil || p.Exit != 0 {
		t.Errorf("%s: the page is not served: %+v, %v\n%s", b.userData, p, err, said)
	}
	if !strings.Contains(said, "Applied: ") || !strings.Contains(said, "package.nginx-light") || strings.Contains(said, "\x1b") {
		t.Errorf("%s: the log of cloud-init is\n%s", b.userData, said)
	}
	if out := h.MustExec(t, "journalctl", "-b", "-u", "busy", "-o", "cat"); !strings.Contains(out, "held in the last stage") {
		t.Errorf("%s: nothing else wanted the lock:\n%s", b.userData, out)
	}
	if b.binary() && !strings.Contains(said, heldByBusy) {
		t.Errorf("%s: converge did not meet the lock:\n%s", b.userData, said)
	}
	if b.site != "" {
		return // the next run may have come already
	}
	if r := h.report(t); r.Exit != 0 || r.Result != "converged" || r.Host.InstanceID != b.id || r.Manifest != "/etc/converge" {
		t.Errorf("%s: the report is %+v", b.userData, r)
	}
}

// bootsAgain requires that a second boot changes nothing.
func (h cloudHost) bootsAgain(t *testing.T) {
	t.Helper()
	runs := h.MustExec(t, "ls", "/var/lib/converge/runs")
	h.Stop(t)
	h.Boot(t)
	h.until(t, "the second boot", h.page("born")+` && journalctl -b -u converge-retry -o cat | grep -q ^Finished && cloud-init status | grep -q done`)
	if now := h.MustExec(t, "ls", "/var/lib/converge/runs"); now != runs {
		t.Errorf("after the second boot the runs are\n%swere\n%s", now, runs)
	}
	h.isConverged(t, "/etc/converge")
}

// late is a site with a service that waits for the stage of cloud-init in which
// converge runs, so that its start can only be queued. Then it fails.
const late = `
file "/etc/systemd/system/late.service" {
  content = <<-U
    [Unit]
    After=cloud-final.service
    [Service]
    ExecStart=/bin/sh -c 'test -e /srv/late && exec sleep infinity'
    [Install]
    WantedBy=cloud-init.target
  U
}
service "late" {
  enabled = true
  running = true
}
`

// healsLateFailure requires that a start that fails when the boot is over is seen, and
// tried again.
func (h cloudHost) healsLateFailure(t *testing.T) {
	t.Helper()
	if said := h.ReadFile(t, "/var/log/cloud-init-output.log"); !strings.Contains(said, "queued") {
		t.Errorf("the start was not queued:\n%s", said)
	}
	h.until(t, "a failed late start", "systemctl is-failed converge")
	r, err := h.Exec(t.Context(), "converge", "status")
	if err != nil || r.Exit != 3 && r.Exit != 4 {
		t.Errorf("status: %+v, %v", r, err)
	}
	if r := h.report(t); r.Result != "failed" || len(r.Failed) == 0 || r.Failed[0].Resource != "service.late" {
		t.Errorf("the report is %+v", r)
	}
	h.MustExec(t, "touch", "/srv/late")
	h.until(t, "the retry", "systemctl is-active late && converge status && ! systemctl is-failed converge")
	h.hasHealed(t)
}

// hasHealed requires that the report is that of a run that ended well.
func (h cloudHost) hasHealed(t *testing.T) {
	t.Helper()
	if r := h.report(t); r.Result != "converged" {
		t.Errorf("the report after the retry: %+v", r)
	}
}

// failing is a site with a resource that fails until there is a file.
const failing = `
exec "import" {
  command = ["cp", "/srv/data", "/srv/data.imported"]
  creates = "/srv/data.imported"
}
`

// showsFailedBoot requires that a boot whose manifest cannot be applied fails, and that
// cloud-init's log and the report say the result and why.
func (h cloudHost) showsFailedBoot(t *testing.T, result, why string) {
	t.Helper()
	r, err := h.Exec(t.Context(), "timeout", "300", "cloud-init", "status", "--wait", "--long")
	if err != nil || r.Exit != 1 || !strings.Contains(r.Stdout, "status: error") {
		t.Errorf("cloud-init of a manifest that cannot be applied: %+v, %v", r, err)
	}
	if said := h.ReadFile(t, "/var/log/cloud-init-output.log"); !strings.Contains(said, why) {
		t.Errorf("the log of cloud-init is\n%s", said)
	}
	report := h.report(t)
	if told := report.Error + fmt.Sprint(report.Failed); report.Result != result || !strings.Contains(told, why) {
		t.Errorf("the report is %+v", report)
	}
	h.until(t, "a failed retry", "systemctl is-failed converge")
}
