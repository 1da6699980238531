package emptyhost_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/emptyhost"
	"converge/internal/fsys"
	"converge/internal/userdb"
)

// TestFill: what an empty host has, by what is known of it.
func TestFill(t *testing.T) {
	for name, c := range map[string]struct {
		o             emptyhost.Options
		users, groups []string
		units         bool
	}{
		"nothing known": {o: emptyhost.Options{}, users: []string{"root", "nobody"}, groups: []string{"users", "wheel"}, units: true},
		"debian":        {o: emptyhost.Options{Family: "debian", Init: "systemd"}, users: []string{"root", "www-data"}, groups: []string{"sudo", "shadow"}, units: true},
		"openrc":        {o: emptyhost.Options{Family: "alpine", Init: "openrc"}, users: []string{"root"}},
		"accounts": {
			o: emptyhost.Options{
				Users:  []emptyhost.User{{Name: "ada", UID: 3001, GID: 100, Comment: "a:b\nroot2:x:0:0::/:"}},
				Groups: []emptyhost.Group{{Name: "ops", GID: 3000, Members: []string{"ada"}}},
			},
			users: []string{"ada"}, groups: []string{"ops"}, units: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := fsys.NewScratch()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Remove(); err != nil {
					t.Error(err)
				}
			})
			c.o.Root = 42
			if err := emptyhost.Fill(s, c.o); err != nil {
				t.Fatal(err)
			}
			db := userdb.New(s.Dir())
			for _, u := range c.users {
				if _, err := db.UID(t.Context(), u); err != nil {
					t.Errorf("no user %s: %v", u, err)
				}
			}
			for _, g := range c.groups {
				if _, err := db.GID(t.Context(), g); err != nil {
					t.Errorf("no group %s: %v", g, err)
				}
			}
			if uid, err := db.UID(t.Context(), "root"); err != nil || uid != 42 {
				t.Errorf("root is %d, %v", uid, err)
			}
			if _, err := db.UID(t.Context(), "root2"); err == nil {
				t.Error("a comment made an account")
			}
			tree, err := fsys.Open(s.Dir())
			if err != nil {
				t.Fatal(err)
			}
			defer tree.Close()
			if _, err := tree.Stat("/etc/systemd/system"); (err == nil) != c.units {
				t.Errorf("folders of units: %v, want them %t", err, c.units)
			}
			if info, err := tree.Stat("/tmp"); err != nil || info.Mode != 0o1777 {
				t.Errorf("/tmp is %+v, %v", info, err)
			}
			if text, err := tree.ReadFile("/etc/passwd", 1<<20); err != nil || strings.Count(string(text), "\n") < 4 {
				t.Errorf("/etc/passwd is %q, %v", text, err)
			}
		})
	}
}

// TestPrograms shows that /bin is the folder /usr/bin, as on every distribution but Alpine, whether a tree that
// is copied into it has a folder or a link there.
func TestPrograms(t *testing.T) {
	for name, c := range map[string]struct {
		family, link, folder, found string
	}{
		"a program in /usr/bin":    {family: "debian", folder: "usr/bin", found: "bin/sleep"},
		"a program in /bin":        {family: "rhel", folder: "bin", found: "usr/bin/sleep"},
		"a tree with the link":     {family: "debian", link: "usr/bin", folder: "usr/bin", found: "bin/sleep"},
		"Alpine, which has both":   {family: "alpine", folder: "bin", found: "bin/sleep"},
		"a tree with another link": {family: "debian", link: "usr/other", folder: "usr/other", found: "bin/sleep"},
	} {
		t.Run(name, func(t *testing.T) {
			live := t.TempDir()
			if err := os.MkdirAll(filepath.Join(live, c.folder), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(live, c.folder, "sleep"), nil, 0o755); err != nil {
				t.Fatal(err)
			}
			if c.link != "" {
				if err := os.Symlink(c.link, filepath.Join(live, "bin")); err != nil {
					t.Fatal(err)
				}
			}
			s, err := fsys.NewScratch()
			if err != nil {
				t.Fatal(err)
			}
			defer s.Remove() //nolint:errcheck // it is temporary
			if err := emptyhost.Fill(s, emptyhost.Options{Family: c.family}); err != nil {
				t.Fatal(err)
			}
			if err := s.Copy(live); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join(s.Dir(), c.found)); err != nil {
				t.Error(err)
			}
		})
	}
}
