package packages_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"converge/internal/fsys"
	"converge/internal/providers/packages"
	"converge/internal/providers/packages/packagestest"
	"converge/internal/resource"
)

// purgeSite is a root in which package "a" is installed with configuration files.
type purgeSite struct {
	*site
	root    string
	notices []string
}

func newPurgeSite(t *testing.T, suffix string, config ...string) *purgeSite {
	root := t.TempDir()
	tree, err := fsys.OpenFiles(root)
	if err != nil {
		t.Fatal(err)
	}
	p := &purgeSite{root: root}
	f := &packagestest.Fake{Offered: offers(), Config: map[string][]string{"a": config}}
	m := f.Parts()
	m.SavedSuffix = suffix
	p.site = &site{packages.New(m, packages.Options{Tree: tree, Notice: func(s string) { p.notices = append(p.notices, s) }}), f, t}
	p.apply(p.want("a"))
	for _, file := range config {
		p.write(file, "changed")
	}
	return p
}

func (p *purgeSite) write(file, text string) {
	p.t.Helper()
	file = filepath.Join(p.root, file)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func (p *purgeSite) there(file string) bool {
	_, err := os.Lstat(filepath.Join(p.root, file))
	return err == nil
}

// purge plans and purges, and returns which files the plan shows as removed.
func (p *purgeSite) purge() ([]string, resource.Outcome) {
	p.t.Helper()
	want := p.want("a", "ensure", "purged")
	review := p.Review(p.t.Context(), p.changes(want)[0], resource.Outlook{Ask: resource.AskForecast})
	if review.Blocked != nil {
		p.t.Fatal(review.Blocked)
	}
	_, o := p.apply(want)
	return review.Removes, o
}

func TestPurgeRemovesWhatTheManagerLeaves(t *testing.T) {
	p := newPurgeSite(t, ".saved", "/etc/a.conf", "/etc/b.conf")
	p.write("/etc/b.conf.saved", "kept by someone")
	p.fake.Removes = func(string) {
		for from, to := range map[string]string{"/etc/a.conf": "/etc/a.conf.saved"} {
			if err := os.Rename(filepath.Join(p.root, from), filepath.Join(p.root, to)); err != nil {
				t.Error(err)
			}
		}
	}
	if _, o := p.purge(); o.Err(0) != nil || p.there("/etc/a.conf.saved") {
		t.Error("left", o.Errs)
	}
	if !p.there("/etc/b.conf.saved") || len(p.notices) != 1 || !strings.HasPrefix(p.notices[0], "left /etc/b.conf.saved") {
		t.Error("what was there before is not of this life of the package:", p.notices)
	}
}

func TestPurgeLeavesWhatIsOfOthers(t *testing.T) {
	p := newPurgeSite(t, "", "/etc/a.conf", "/etc/shared.conf", "/etc/dir.conf", "/home/user/a.conf", "/etc/link.conf")
	p.apply(p.want("server"))
	p.fake.Paths = map[string][]string{"server": {"/etc/shared.conf"}}
	p.write("/home/user/secret/a.conf", "of another package's folder")
	user := filepath.Join(p.root, "home/user")
	for _, err := range []error{
		os.Remove(filepath.Join(p.root, "etc/dir.conf")), os.Mkdir(filepath.Join(p.root, "etc/dir.conf"), 0o755),
		os.Remove(filepath.Join(p.root, "etc/link.conf")), os.Symlink("a.conf.target", filepath.Join(p.root, "etc/link.conf")),
		os.Rename(user, filepath.Join(p.root, "etc/target")), os.MkdirAll(filepath.Join(p.root, "home"), 0o755),
		os.Symlink("../etc/target", user), os.Lchown(user, 12345, 12345),
	} {
		if err != nil {
			t.Skip("only root can give a link to another user:", err)
		}
	}
	p.write("/etc/a.conf.target", "of a user")
	shown, o := p.purge()
	if slices.Contains(shown, "/etc/shared.conf") || !slices.Contains(shown, "/etc/a.conf") {
		t.Error("the plan shows", shown)
	}
	for file, there := range map[string]bool{
		"/etc/a.conf": false, "/etc/link.conf": false,
		"/etc/shared.conf": true, "/etc/dir.conf": true, "/etc/a.conf.target": true, "/etc/target/a.conf": true,
	} {
		if p.there(file) != there {
			t.Errorf("%s is there: %v", file, !there)
		}
	}
	if err := o.Err(0); err != nil {
		t.Error("the package itself is gone:", err)
	}
	if len(p.notices) != 1 || !strings.Contains(p.notices[0], "/home/user") {
		t.Error(p.notices)
	}
}
