package repository

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
)

// newRSA makes a public key of apk.
func newRSA(t testing.TB, bits int) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// named applies a repository with the attributes.
func (m *machine) named(name string, attrs ...any) *resource.Resource {
	m.t.Helper()
	res, err := m.resource(append([]any{"name", name}, attrs...)...)
	if err != nil {
		m.t.Fatal(err)
	}
	resourcetest.Converge(m.t, res)
	return res
}

// TestFormerKeyOfApkGoes: apk trusts every key in its folder for every repository: a rotation removes the former one,
// unless another repository or a package has it.
func TestFormerKeyOfApkGoes(t *testing.T) {
	one, two := newRSA(t, 2048), newRSA(t, 2048)
	at := "/etc/apk/keys/"
	shipped := "P:alpine-keys\nF:etc/apk/keys\nR:one.rsa.pub\n"
	for name, tt := range map[string]struct {
		before func(*machine)
		want   string
	}{
		"of its own": {func(*machine) {}, "(missing)"},
		"of another repository": {func(m *machine) {
			m.named("other", "provider", "apk", "url", "file:///b", "key", one, "key_name", "one.rsa.pub")
		}, one},
		"of a package": {func(m *machine) { m.write("/lib/apk/db/installed", shipped) }, one},
	} {
		m := newMachine(t, nil)
		tt.before(m)
		attrs := []any{"provider", "apk", "url", "file:///a"}
		m.named("acme", append(attrs, "key", one, "key_name", "one.rsa.pub")...)
		m.named("acme", append(attrs, "key", two, "key_name", "two.rsa.pub")...)
		if got := m.read(at + "one.rsa.pub"); got != tt.want {
			t.Errorf("%s: the former key is %q", name, got)
		}
		if got := m.read(at + "two.rsa.pub"); got != two {
			t.Errorf("%s: the key is %q", name, got)
		}
		m.named("acme", "ensure", "absent", "key_name", "two.rsa.pub")
		m.named("other", "ensure", "absent")
		if got := m.read(at + "two.rsa.pub"); got != "(missing)" {
			t.Errorf("%s: the key of a repository that is gone is %q", name, got)
		}
	}
}

// TestSharedKeyStays: a key of two repositories is removed with the second of them, from the files and from the key
// stores of programs.
func TestSharedKeyStays(t *testing.T) {
	s := newSigner(t, "shared", 0)
	for manager, forgets := range map[string]string{"pacman": "pacman-key --delete", "dnf": "rpm -q", "zypper": "rpm -q"} {
		m := newMachine(t, map[string]string{"/usr/bin/rpm": "", "/usr/bin/pacman-key": "", "/etc/pacman.conf": pacmanConf, "/etc/pacman.d/mirrorlist": "Server = x\n"})
		for _, name := range []string{"one", "two"} {
			m.named(name, "provider", manager, "url", "file:///no", "key", s.armored)
		}
		m.ran = nil
		m.named("one", "ensure", "absent")
		if ran := strings.Join(m.ran, "; "); ran != "" {
			t.Errorf("%s: with the first it ran %s", manager, ran)
		}
		m.named("two", "ensure", "absent")
		if ran := strings.Join(m.ran, "; "); !strings.HasPrefix(ran, forgets) {
			t.Errorf("%s: with the last it ran %s", manager, ran)
		}
	}
}

// TestKeyFileThatAnotherNamesStays: the file of a key stays while another definition names it.
func TestKeyFileThatAnotherNamesStays(t *testing.T) {
	s := newSigner(t, "ours", 0)
	apt := []any{"provider", "apt", "url", "file:/no", "suites", []string{"stable"}, "components", []string{"main"}}
	for name, tt := range map[string]struct {
		attrs       []any
		other, text string
		key         string
	}{
		"deb822":   {apt, "/etc/apt/sources.list.d/x.sources", "Signed-By: /etc/apt/keyrings/acme.asc\n", "/etc/apt/keyrings/acme.asc"},
		"one line": {apt, "/etc/apt/sources.list", "deb [arch=amd64 signed-by=/etc/apt/keyrings/acme.asc] http://x y z\n", "/etc/apt/keyrings/acme.asc"},
		"dnf":      {[]any{"provider", "dnf", "url", "file:///no"}, "/etc/yum.repos.d/x.repo", "[x]\ngpgkey=https://x/y, file:///etc/pki/rpm-gpg/RPM-GPG-KEY-acme\n", "/etc/pki/rpm-gpg/RPM-GPG-KEY-acme"},
	} {
		m := newMachine(t, map[string]string{tt.other: tt.text, "/usr/bin/rpm": ""})
		m.named("acme", append(tt.attrs, "key", s.armored)...)
		m.ran = nil
		m.named("acme", "ensure", "absent")
		if got := m.read(tt.key); got != s.armored || len(m.ran) > 0 {
			t.Errorf("%s: the key is %q, and it ran %q", name, got, m.ran)
		}
		m.write(tt.other, "# "+strings.ReplaceAll(tt.text, "\n", "\n# "))
		m.named("acme", "ensure", "absent")
		if got := m.read(tt.key); got != "(missing)" {
			t.Errorf("%s: the key of nothing is %q", name, got)
		}
	}
}

// TestRemainsAreRemoved: a removal that does not know the package manager finds and removes all remains of a
// repository, left by a kill or by hand.
func TestRemainsAreRemoved(t *testing.T) {
	s := newSigner(t, "ours", 0)
	const repo, key, cache = "/etc/zypp/repos.d/acme.repo", "/etc/pki/rpm-gpg/RPM-GPG-KEY-acme", "/var/cache/zypp/raw/acme/cookie"
	for _, left := range [][]string{{repo}, {key}, {cache}, {repo, key}, {repo, cache}, {key, cache}, {repo, key, cache}, {key, cache, "/var/cache/dnf/acme.solv"}} {
		m := newMachine(t, map[string]string{"/usr/bin/rpm": ""})
		for _, path := range left {
			m.write(path, map[string]string{repo: "[acme]\n", key: s.armored, cache: "x"}[path])
		}
		m.named("acme", "ensure", "absent")
		if got := m.dump(false); strings.Contains(got, "acme") {
			t.Errorf("of %q this is left:\n%s", left, got)
		}
	}
	m := newMachine(t, map[string]string{cache: "x", "/etc/zypp/repos.d/suse.repo": "[acme]\n"})
	if res := m.named("acme", "ensure", "absent"); m.read(cache) != "x" {
		t.Errorf("the lists of a repository that another file defines are gone: %v", res)
	}
}

// TestKeyFilesOfDefinitions: the words of a definition of apt are files only if they are paths.
func TestKeyFilesOfDefinitions(t *testing.T) {
	for _, tt := range []struct{ manager, text, want string }{
		{"apt", "deb [signed-by=/etc/a.asc] http://x y z\nSigned-By: /etc/b.asc, 0123ABCD\n", "[/etc/a.asc /etc/b.asc]"},
		{"dnf", "gpgkey=file:///etc/a, file://b https://x/y\nmirrorlist=/etc/c\n", "[/etc/a]"},
	} {
		if got := fmt.Sprint(keyFilesIn(tt.manager, tt.text)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.manager, got, tt.want)
		}
	}
}
