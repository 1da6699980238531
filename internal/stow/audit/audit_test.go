package audit_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"converge/internal/stow/audit"
)

func sample() []audit.Package {
	return []audit.Package{
		{
			Name:     "foo",
			Versions: []audit.Version{{Name: "2.0"}, {Name: "1.0", Managers: []string{"debian", "converge"}}, {Name: "0.9"}, {Name: "latest", Link: "2.0"}},
			Uses: []audit.Use{
				{Version: "latest", Target: "/home/u/env/dev"},
				{Version: "1.0", Target: "/usr", Home: true, Holder: "../stow2/:installed/bin/stow2"},
				{Version: "0.1", Target: "/home/u/env/old"},
			},
			Managers: []string{"converge"},
		},
		{Name: "bar", Versions: []audit.Version{{Name: "3"}}},
	}
}

func TestReport(t *testing.T) {
	for _, tc := range []struct {
		name   string
		unseen []string
		want   string
	}{
		{name: "all views seen", want: `bar/3: available; unreferenced
foo/0.1: missing; control data of converge
  /home/u/env/old, not managed
foo/0.9: available; unreferenced; control data of converge
foo/1.0: installed; control data of converge, debian
  /usr, managed by ../stow2/:installed/bin/stow2
foo/2.0: available; control data of converge
foo/latest: available; link to 2.0; control data of converge
  /home/u/env/dev, not managed
`},
		{name: "a view cannot be seen", unseen: []string{"/net/view"}, want: `bar/3: available
foo/0.1: missing; control data of converge
  /home/u/env/old, not managed
foo/0.9: available; control data of converge
foo/1.0: installed; control data of converge, debian
  /usr, managed by ../stow2/:installed/bin/stow2
foo/2.0: available; control data of converge
foo/latest: available; link to 2.0; control data of converge
  /home/u/env/dev, not managed
cannot look at the view /net/view: what it uses is not known, so nothing is called unreferenced
`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := audit.Make(sample(), tc.unseen)
			var b strings.Builder
			if err := r.WriteText(&b); err != nil {
				t.Fatal(err)
			}
			if b.String() != tc.want {
				t.Errorf("%s\nwant\n%s", b.String(), tc.want)
			}
		})
	}
}

func TestLinksInACircle(t *testing.T) {
	r := audit.Make([]audit.Package{{
		Name: "foo", Versions: []audit.Version{{Name: "a", Link: "b"}, {Name: "b", Link: "./a"}, {Name: "c", Link: "c"}},
		Uses: []audit.Use{{Version: "a", Target: "/usr", Home: true}},
	}}, nil)
	if r.Versions[1].Unreferenced || !r.Versions[2].Unreferenced {
		t.Errorf("%+v", r)
	}
}

// image makes bar/3 with entries of every type.
func image(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bar", "3")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(dir, "bin"), 0o755))
	must(os.WriteFile(filepath.Join(dir, "bin", "bar\n\xff"), []byte("hello"), 0o755))
	must(os.WriteFile(filepath.Join(dir, "empty"), nil, 0o644))
	must(os.Symlink("/etc/passwd", filepath.Join(dir, "out")))
	must(syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600))
	for name, mode := range map[string]os.FileMode{"": 0o755, "bin": 0o755, "bin/bar\n\xff": 0o755, "empty": 0o644, "fifo": 0o600} {
		must(os.Chmod(filepath.Join(dir, name), mode))
	}
	return dir
}

func digest(t *testing.T, dir string) audit.Summary {
	t.Helper()
	s, err := audit.Digest(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestDigest shows which changes affect a digest. Its value is sha256sum's for the listing in the documentation of
// Summary.
func TestDigest(t *testing.T) {
	const want = `d 0755 "."
d 0755 "bin"
f 0755 "bin/bar\n\xff" 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
f 0644 "empty" e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
o 0600 "fifo"
l "out" "/etc/passwd"
`
	first := digest(t, image(t))
	if first != (audit.Summary{Digest: sum(want), Files: 4, Bytes: 5}) {
		t.Errorf("%+v", first)
	}
	for name, change := range map[string]func(dir string) error{
		"contents": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "bin", "bar\n\xff"), []byte("Hello"), 0)
		},
		"mode":       func(dir string) error { return os.Chmod(filepath.Join(dir, "empty"), 0o600) },
		"set-uid":    func(dir string) error { return os.Chmod(filepath.Join(dir, "empty"), 0o644|os.ModeSetuid) },
		"name":       func(dir string) error { return os.Rename(filepath.Join(dir, "empty"), filepath.Join(dir, "void")) },
		"kind":       func(dir string) error { return os.Remove(filepath.Join(dir, "out")) },
		"a new file": func(dir string) error { return os.WriteFile(filepath.Join(dir, "new"), nil, 0o644) },
	} {
		dir := image(t)
		if err := change(dir); err != nil {
			t.Fatal(err)
		}
		if digest(t, dir).Digest == first.Digest {
			t.Errorf("%s: the digest stays", name)
		}
	}
	r := audit.Make([]audit.Package{{Name: "bar", Versions: []audit.Version{{Name: "3"}}}}, nil)
	if err := r.AddContents(t.Context(), filepath.Dir(filepath.Dir(image(t)))); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(r)
	if w := `{"versions":[{"name":"bar/3","installed":false,"unreferenced":true,"contents":{"sha256":"` + sum(want) + `","files":4,"bytes":5}}]}`; err != nil || string(got) != w {
		t.Errorf("%s %v\nwant %s", got, err, w)
	}
}

func sum(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}
