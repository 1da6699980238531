package repository

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"converge/internal/fsys"
	"converge/internal/resource/resourcetest"
	"converge/internal/testhost"
	"converge/resources"
)

// realHost is a real machine.
type realHost struct {
	t testing.TB
	*Provider
}

func newRealHost(t testing.TB) realHost {
	t.Helper()
	f, err := fsys.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return realHost{t, New(Options{FS: f})}
}

// converge applies a repository with the attributes, and checks that it converged.
func (h realHost) converge(attrs ...any) error {
	h.t.Helper()
	res, err := resourcetest.Build(resources.Repository(h.Provider), &resourcetest.World{Dir: "/"}, "acme", resourcetest.Attrs(append([]any{"name", "acme"}, attrs...)...))
	if err != nil {
		h.t.Fatal(err)
	}
	c := resourcetest.Plan(h.t, res)
	if err := res.Provider().Apply(h.t.Context(), c); err != nil {
		return err
	}
	if left := resourcetest.Plan(h.t, res); !left.Empty() {
		h.t.Errorf("it would change %s again", resourcetest.Names(left))
	}
	return nil
}

// must runs a shell command that must succeed, and returns its output; fails runs one that must fail.
func (h realHost) must(script string) string { h.t.Helper(); return h.shell(script, true) }

func (h realHost) fails(script string) string { h.t.Helper(); return h.shell(script, false) }

func (h realHost) shell(script string, ok bool) string {
	h.t.Helper()
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.Env = append(os.Environ(), "HOME=/root", "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if (err == nil) != ok {
		h.t.Errorf("%s: %v\n%s", script, err, out)
	}
	return string(out)
}

// sign signs a file, in armor or in binary, into a file beside it.
func (h realHost) sign(s signer, file, signature string) {
	h.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		h.t.Fatal(err)
	}
	sig := s.detach(h.t, string(text))
	if strings.HasSuffix(signature, ".sig") { // pacman's are binary
		var b bytes.Buffer
		if err := openpgp.DetachSign(&b, s.Entity, bytes.NewReader(text), &packet.Config{Time: func() time.Time { return s.at }}); err != nil {
			h.t.Fatal(err)
		}
		sig = b.String()
	}
	if err := os.WriteFile(signature, []byte(sig), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

// TestRealDnf: dnf accepts the repository with its key, and refuses it once another key signs it; converge reports that
// first. A rotated key works, and the former one is removed.
func TestRealDnf(t *testing.T) {
	if !testhost.OnHost(t, testhost.Options{Image: "dnf"}) {
		return
	}
	h := newRealHost(t)
	one, two := newSignerAt(t, "one", 0, time.Now()), newSignerAt(t, "two", 0, time.Now())
	const repomd = "/srv/acme/repodata/repomd.xml"
	h.must("mkdir -p /srv/acme && createrepo_c -q /srv/acme")
	h.sign(one, repomd, repomd+".asc")
	attrs := []any{"provider", "dnf", "url", "file:///srv/acme", "priority", 10, "options", map[string]any{"repo_gpgcheck": 1}}
	if err := h.converge(append(attrs, "key", one.armored)...); err != nil {
		t.Fatal(err)
	}
	h.must("dnf -y -q --releasever=1 --repo acme makecache && dnf -q --releasever=1 repolist acme | grep acme")
	if got := h.must("rpm -q gpg-pubkey"); strings.Count(got, "gpg-pubkey-") != 1 {
		t.Error(got)
	}
	h.sign(two, repomd, repomd+".asc")
	if err := h.converge(append(attrs, "key", one.armored, "enabled", true)...); err != nil {
		t.Error(err) // no change was expected
	}
	h.Provider.Invalidate(nil)
	if err := h.converge(append(attrs, "key", one.armored, "enabled", false)...); err == nil || !strings.Contains(err.Error(), "it is signed by the key "+two.fingerprint()+", and not by "+one.fingerprint()) {
		t.Error(err)
	}
	if err := h.converge(append(attrs, "key", two.armored)...); err != nil {
		t.Error(err)
	}
	h.must("dnf -y -q --releasever=1 --repo acme --refresh makecache")
	if got := h.must("rpm -q gpg-pubkey"); strings.Count(got, "gpg-pubkey-") != 1 || !strings.Contains(got, strings.ToLower(two.fingerprint()[32:])) {
		t.Error(got)
	}
	// Mirrors with an unsigned index, like Fedora's and EPEL's.
	h.must("rm " + repomd + ".asc && echo file:///srv/acme >/srv/mirrors")
	const refresh = "dnf -y -q --releasever=1 --repo acme --setopt=acme.skip_if_unavailable=False --refresh makecache"
	h.fails(refresh)
	h.Provider.Invalidate(nil)
	if err := h.CheckSigned(t.Context(), "dnf"); err == nil || !strings.Contains(err.Error(), repomd+" is not signed, ") || !strings.Contains(err.Error(), "options = { repo_gpgcheck = 0 }") {
		t.Error(err)
	}
	if err := h.converge("provider", "dnf", "key", two.armored, "options", map[string]any{"mirrorlist": "file:///srv/mirrors"}); err != nil {
		t.Error(err)
	}
	h.must(refresh)
	if err := h.converge("provider", "dnf", "ensure", "absent"); err != nil {
		t.Error(err)
	}
	h.must("! ls /var/cache/dnf | grep '^acme' && ! test -e /etc/yum.repos.d/acme.repo && ! test -e /etc/pki/rpm-gpg/RPM-GPG-KEY-acme")
	h.must("rpm -q gpg-pubkey | grep 'is not installed'")
}

// TestRealZypper: zypper trusts only what rpm trusts.
func TestRealZypper(t *testing.T) {
	if !testhost.OnHost(t, testhost.Options{Image: "zypper"}) {
		return
	}
	h := newRealHost(t)
	one, two := newSignerAt(t, "one", 0, time.Now()), newSignerAt(t, "two", 0, time.Now())
	const repomd = "/srv/acme/repodata/repomd.xml"
	h.must("mkdir -p /srv/acme && createrepo_c -q /srv/acme")
	h.sign(one, repomd, repomd+".asc")
	attrs := []any{"provider", "zypper", "url", "dir:/srv/acme", "priority", 90}
	if err := h.converge(append(attrs, "key", one.armored)...); err != nil {
		t.Fatal(err)
	}
	h.must("zypper -n refresh acme && zypper -n lr -P acme | grep -i 'priority.*90'")
	h.sign(two, repomd, repomd+".asc")
	h.must("touch /srv/acme/repodata/repomd.xml; createrepo_c -q /srv/acme")
	h.sign(two, repomd, repomd+".asc")
	h.fails("zypper -n refresh -f acme")
	if err := h.converge(append(attrs, "key", two.armored)...); err != nil {
		t.Error(err)
	}
	// rpmdb2solv cannot update its cache of a database with keys and without packages.
	h.must("rm -rf /var/cache/zypp/solv/@System; zypper -n refresh -f acme")
	if err := h.converge("provider", "zypper", "ensure", "absent"); err != nil {
		t.Error(err)
	}
	h.must("! ls /var/cache/zypp/*/acme && ! test -e /etc/zypp/repos.d/acme.repo && rpm -q gpg-pubkey | grep 'is not installed'")
}

// TestRealPacman: pacman accepts a database whose signer its keyring knows.
func TestRealPacman(t *testing.T) {
	if !testhost.OnHost(t, testhost.Options{Image: "pacman"}) {
		return
	}
	h := newRealHost(t)
	one, two := newSignerAt(t, "one", 0, time.Now()), newSignerAt(t, "two", 0, time.Now())
	const db = "/srv/acme/acme.db"
	h.must("mkdir -p /srv/acme && bsdtar -czf " + db + " -T /dev/null && cp /etc/pacman.conf /srv/pacman.conf")
	h.sign(one, db, db+".sig")
	attrs := []any{"provider", "pacman", "url", "file:///srv/acme", "options", map[string]any{"SigLevel": "Required"}}
	if err := h.converge(append(attrs, "key", one.armored)...); err != nil {
		t.Fatal(err)
	}
	h.must("pacman -Sy && pacman-conf --repo-list | grep acme")
	h.sign(two, db, db+".sig")
	h.fails("pacman -Syy")
	if err := h.converge(append(attrs, "key", two.armored)...); err != nil {
		t.Error(err)
	}
	h.must("pacman -Syy && ! pacman-key --list-keys " + one.fingerprint())
	if err := h.converge("provider", "pacman", "ensure", "absent"); err != nil {
		t.Error(err)
	}
	h.must("cmp /etc/pacman.conf /srv/pacman.conf && ! ls /var/lib/pacman/sync | grep acme && ! pacman-key --list-keys " + two.fingerprint())
}
