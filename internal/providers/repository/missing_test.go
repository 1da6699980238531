package repository

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
)

// TestRepositoryThatIsNotThere: a server that answers that there is no index has no repository, unless the package
// manager may request it in another way than converge.
func TestRepositoryThatIsNotThere(t *testing.T) {
	key, rsa := []any{"key", newSigner(t, "ours", 0).armored}, []any{"key", newRSA(t, 2048)}
	apt := slices.Concat([]any{"provider", "apt", "suites", []string{"stable"}, "components", []string{"main"}}, key)
	dnf, zypper := append([]any{"provider", "dnf"}, key...), append([]any{"provider", "zypper"}, key...)
	pacman, apk := append([]any{"provider", "pacman"}, key...), append([]any{"provider", "apk"}, rsa...)
	with := func(attrs []any, more ...any) []any { return slices.Concat(attrs, more) }
	options := func(name, value string) []any { return []any{"options", map[string]any{name: value}} }
	trusted := []any{"provider", "dnf", "trusted", true}
	gone, notFound := http.StatusGone, http.StatusNotFound
	for name, tt := range map[string]struct {
		attrs   []any
		path    string // after the server's name, in url
		status  int
		has     string // a file that exists nevertheless
		missing string // the file whose absence refuses it; "": it is accepted
	}{
		"apt":                           {apt, "/deb", notFound, "", "/deb/dists/stable/Release"},
		"apt, gone":                     {apt, "/deb", gone, "", "/deb/dists/stable/Release"},
		"apt, no answer that tells":     {apt, "/deb", http.StatusForbidden, "", ""},
		"apt, with a password":          {apt, "/private", notFound, "", ""},
		"apt, trusted":                  {[]any{"provider", "apt", "suites", []string{"./"}, "trusted", true}, "/deb", notFound, "", ""},
		"dnf":                           {dnf, "/rpm/", notFound, "", "/rpm/repodata/repomd.xml"},
		"dnf, trusted":                  {trusted, "/rpm", notFound, "", "/rpm/repodata/repomd.xml"},
		"dnf, trusted, and there":       {trusted, "/rpm", notFound, "/rpm/repodata/repomd.xml", ""},
		"dnf, trusted, and no answer":   {trusted, "/rpm", http.StatusBadGateway, "", ""},
		"dnf, unchecked index":          {with(dnf, options("repo_gpgcheck", "0")...), "/rpm", notFound, "", "/rpm/repodata/repomd.xml"},
		"dnf, values that are guessed":  {dnf, "/rpm/$basearch", notFound, "", ""},
		"dnf, with a password":          {with(dnf, options("username", "ada")...), "/rpm", notFound, "", ""},
		"dnf, not enabled":              {with(dnf, "enabled", false), "/rpm", notFound, "", ""},
		"zypper":                        {zypper, "/rpm", notFound, "", "/rpm/repodata/repomd.xml"},
		"zypper, in YaST's form":        {zypper, "/rpm", notFound, "/rpm/content", ""},
		"pacman":                        {pacman, "/arch/$arch", notFound, "", "/arch/" + machineName() + "/acme.db"},
		"pacman, another architecture":  {with(pacman, "name", "other"), "/arch/$arch", notFound, "", ""},
		"pacman, database not required": {with(pacman, options("SigLevel", "Required DatabaseOptional")...), "/arch", notFound, "", "/arch/acme.db"},
		"apk":                           {apk, "/apk", notFound, "", "/apk/" + machineName() + "/APKINDEX.tar.gz"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != tt.has {
					w.WriteHeader(tt.status)
				}
			}))
			defer server.Close()
			files := map[string]string{"/usr/bin/rpm": "", "/etc/pacman.conf": "[options]\nArchitecture = auto\n"}
			if tt.path == "/private" {
				files["/etc/apt/auth.conf.d/ours.conf"] = "machine 127.0.0.1 login ada password x\n"
			}
			if slices.Contains(tt.attrs, any("other")) {
				files["/etc/pacman.conf"] = "[options]\nArchitecture = x86_64_v9\n"
			}
			m := newMachine(t, files)
			res, err := m.resource(with(tt.attrs, "url", server.URL+tt.path)...)
			if err != nil {
				t.Fatal(err)
			}
			c, before := resourcetest.Plan(t, res), m.dump(false)
			blocked := m.Provider.Review(t.Context(), c, resource.Outlook{}).Blocked
			if tt.missing == "" {
				if blocked != nil {
					t.Errorf("it is refused: %v", blocked)
				}
				return
			}
			want := fmt.Sprintf("cannot set up the repository acme: there is no repository at %s: the server answered %d %s for %s",
				server.URL+tt.path, tt.status, http.StatusText(tt.status), server.URL+tt.missing)
			if fmt.Sprint(blocked) != want {
				t.Errorf("the plan says %v, want %s", blocked, want)
			}
			if err := res.Provider().Apply(t.Context(), c); fmt.Sprint(err) != want || m.dump(false) != before {
				t.Errorf("the change ended with %v, want %s, and nothing changed", err, want)
			}
			// The server is this machine: an earlier change may create the file.
			r := m.Provider.Review(t.Context(), c, resource.Outlook{Pending: resource.UnknownPending})
			if r.Blocked != nil || !strings.Contains(fmt.Sprint(r.Notes), "it fails unless something before it changes that") {
				t.Errorf("behind other changes, the plan says %v, %v", r.Notes, r.Blocked)
			}
		})
	}
}
