package pkgrepo

import (
	"bytes"
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"converge/internal/pack"
)

// folder is a folder of packages in a test, with its own clock.
type folder struct {
	t      *testing.T
	dir    string
	now    time.Time
	o      Options
	log    []string
	warned []string
}

func newFolder(t *testing.T) *folder {
	f := &folder{t: t, dir: t.TempDir(), now: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)}
	f.o = Options{
		Name: "packages", Suite: "stable", Now: func() time.Time { return f.now },
		Log:  func(what, file string) { f.log = append(f.log, what+" "+file) },
		Warn: func(text string) { f.warned = append(f.warned, text) },
	}
	return f
}

// keys makes keys, and signs with them from now on. They are short, because a long RSA key takes seconds.
func (f *folder) keys(name string) {
	f.t.Helper()
	names, err := NewKeys(f.t.TempDir(), name, 0, 1024, f.now)
	if err != nil {
		f.t.Fatal(err)
	}
	f.o.Keys = []string{names[0], names[2]}
}

// add builds a package into the folder.
func (f *folder) add(version, content string, formats ...string) {
	f.t.Helper()
	p := pack.Package{
		Name: "app", Version: version, Summary: "An application", Maintainer: "Jo <jo@example.org>",
		Relations: pack.Relations{Depends: []string{"base >= 1"}},
		Files:     []pack.File{{Path: "/usr/bin/app", Content: []byte(content), Mode: 0o755}, {Path: "/etc/app.ini", Type: pack.Config}},
		Changelog: []pack.Change{{Version: version, Time: f.now, Notes: []string{"a <b> & c"}}},
	}
	for _, format := range formats {
		var b bytes.Buffer
		if err := pack.Build(context.Background(), p, format, &b); err != nil {
			f.t.Fatal(err)
		}
		name, err := p.FileName(format)
		if err != nil {
			f.t.Fatal(err)
		}
		path := filepath.Join(f.dir, name)
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			f.t.Fatal(err)
		}
		if err := os.Chtimes(path, f.now, f.now); err != nil {
			f.t.Fatal(err)
		}
	}
}

func (f *folder) update() {
	f.t.Helper()
	f.log, f.warned = nil, nil
	if err := Update(context.Background(), f.dir, f.o); err != nil {
		f.t.Fatal(err)
	}
}

// files returns all files with their contents.
func (f *folder) files() map[string]string {
	all := map[string]string{}
	err := filepath.WalkDir(f.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		all[strings.TrimPrefix(name, f.dir+"/")] = string(b)
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return all
}

func (f *folder) packages() (names []string) {
	for name := range f.files() {
		for _, family := range families() {
			if strings.HasSuffix(name, family.suffix()) {
				names = append(names, filepath.Base(filepath.Dir(name))+"/"+filepath.Base(name))
			}
		}
	}
	slices.Sort(names)
	return names
}

func TestSecondCallChangesNothing(t *testing.T) {
	f := newFolder(t)
	f.keys("one")
	f.add("1.0", "one", pack.Formats()...)
	f.add("1.1", "two", pack.Formats()...)
	other := filepath.Join(f.dir, "deb/README")
	if err := os.MkdirAll(filepath.Dir(other), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(other, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	f.update()
	if len(f.warned) > 0 {
		t.Errorf("warned of %q", f.warned)
	}
	was := f.files()
	if was["deb/README"] != "mine" || len(f.packages()) != 2*(1+1+2+2) {
		t.Errorf("there are %q", f.packages())
	}
	f.now = f.now.Add(48 * time.Hour)
	f.update()
	if now := f.files(); len(f.log) > 0 || len(now) != len(was) {
		t.Errorf("did %q", f.log)
	}
	for name, content := range f.files() {
		if was[name] != content {
			t.Errorf("%s has changed", name)
		}
	}
}

func TestNewIndexComesLast(t *testing.T) {
	f := newFolder(t)
	f.keys("one")
	f.add("1.0", "one", pack.Formats()...)
	f.update()
	for _, pair := range [][2]string{
		{"file deb/pool/main/a/app/app_1.0-1_all.deb", "write deb/dists/stable/InRelease"},
		{"write deb/dists/stable/main/binary-amd64/Packages", "write deb/dists/stable/InRelease"},
		{"write deb/dists/stable/InRelease", "move app_1.0-1_all.deb"},
		{"write rpm/repodata/repomd.xml", "move app-1.0-1.noarch.rpm"},
		{"write rpm/repodata/repomd.xml.asc", "write rpm/repodata/repomd.xml"},
		{"file apk/x86_64/app-1.0-r1.apk", "write apk/x86_64/APKINDEX.tar.gz"},
		{"file arch/x86_64/app-1.0-1-any.pkg.tar.zst", "write arch/x86_64/packages.db"},
	} {
		if a, b := slices.Index(f.log, pair[0]), slices.Index(f.log, pair[1]); a < 0 || b < a {
			t.Errorf("%q is %d, %q is %d in %q", pair[0], a, pair[1], b, f.log)
		}
	}
}

func TestOldVersionsArePrunedByRule(t *testing.T) {
	f := newFolder(t)
	for _, version := range []string{"1.9", "1.10", "1.11", "1.12"} {
		f.add(version, version, pack.RPM)
		f.now = f.now.Add(24 * time.Hour)
	}
	f.update()
	for _, tt := range []struct {
		keep, days int
		want       string
	}{
		{0, 0, "1.10 1.11 1.12 1.9"},
		{4, 0, "1.10 1.11 1.12 1.9"},
		{1, 3, "1.10 1.11 1.12"},
		{2, 0, "1.11 1.12"},
		{0, 1, "1.12"},
	} {
		f.o.Keep, f.o.KeepFor = tt.keep, time.Duration(tt.days)*24*time.Hour
		f.o.DryRun = true
		f.update()
		planned, was := f.log, f.packages()
		f.o.DryRun = false
		if !slices.Equal(was, f.packages()) {
			t.Errorf("a dry run has removed packages: %q", f.packages())
		}
		f.update()
		var got []string
		for _, name := range f.packages() {
			got = append(got, strings.TrimSuffix(strings.TrimPrefix(name, "as-is/app-"), "-1.noarch.rpm"))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("--keep %d, %d days: %q, want %s", tt.keep, tt.days, got, tt.want)
		}
		removed := func(s string) bool { return !strings.HasSuffix(s, ".rpm") }
		if p, d := slices.DeleteFunc(planned, removed), slices.DeleteFunc(slices.Clone(f.log), removed); !slices.Equal(p, d) {
			t.Errorf("the dry run said %q, and %q was done", p, d)
		}
	}
}

func TestVersionNeverChanges(t *testing.T) {
	for _, format := range pack.Formats() {
		f := newFolder(t)
		f.keys("one")
		f.add("1.0", "one", format)
		f.update()
		f.add("1.0", "one", format) // the same again
		f.update()
		if len(f.log) != 1 || !strings.HasPrefix(f.log[0], "remove app") { // nothing is moved: it was filed already
			t.Errorf("%s: did %q", format, f.log)
		}
		was := f.files()
		f.add("1.0", "another", format)
		err := Update(context.Background(), f.dir, f.o)
		if err == nil || !strings.Contains(err.Error(), "with different contents: give the new one another version") {
			t.Errorf("%s: %v", format, err)
		}
		if len(f.files()) != len(was)+1 {
			t.Errorf("%s: files have come or gone", format)
		}
	}
}

func TestAnotherKeySignsAgain(t *testing.T) {
	f := newFolder(t)
	f.add("1.0", "one", pack.Formats()...)
	f.update()
	if len(f.warned) != 4 {
		t.Errorf("unsigned, warned of %q", f.warned)
	}
	f.keys("one")
	f.update()
	was := f.files()
	f.keys("two")
	f.update()
	now := f.files()
	for _, name := range []string{
		"packages.asc", "deb/dists/stable/InRelease", "deb/dists/stable/Release.gpg", "rpm/repodata/repomd.xml.asc",
		"arch/x86_64/packages.db.sig", "arch/x86_64/app-1.0-1-any.pkg.tar.zst.sig", "apk/x86_64/APKINDEX.tar.gz",
	} {
		if was[name] == "" || was[name] == now[name] {
			t.Errorf("%s is as it was", name)
		}
	}
	f.update()
	if len(f.log) > 0 {
		t.Errorf("a second call did %q", f.log)
	}
	f.o.Keys, f.o.Unsigned = nil, true
	f.update()
	for name := range f.files() {
		if strings.HasSuffix(name, ".sig") || strings.HasSuffix(name, "InRelease") || strings.HasSuffix(name, ".gpg") || strings.HasSuffix(name, "xml.asc") {
			t.Errorf("without a key there is %s", name)
		}
	}
}

// A forgotten key removes no signature, and the update does not begin.
func TestForgottenKeyIsRefused(t *testing.T) {
	f := newFolder(t)
	f.keys("one")
	f.add("1.0", "one", pack.Formats()...)
	f.update()
	both := f.o.Keys
	f.add("1.1", "two", pack.Formats()...)
	was := f.files()
	signed := map[string][]string{
		"an OpenPGP key": {"deb/dists/stable/InRelease", "rpm/repodata/repomd.xml.asc", "arch/aarch64/app-1.0-1-any.pkg.tar.zst.sig"},
		"an RSA key":     {"apk/aarch64/APKINDEX.tar.gz"},
	}
	for _, tt := range []struct{ keys, missing []string }{
		{nil, []string{"an OpenPGP key", "an RSA key"}},
		{both[:1], []string{"an RSA key"}},
		{both[1:], []string{"an OpenPGP key"}},
	} {
		f.o.Keys = tt.keys
		err := Update(context.Background(), f.dir, f.o)
		var files []string
		for _, kind := range tt.missing {
			files = append(files, signed[kind]...)
		}
		want := "would refuse it: " + strings.Join(files, ", ") + "; add --key with " + strings.Join(tt.missing, " and one with ") + ", or --unsigned"
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d keys: %v, want %s", len(tt.keys), err, want)
		}
		if !maps.Equal(f.files(), was) {
			t.Errorf("%d keys: something was changed", len(tt.keys))
		}
	}
	f.o.Keys, f.o.Suite = both[1:], "testing" // apt's hosts do not know that suite yet
	if err := os.RemoveAll(filepath.Join(f.dir, "rpm")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(f.dir, "arch")); err != nil {
		t.Fatal(err)
	}
	f.update()
}

// An incomplete package is left out, and the rest is filed. Its size is no evidence: a file may have its final size from
// the beginning.
func TestHalfAPackageIsLeftOut(t *testing.T) {
	for _, format := range pack.Formats() {
		f := newFolder(t)
		f.add("1.0", "one", format)
		f.add("1.1", strings.Repeat("two", 1000), format)
		var name string
		for n := range f.files() {
			if strings.Contains(n, "1.1") {
				name = n
			}
		}
		path := filepath.Join(f.dir, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		holed := append(bytes.Clone(whole[:len(whole)*3/4]), make([]byte, len(whole)-len(whole)*3/4)...)
		for what, content := range map[string][]byte{"nothing": {}, "a beginning": whole[:100], "half": whole[:len(whole)/2], "all but the end": whole[:len(whole)-2], "holes": holed} {
			if err := os.WriteFile(path, content, 0o644); err != nil {
				t.Fatal(err)
			}
			f.warned = nil
			err := Update(context.Background(), f.dir, f.o)
			if err == nil || !strings.Contains(err.Error(), "everything else is done, and "+name+" was left out") || !strings.Contains(strings.Join(f.warned, "\n"), "cannot read the package "+name+", which is left out: ") {
				t.Errorf("%s, %s: %v, %q", format, what, err, f.warned)
			}
			if got := strings.Join(f.packages(), " "); strings.Count(got, "1.1") != 1 || !strings.Contains(got, "1.0") {
				t.Errorf("%s, %s: there are %s", format, what, got)
			}
		}
		if err := os.WriteFile(path, whole, 0o644); err != nil {
			t.Fatal(err)
		}
		f.update()
	}
}

// A package that is written again after it was read is not filed.
func TestPackageThatChangesIsNotFiled(t *testing.T) {
	for _, format := range pack.Formats() {
		f := newFolder(t)
		f.add("1.0", "one", format)
		name := f.packages()[0]
		path := filepath.Join(f.dir, filepath.Base(name))
		changed := false
		f.o.Log = func(what, _ string) {
			if what != "file" || changed {
				return
			}
			changed = true
			b, err := os.ReadFile(path)
			if err == nil {
				b[len(b)-1] ^= 1
				err = os.WriteFile(path, b, 0o644)
			}
			if err != nil {
				t.Error(err)
			}
		}
		if err := Update(context.Background(), f.dir, f.o); err == nil || !strings.Contains(err.Error(), "cannot read the package "+format+"/") {
			t.Errorf("%s: %v", format, err)
		}
		if got := f.packages(); len(got) != 1 {
			t.Errorf("%s: there are %q", format, got)
		}
	}
}

func TestKeysArePrivate(t *testing.T) {
	dir := t.TempDir()
	names, err := NewKeys(dir, "repo", time.Hour, 1024, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []fs.FileMode{0o600, 0o644, 0o600, 0o644} {
		if info, err := os.Stat(names[i]); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", names[i], info.Mode(), err)
		}
	}
	if _, err := NewKeys(dir, "repo", 0, 1024, time.Now()); err == nil || !strings.Contains(err.Error(), "which is not replaced") {
		t.Errorf("a second time: %v", err)
	}
	f := newFolder(t)
	f.o.Keys, f.now = []string{names[1]}, time.Now()
	if err := Update(context.Background(), f.dir, f.o); err == nil || !strings.Contains(err.Error(), "it is a public key") {
		t.Errorf("with a public key: %v", err)
	}
	f.o.Keys, f.now = []string{names[0]}, time.Now().Add(24*time.Hour)
	if err := Update(context.Background(), f.dir, f.o); err == nil || !strings.Contains(err.Error(), "it has expired") {
		t.Errorf("with an expired key: %v", err)
	}
}

func TestKilledCallAndGonePackages(t *testing.T) {
	f := newFolder(t)
	f.add("1.0", "one", pack.Deb, pack.RPM)
	f.update()
	staged := filepath.Join(f.dir, "deb/dists/stable", stagedPrefix+"InRelease")
	if err := os.WriteFile(staged, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(f.dir, "deb/pool")); err != nil {
		t.Fatal(err)
	}
	f.now = f.now.Add(time.Hour)
	f.update()
	files := f.files()
	if list, ok := files["deb/dists/stable/main/binary-amd64/Packages"]; !ok || list != "" {
		t.Errorf("packages that are gone are still in the index: %q", list)
	}
	if _, ok := files["deb/dists/stable/"+stagedPrefix+"InRelease"]; ok {
		t.Error("what a killed call left is still there")
	}
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	unlock, err := lock(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := Update(context.Background(), f.dir, f.o); err == nil || !strings.Contains(err.Error(), "another call is at work") {
		t.Errorf("beside another call: %v", err)
	}
	unlock()
	f.update()
}
