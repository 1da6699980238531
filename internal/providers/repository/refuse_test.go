package repository

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"converge/internal/process"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// TestDeclarationsThatAreRefused: faults that the declaration alone shows.
func TestDeclarationsThatAreRefused(t *testing.T) {
	m := newMachine(t, map[string]string{"/empty.asc": ""})
	for _, tt := range []struct{ attrs, want string }{
		{`provider apt, url https://x/y, suites s, components main`, "key: is needed, or key_source: what signs the repository; trusted = true installs its packages unchecked"},
		{`provider apt, url https://x/y, suites s, components main, key k, trusted true`, "trusted: cannot stand beside a key: trusted means that no signature is checked"},
		{`provider apt, url https://x/y, suites s, components main, key_source https://x/k`, "key_source: a URL needs key_sha256, the digest of what is there"},
		{`provider apt, url https://x/y, suites s, components main, key_source ` + m.root + `/empty.asc`, "key_source: is empty: it holds no key"},
		{`provider apt, url https://x/y, suites s, components main, key_source ftp://x/k`, `key_source: cannot fetch by "ftp": only http and https; an exec before it can fetch by others, into a path of the host`},
		{`provider apt, url https://x/y, suites s, key k`, `components: is needed unless the repository is flat: ["main"]`},
		{`provider apt, url https://x/y, key k`, `suites: is needed with apt: ["stable"], or ["./"] for a flat repository`},
		{`provider apt, url https://x/y, suites ./, components main, key k`, "components: has no meaning for a flat repository, whose suites end with a slash"},
		{`provider apt, url file:/x, suites ./, key k, priority 7`, `pin_release: is needed for priority and pin: the URL names no host by which apt would know the repository ("o=ORIGIN", of its Release file)`},
		{`provider apt, suites ./, key k`, "url: is needed: it is where the repository is"},
		{`provider dnf, url https://x/y, key k, suites s`, "suites: dnf has no such thing"},
		{`provider zypper, url https://x/y, key k, priority 100`, "priority: must be from 1 to 99; the lower wins"},
		{`provider pacman, url https://x/y, key k, priority 1`, "priority: pacman has no such thing: it takes each package from the first section that has it, see before"},
		{`provider pacman, url https://x/y, key k, pin a=1`, "pin: pacman has no such thing: it takes each package from the first section that has it (before); hold keeps a package at its version"},
		{`provider zypper, url https://x/y, key k, pin a=1`, "pin: zypper has no such thing: it ranks whole repositories only (priority); put the packages into a repository of their own, or name the version at the package"},
		{`provider apk, url https://x/y, pin a=1`, `pin: "a" must be "*" with apk, which takes any version from a repository that it is told to prefer; name the version at the package`},
		{`provider apk, url https://x/y, priority 1`, "priority: apk has no such thing: it takes the newest version that any repository has"},
		{`provider dnf, url https://x/y, key k, pin a=100`, `pin: "a" must have a number from 1 to 99, of which the lower wins, or a version`},
		{`provider dnf, url https://x/y, key k, pin *=1`, `pin: "*" must be the name of a package or a pattern of names; for all packages there is priority`},
		{`provider dnf, url https://x/y, key k, pin a=1/2`, `pin: "a" must have a number or a version without its release: 10 or "8.2*"`},
		{`provider apk, url https://x/y, trusted true`, "trusted: apk trusts a repository by a key only, unless each of its commands says otherwise"},
		{`url https://x/y, key k`, "provider: this machine has no package manager that converge knows; name the one that is meant"},
		{`provider apt, url x`, `url has no scheme in front of it: "https://x"`},
		{`provider apt, url https://x /y`, "url must be a URL without blanks, such as https://packages.example.com/debian"},
	} {
		var attrs []any
		for pair := range strings.SplitSeq(tt.attrs, ", ") {
			name, value, _ := strings.Cut(pair, " ")
			switch name {
			case "pin":
				pattern, value, _ := strings.Cut(value, "=")
				attrs = append(attrs, name, map[string]any{pattern: value})
			case "suites", "components":
				attrs = append(attrs, name, []string{value})
			case "key":
				attrs = append(attrs, name, "-----BEGIN PGP PUBLIC KEY BLOCK-----\n"+value)
			default:
				attrs = append(attrs, name, value)
			}
		}
		if _, err := m.resource(attrs...); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.attrs, err, tt.want)
		}
	}
}

// TestSignaturesThatAreRefused: for any wrong signature, the error names the expected key and the actual one, and
// nothing is written.
func TestSignaturesThatAreRefused(t *testing.T) {
	ours, other, old := newSigner(t, "ours", 0), newSigner(t, "other", 0), newSigner(t, "old", 40)
	const release = "Origin: x\n"
	apt := []any{"provider", "apt", "url", "file:/srv", "suites", []string{"stable"}, "components", []string{"main"}}
	rpm, pacman := []any{"provider", "dnf", "url", "file:///srv"}, []any{"provider", "pacman", "url", "file:///srv"}
	const valid = "Valid-Until: Fri, 1 May 2026 01:00:00 GMT\n"
	for name, tt := range map[string]struct {
		files map[string]string
		attrs []any
		key   string
		want  string // "": it is accepted
	}{
		"right":    {map[string]string{"/srv/dists/stable/InRelease": ours.clearsign(t, release)}, apt, ours.armored, ""},
		"in part":  {map[string]string{"/srv/dists/stable/Release": release, "/srv/dists/stable/Release.gpg": ours.detach(t, release)}, apt, ours.armored, ""},
		"binary":   {map[string]string{"/srv/dists/stable/InRelease": ours.clearsign(t, release)}, apt, ours.binary, ""},
		"not here": {nil, apt, ours.armored, ""},
		"by another": {
			map[string]string{"/srv/dists/stable/InRelease": other.clearsign(t, release)}, apt, ours.armored,
			"file:/srv/dists/stable/InRelease is refused: it is signed by the key " + other.fingerprint() + ", and not by " + ours.fingerprint(),
		},
		"unsigned": {
			map[string]string{"/srv/dists/stable/Release": release}, apt, ours.armored,
			"file:/srv/dists/stable/Release is not signed, and should be by the key " + ours.fingerprint() + "; trusted = true would install from it unchecked",
		},
		"changed": {
			map[string]string{"/srv/dists/stable/InRelease": strings.Replace(ours.clearsign(t, release), "Origin: x", "Origin: y", 1)}, apt, ours.armored,
			"file:/srv/dists/stable/InRelease is refused: the signature by the key " + ours.fingerprint() + " does not count: ",
		},
		"no key":   {nil, apt, "-----BEGIN PGP PUBLIC KEY BLOCK-----\nhello", "its signing key is none: "},
		"expiring": {map[string]string{"/srv/dists/stable/InRelease": old.clearsign(t, release)}, apt, old.armored, ""},
		"index of rpm": {
			map[string]string{"/srv/repodata/repomd.xml": release, "/srv/repodata/repomd.xml.asc": other.detach(t, release)}, rpm, ours.armored,
			"file:///srv/repodata/repomd.xml is refused: it is signed by the key " + other.fingerprint() + ", and not by " + ours.fingerprint(),
		},
		"unsigned index of rpm": {
			map[string]string{"/srv/repodata/repomd.xml": release}, rpm, ours.armored,
			"file:///srv/repodata/repomd.xml is not signed, and should be by the key " + ours.fingerprint() + "; trusted = true would install from it unchecked, and options = { repo_gpgcheck = 0 } where each package is signed",
		},
		"unsigned index of rpm, of signed packages": {
			map[string]string{"/srv/repodata/repomd.xml": release}, slices.Concat(rpm, []any{"options", map[string]any{"repo_gpgcheck": 0}}), ours.armored, "",
		},
		"unsigned database of pacman": {
			map[string]string{"/srv/acme.db": release}, pacman, ours.armored,
			"file:///srv/acme.db is not signed, and should be by the key " + ours.fingerprint() + `; trusted = true would install from it unchecked, and options = { SigLevel = "Required DatabaseOptional" } where each package is signed`,
		},
		"unsigned database of pacman, of signed packages": {
			map[string]string{"/srv/acme.db": release}, slices.Concat(pacman, []any{"options", map[string]any{"SigLevel": "Required DatabaseOptional"}}), ours.armored, "",
		},
		"signed database of pacman": {map[string]string{"/srv/acme.db": release, "/srv/acme.db.sig": ours.detach(t, release)}, pacman, ours.armored, ""},
		"expired": {
			map[string]string{"/srv/dists/stable/InRelease": ours.clearsign(t, release+"Valid-Until: Sun, 31 May 2026 23:00:00 UTC\n")}, apt, ours.armored,
			"file:/srv/dists/stable/InRelease is refused: it has expired at 2026-05-31 23:00; have it signed anew, or ",
		},
		"expired in part": {
			map[string]string{"/srv/dists/stable/Release": release + valid, "/srv/dists/stable/Release.gpg": ours.detach(t, release+valid)}, apt, ours.armored,
			"file:/srv/dists/stable/Release is refused: it has expired at 2026-05-01 01:00",
		},
		"expired, and no matter": {
			map[string]string{"/srv/dists/stable/InRelease": ours.clearsign(t, release+valid)}, slices.Concat(apt, []any{"options", map[string]any{"Check-Valid-Until": "no"}}), ours.armored, "",
		},
		"short key of apk": {nil, []any{"provider", "apk", "url", "file:///srv"}, newRSA(t, 1024), "its signing key has 1024 bits, which can be broken"},
		"no message":       {map[string]string{"/srv/dists/stable/InRelease": release}, apt, ours.armored, "file:/srv/dists/stable/InRelease is refused: it is not signed"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, tt.files)
			m.write("/usr/bin/pacman-key", "")
			key := []any{"key", tt.key}
			if tt.key == ours.binary {
				m.write("/key.gpg", tt.key)
				key = []any{"key_source", m.root + "/key.gpg"}
			}
			res, err := m.resource(append(tt.attrs, key...)...)
			if err != nil {
				t.Fatal(err)
			}
			before := m.dump(false)
			have, err := res.Provider().Observe(t.Context(), res.Want)
			if err == nil {
				c := resource.Diff(res, have)
				if blocked := m.Provider.Review(t.Context(), c, resource.Outlook{}).Blocked; (blocked == nil) != (tt.want == "") {
					t.Errorf("the plan says %v", blocked)
				}
				err = res.Provider().Apply(t.Context(), c)
			}
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("%v, want %s", err, tt.want)
			case tt.want != "" && m.dump(false) != before:
				t.Errorf("it wrote:\n%s", m.dump(false))
			case tt.want == "":
				if left := resourcetest.Plan(t, res); !left.Empty() {
					t.Errorf("it would change %s again", resourcetest.Names(left))
				}
			}
		})
	}
}

// TestResignedRepositoryIsFound: a repository that another key signs later still counts as converged; a package manager
// that cannot fetch it reports that key.
func TestResignedRepositoryIsFound(t *testing.T) {
	ours, other := newSigner(t, "ours", 0), newSigner(t, "other", 0)
	const release = "Origin: x\n"
	m := newMachine(t, map[string]string{"/srv/dists/stable/InRelease": ours.clearsign(t, release)})
	m.named("acme", "provider", "apt", "url", "file:/srv", "suites", []string{"stable"}, "components", []string{"main"}, "key", ours.armored)
	check := func(manager, want string) {
		t.Helper()
		if err := m.Provider.CheckSigned(t.Context(), manager); fmt.Sprint(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	check("apt", "<nil>")
	m.write("/srv/dists/stable/InRelease", other.clearsign(t, release))
	check("dnf", "<nil>")
	check("apt", "the repository acme: file:/srv/dists/stable/InRelease is refused: it is signed by the key "+other.fingerprint()+", and not by "+ours.fingerprint())
	m.named("acme", "provider", "apt", "ensure", "absent")
	check("apt", "<nil>")

	served := true // false: there is no network
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !served:
			http.Error(w, "no", http.StatusBadGateway)
		case r.URL.Path == "/key":
			fmt.Fprint(w, ours.binary)
		default:
			fmt.Fprint(w, ours.clearsign(t, release))
		}
	}))
	defer server.Close()
	m.named("acme", "provider", "apt", "url", server.URL, "suites", []string{"./"}, "key_source", server.URL+"/key", "key_sha256", digestOf([]byte(ours.binary)))
	check("apt", "<nil>")
	served = false
	m.Provider.own.keys.fetched = map[string][]byte{} // the next run
	check("apt", "<nil>")
}

// TestExpiryIsSeen: every plan warns about a key that expires soon; an expired one is an error before any request to
// the network.
func TestExpiryIsSeen(t *testing.T) {
	for days, want := range map[int]string{1: "has expired at 2026-06-01", 20: "expires at 2026-06-20, in 19 days", 60: ""} {
		s := newSigner(t, "soon", days)
		m := newMachine(t, map[string]string{"/srv/dists/stable/InRelease": s.clearsign(t, "x\n")})
		res, err := m.resource("provider", "apt", "url", "file:/srv", "suites", []string{"stable"}, "components", []string{"main"}, "key", s.armored)
		if err != nil {
			t.Fatal(err)
		}
		_, err = res.Provider().Observe(t.Context(), res.Want)
		if days == 1 {
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), s.fingerprint()) {
				t.Errorf("%d days: %v", days, err)
			}
			continue
		}
		resourcetest.Converge(t, res)
		c := resourcetest.Plan(t, res)
		notes := strings.Join(m.Provider.Review(t.Context(), c, resource.Outlook{}).Notes, "\n")
		if !c.Empty() || !strings.Contains(notes, want) || want == "" && notes != "" {
			t.Errorf("%d days: %v %q, want %q", days, c.Action, notes, want)
		}
	}
}

// TestFetchHasAnEnd: a server that never ends an answer cannot block a plan: the index counts as not checked, and the
// package manager checks it.
func TestFetchHasAnEnd(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "-----BEGIN PGP SIGNED MESSAGE-----\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	defer server.Close()
	m := newMachine(t, nil)
	if m.own.verifier.patience != fetchTime {
		t.Errorf("a fetch may take %v", m.own.verifier.patience)
	}
	m.own.verifier.patience = time.Millisecond
	res, err := m.resource("provider", "apt", "url", server.URL, "suites", []string{"./"}, "key", newSigner(t, "ours", 0).armored)
	if err != nil {
		t.Fatal(err)
	}
	v := m.Provider.Review(t.Context(), resourcetest.Plan(t, res), resource.Outlook{})
	if notes := strings.Join(v.Notes, " "); v.Blocked != nil || !strings.Contains(notes, "could not be checked here (cannot fetch "+server.URL) || !strings.Contains(notes, "deadline exceeded") {
		t.Errorf("%v %s", v.Blocked, notes)
	}
}

// TestKeyByURL: a key by URL is fetched once, checked against its digest, and written in armor.
func TestKeyByURL(t *testing.T) {
	s := newSigner(t, "ours", 0)
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/key.gpg":
			asked++
			fmt.Fprint(w, s.binary)
		case "/dists/stable/InRelease":
			fmt.Fprint(w, s.clearsign(t, "x\n"))
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	m := newMachine(t, nil)
	attrs := []any{"provider", "apt", "url", server.URL, "suites", []string{"stable"}, "components", []string{"main"}, "key_source", server.URL + "/key.gpg", "priority", 900}
	res, err := m.resource(append(attrs, "key_sha256", digestOf([]byte(s.binary)))...)
	if err != nil {
		t.Fatal(err)
	}
	resourcetest.Converge(t, res)
	if got := m.read("/etc/apt/keyrings/acme.asc"); asked != 1 || !strings.HasPrefix(got, "-----BEGIN PGP PUBLIC KEY BLOCK-----") {
		t.Errorf("asked %d times, and wrote %q", asked, got)
	}
	if got := m.read("/etc/apt/preferences.d/acme.pref"); !strings.Contains(got, `Pin: origin "127.0.0.1"`) {
		t.Error(got)
	}
	res, err = m.resource(append(attrs, "key_sha256", digestOf([]byte("another")))...)
	if err != nil {
		t.Fatal(err)
	}
	err = res.Provider().Apply(t.Context(), resourcetest.Plan(t, res))
	if err == nil || !strings.Contains(err.Error(), "what is there has SHA-256 "+digestOf([]byte(s.binary))) {
		t.Error(err)
	}
}

// TestKeysOfPrograms: programs with their own key stores import a key and delete a former one, but none that another
// file names.
func TestKeysOfPrograms(t *testing.T) {
	one, two := newSigner(t, "one", 0), newSigner(t, "two", 0)
	m := newMachine(t, map[string]string{"/usr/bin/rpm": "", "/usr/bin/pacman-key": "", "/etc/pacman.d/gnupg/trustdb.gpg": ""})
	short := func(s signer) string { return strings.ToLower(s.fingerprint()[32:]) }
	m.says["rpm -q"] = process.Result{Stdout: fmt.Sprintf("gpg-pubkey-%s-1 %s\ngpg-pubkey-%s-2 %s\n", short(one), short(one), short(two), short(two))}
	apply := func(manager string, attrs ...any) string {
		t.Helper()
		m.ran = nil
		res, err := m.resource(append([]any{"provider", manager}, attrs...)...)
		if err != nil {
			t.Fatal(err)
		}
		resourcetest.Converge(t, res)
		return strings.Join(m.ran, "; ")
	}
	n := func(s signer) int { return len(s.armored) }
	rpm, pacman := "file:///no", "file:///no"
	for _, tt := range []struct{ got, want string }{
		{apply("dnf", "url", rpm, "key", one.armored), fmt.Sprintf("rpm --import (%d bytes)", n(one))},
		{apply("dnf", "url", rpm, "key", one.armored, "priority", 3), ""},
		{apply("dnf", "url", rpm, "key", two.armored), fmt.Sprintf("rpm --import (%d bytes); rpm -q --qf %%{NAME}-%%{VERSION}-%%{RELEASE} %%{VERSION}\n gpg-pubkey; rpm -e --allmatches -- gpg-pubkey-%s-1", n(two), short(one))},
		{apply("dnf", "ensure", "absent"), "rpm -q --qf %{NAME}-%{VERSION}-%{RELEASE} %{VERSION}\n gpg-pubkey; rpm -e --allmatches -- gpg-pubkey-" + short(two) + "-2"},
		{apply("zypper", "url", rpm, "key", two.armored), fmt.Sprintf("rpm --import (%d bytes)", n(two))},
		{apply("pacman", "url", pacman, "key", one.armored), fmt.Sprintf("pacman-key --add (%d bytes); pacman-key --lsign-key %s", n(one), one.fingerprint())},
		{apply("pacman", "ensure", "absent"), "pacman-key --delete " + one.fingerprint()},
	} {
		if tt.got != tt.want {
			t.Errorf("it ran\n%s, want\n%s", tt.got, tt.want)
		}
	}
}

// TestListsGo: lists are removed with their repository, except those that another one shares.
func TestListsGo(t *testing.T) {
	s := newSigner(t, "ours", 0)
	lists := "/var/lib/apt/lists/"
	m := newMachine(t, map[string]string{
		lists + "user.example.com_deb_dists_stable_InRelease": "", lists + "user.example.com_deb_dists_stable_main_binary-amd64_Packages": "",
		lists + "user.example.com_deb_dists_old_InRelease": "", lists + "user.example.com_deb_dists_shared_InRelease": "", lists + "lock": "",
		"/etc/apt/sources.list": "deb https://user.example.com/deb/ shared main\n",
	})
	res, err := m.resource("provider", "apt", "url", "https://me@user.example.com/deb", "suites", []string{"stable", "shared"}, "components", []string{"main"}, "key", s.armored)
	if err != nil {
		t.Fatal(err)
	}
	// This test does not use the network.
	m.own.verifier.checked[subjectOf(resource.Must[resources.RepositoryWant](res.Want), []byte(s.armored))] = verdict{}
	resourcetest.Converge(t, res)
	if res, err = m.resource("ensure", "absent"); err != nil {
		t.Fatal(err)
	}
	m.own.onlyFrom = map[string]OnlyFrom{"apt": func(_ context.Context, _, definition string) ([]string, error) {
		return []string{"x", "y"}, nil
	}}
	c := resourcetest.Plan(t, res)
	if notes := fmt.Sprint(m.Provider.Review(t.Context(), c, resource.Outlook{}).Notes); notes != "[no other repository offers these installed packages, which stay as they are: x, y]" {
		t.Error(notes)
	}
	resourcetest.Converge(t, res)
	got, err := m.own.namesIn("/var/lib/apt/lists")
	if want := "[lock user.example.com_deb_dists_old_InRelease user.example.com_deb_dists_shared_InRelease]"; fmt.Sprint(got) != want || err != nil {
		t.Errorf("left: %v %v, want %s", got, err, want)
	}
}

// TestListsOfPinsGo: the sections of pins have their own lists, which are removed too.
func TestListsOfPinsGo(t *testing.T) {
	const cache, hash = "/var/cache/dnf/", "-0123456789abcdef"
	m := newMachine(t, map[string]string{
		cache + "acme" + hash + "/x": "", cache + "acme-pin1" + hash + "/x": "", cache + "acme-pin1.solv": "", cache + "acme-pin1-filenames.solvx": "",
		cache + "acme-pine" + hash + "/x": "", cache + "other.solv": "",
	})
	m.named("acme", "provider", "dnf", "url", "file:///a", "trusted", true, "pin", map[string]any{"nginx": 10})
	m.named("acme", "provider", "dnf", "ensure", "absent")
	if got, err := m.own.namesIn("/var/cache/dnf"); fmt.Sprint(got) != "[acme-pine"+hash+" other.solv]" || err != nil {
		t.Errorf("left: %v %v", got, err)
	}
}
