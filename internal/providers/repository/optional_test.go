package repository

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// TestIndexesByListsOfMirrors: a mirror list contains nothing about the index, and a metalink contains its digest.
func TestIndexesByListsOfMirrors(t *testing.T) {
	ours := newSigner(t, "ours", 0)
	const list, packages = "https://127.0.0.1:1/list", "dnf checks each of its packages with the key"
	host := map[string]string{
		"/usr/bin/rpm": "", "/etc/os-release": "ID=\"alma\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.3\"\n", "/etc/dnf/vars/stream": "main\n",
		"/srv/9/" + rpmName("basearch") + "/repodata/repomd.xml": "x", "/srv/main/repodata/repomd.xml": "x", "/srv/signed/repodata/repomd.xml": "x",
		"/srv/signed/repodata/repomd.xml.asc": newSigner(t, "other", 0).detach(t, "x"), "/etc/dnf/vars/other": "signed",
	}
	unsigned := "file:///srv/9/" + rpmName("basearch") + "/repodata/repomd.xml is not signed, and should be by the key " + ours.fingerprint()
	for name, tt := range map[string]struct {
		url     string
		options map[string]any
		line    string // of the file
		note    string // or why it is refused
		refused bool
	}{
		"mirrorlist":                 {"", map[string]any{"mirrorlist": list}, "", "its index could not be checked here (no url says where it is); " + packages, false},
		"mirrorlist, and asked for":  {"", map[string]any{"mirrorlist": list, "repo_gpgcheck": 1}, "repo_gpgcheck=1", "dnf checks it before it takes anything", false},
		"mirrorlist of no signature": {"", map[string]any{"mirrorlist": list, "gpgcheck": 0}, "repo_gpgcheck=1", "dnf checks it before it takes anything", false},
		"metalink":                   {"", map[string]any{"metalink": list}, "", packages, false},
		"metalink beside a url":      {"file:///srv/$stream", map[string]any{"metalink": list}, "", "its index is not signed; " + packages, false},
		"known variables":            {"file:///srv/$releasever/${basearch}", nil, "repo_gpgcheck=1", unsigned, true},
		"known, and nothing there":   {"file:///srv/$releasever_major/$basearch/os", nil, "repo_gpgcheck=1", "its signature could not be checked here", false},
		"a variable of the machine":  {"file:///srv/$stream/", nil, "", "its index is not signed; " + packages, false},
		"one that leads to another":  {"file:///srv/$OTHER/", nil, "", "and not by " + ours.fingerprint(), true},
		"a variable of no machine":   {"file:///srv/$nothing/", nil, "", "its index could not be checked here (its URL has variables that only the package manager knows); " + packages, false},
	} {
		m := newMachine(t, host)
		attrs := []any{"provider", "dnf", "key", ours.armored}
		if tt.url != "" {
			attrs = append(attrs, "url", tt.url)
		}
		if tt.options != nil {
			attrs = append(attrs, "options", tt.options)
		}
		res, err := m.resource(attrs...)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := resource.Must[resources.RepositoryWant](res.Want).Definition.Bytes()
		if got := strings.Contains(string(text), "repo_gpgcheck"); got != (tt.line != "") || !strings.Contains(string(text), tt.line+"\n") {
			t.Errorf("%s: %s", name, text)
		}
		r := m.Provider.Review(t.Context(), resourcetest.Plan(t, res), resource.Outlook{})
		if said := fmt.Sprint(r.Notes, r.Blocked); (r.Blocked != nil) != tt.refused || !strings.Contains(said, tt.note) {
			t.Errorf("%s: the plan says %s", name, said)
		}
	}
}

// TestIncludedMirrors: a list of pacman's mirrors counts like Arch's own: the packages are signed.
func TestIncludedMirrors(t *testing.T) {
	m := newMachine(t, map[string]string{"/usr/bin/pacman-key": "", "/etc/pacman.conf": "[options]\n"})
	res, err := m.resource("provider", "pacman", "key", newSigner(t, "ours", 0).armored, "options", map[string]any{"Include": "/etc/pacman.d/mirrorlist"})
	if err != nil {
		t.Fatal(err)
	}
	r := m.Provider.Review(t.Context(), resourcetest.Plan(t, res), resource.Outlook{})
	if said := fmt.Sprint(r.Notes, r.Blocked); !strings.Contains(said, "its index could not be checked here (no url says where it is); pacman checks each of its packages as SigLevel says") {
		t.Error(said)
	}
	resourcetest.Converge(t, res)
	if got := m.read("/etc/pacman.conf"); got != "[options]\n[acme]\nSigLevel = Required DatabaseOptional\nInclude = /etc/pacman.d/mirrorlist\n" {
		t.Error(got)
	}
}

// TestVerdictsAreOfOneDeclaration: a verdict on one repository does not apply to another with the same URL, nor to the
// same one with other options.
func TestVerdictsAreOfOneDeclaration(t *testing.T) {
	ours, theirs := newSigner(t, "ours", 0), newSigner(t, "theirs", 0)
	m := newMachine(t, map[string]string{
		"/srv/core/core.db": "x", "/srv/core/core.db.sig": ours.detach(t, "x"), "/srv/extra/extra.db": "x", "/srv/extra/extra.db.sig": theirs.detach(t, "x"),
		"/srv/none/none.db": "x", "/etc/pacman.conf": "[options]\n",
	})
	for _, tt := range []struct {
		name, level string
		refused     bool
	}{{"core", "Required", false}, {"extra", "Required", true}, {"none", "Required DatabaseOptional", false}, {"none", "Required", true}} {
		res, err := m.resource("name", tt.name, "provider", "pacman", "key", ours.armored, "url", "file:///srv/$repo", "options", map[string]any{"SigLevel": tt.level})
		if err != nil {
			t.Fatal(err)
		}
		if r := m.Provider.Review(t.Context(), resourcetest.Plan(t, res), resource.Outlook{}); (r.Blocked != nil) != tt.refused {
			t.Errorf("%s, %s: %v", tt.name, tt.level, r.Blocked)
		}
	}
}

// TestSignatureThatGoesIsFound: an index that is no longer signed is reported, with what to declare.
func TestSignatureThatGoesIsFound(t *testing.T) {
	ours := newSigner(t, "ours", 0)
	at := "/srv/" + rpmName("basearch") + "/repodata/repomd.xml"
	m := newMachine(t, map[string]string{"/usr/bin/rpm": "", at: "x", at + ".asc": ours.detach(t, "x")})
	m.named("acme", "provider", "dnf", "url", "file:///srv/$basearch", "key", ours.armored)
	if err := m.CheckSigned(t.Context(), "dnf"); err != nil {
		t.Error(err)
	}
	if err := os.Remove(m.root + at + ".asc"); err != nil {
		t.Fatal(err)
	}
	if err := m.CheckSigned(t.Context(), "dnf"); err == nil || !strings.HasPrefix(err.Error(), "the repository acme: file://"+at+" is not signed, ") || !strings.HasSuffix(err.Error(), "options = { repo_gpgcheck = 0 } where each package is signed") {
		t.Error(err)
	}
}

// TestErrorsHaveNoPassword: errors contain no passwords.
func TestErrorsHaveNoPassword(t *testing.T) {
	ours := newSigner(t, "ours", 0)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".asc") {
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	m := newMachine(t, nil)
	res, err := m.resource("provider", "dnf", "url", strings.Replace(server.URL, "//", "//ada:secret@", 1), "key", ours.armored)
	if err != nil {
		t.Fatal(err)
	}
	blocked := m.Provider.Review(t.Context(), resourcetest.Plan(t, res), resource.Outlook{}).Blocked
	if said := fmt.Sprint(blocked); !strings.Contains(said, server.URL+"/repodata/repomd.xml is not signed") || strings.Contains(said, "secret") {
		t.Error(said)
	}
}

// TestIndexesOfZypperAreSigned: zypper itself accepts no unsigned index without a confirmation.
func TestIndexesOfZypperAreSigned(t *testing.T) {
	m := newMachine(t, map[string]string{"/usr/bin/rpm": ""})
	m.named("acme", "provider", "zypper", "key", newSigner(t, "ours", 0).armored, "url", "file:///srv/$nothing")
	if got := m.read("/etc/zypp/repos.d/acme.repo"); !strings.Contains(got, "\nrepo_gpgcheck=1\n") {
		t.Error(got)
	}
}
