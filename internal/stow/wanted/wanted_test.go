package wanted_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"converge/internal/fsys"
	"converge/internal/stow/control"
	"converge/internal/stow/wanted"
	"converge/internal/userdb"
)

func read(t testing.TB, name string) []byte {
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParse(t *testing.T) {
	f, err := wanted.Parse("f", read(t, "autoconf2-201109212117-1.requirements"))
	if err != nil {
		t.Fatal(err)
	}
	if f.RequestedBy != "autoconf2" || !f.RequestedAt.Equal(time.Date(2011, 9, 21, 21, 17, 0, 0, time.UTC)) || len(f.Wants) != 3 {
		t.Errorf("%+v", f)
	}
	got := ""
	for _, w := range f.Wants {
		got += fmt.Sprintf("%d: %v; %v; %v; %v; %q\n", w.Line, w.Names, w.Versions, w.Kinds, w.Optional, w.Why)
	}
	want := `6: debian/sawfish redhat/sawmill; >= 1.5, < 2; [app]; true; "test of\nthe focus code"
12: debian/libx11-dev redhat/libX11-devel; ; [dev-headers shared-lib]; false; ""
15: gcc; ; [app]; false; ""
`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestEveryProblemHasFileLineAndWord(t *testing.T) {
	for text, want := range map[string]string{
		"# empty\n": "f: asks for nothing: a stanza with Requirements-Version is missing",
		"Requirements-Version: 1\nRequested-By: a\nRequested-At: 2011-09-21T21:17:00Z\n": "f: asks for nothing: there is no stanza with Want",
		`Requirements-Version: 2
Requested-At: yesterday

Want: debian/a
 -b
Version: >= 1,
  2
Kind: app
 exe
Need: yes

Kind: app
`: `f:1: "2" is not a version of requirement files that is known here (want 1)
f:1: "Requested-By" is missing
f:2: "yesterday" is not a time (want one like 2011-09-21T21:17:00Z)
f:5: "-b" begins with a hyphen
f:7: "2" is no condition (want one of = != < <= > >= ~ and a version)
f:9: "exe" is not a kind (want app, shared-lib, static-lib, dev-headers, doc, data, source or any)
f:10: "yes" is not a need (want required or optional)
f:12: "Want" is missing`,
	} {
		if _, err := wanted.Parse("f", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("got:\n%v\nwant:\n%s", err, want)
		}
	}
}

func TestNativeNames(t *testing.T) {
	for _, c := range []struct{ name, kinds, want string }{
		{"sawfish", "app", "sawfish"},
		{"x11", "dev-headers shared-lib", "x11 x11-dev libx11-dev"},
		{"libx11", "shared-lib dev-headers", "libx11 libx11-dev"},
		{"libz", "static-lib", "libz libz-dev"},
		{"foo", "doc data", "foo foo-data foo-common"},
		{"x", "any", "x"},
	} {
		var kinds []wanted.Kind
		for _, k := range strings.Fields(c.kinds) {
			kinds = append(kinds, wanted.Kind(k))
		}
		if got := strings.Join(wanted.NativeNames(c.name, kinds), " "); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.name, c.kinds, got, c.want)
		}
	}
}

// manager has packages by name: "1.0" can be installed, "=1.0" is installed, "!1.0" is refused.
type manager map[string]string

func (m manager) Namespaces() []string { return []string{"ubuntu", "debian"} }

func (m manager) Offers(_ context.Context, qs []wanted.Query) ([]wanted.Offer, error) {
	out := make([]wanted.Offer, len(qs))
	for i, q := range qs {
		v, ok := m[q.Name]
		if !ok || !q.Versions.Allows(strings.TrimLeft(v, "=!")) {
			continue
		}
		out[i] = wanted.Offer{Name: q.Name, Version: strings.TrimLeft(v, "=!"), Installed: v[0] == '='}
		if v[0] == '!' {
			out[i].Refused = "no"
		}
	}
	return out, nil
}

func TestAnswer(t *testing.T) {
	names := func(text string) control.Names {
		n, err := control.ParseNames(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	asker := wanted.Asker{
		Locals: []wanted.Local{
			{Package: "foo", Version: "1.0", Installed: true},
			{Package: "foo", Version: "2.0"},
			{Package: "bar", Version: "1.0"},
			{Package: "bar", Version: "::2"},
			{Package: "bar", Version: "1.5", Unstable: true},
			{Package: "saw", Version: "1.6", Installed: true, Names: names("debian/sawfish redhat/sawmill")},
			{Package: "hole", Version: "1", Refused: "cannot write"},
			{Package: "there", Version: "1"},
			{Package: "both", Version: "1", Refused: "cannot write"},
		},
		Manager: manager{"p": "1.0", "q": "=2.0", "r": "!1", "bar": "9", "there": "=0.5", "both": "3"},
	}
	for _, c := range []struct{ names, versions, want string }{
		{"foo", "", "satisfied foo/1.0"},
		{"foo", ">= 2", "would-install converge/foo 2.0"},
		{"foo", ">= 3", "unknown foo"},
		{"converge/foo", "", "satisfied foo/1.0"},
		{"debian/foo", "", "satisfied foo/1.0"},
		{"redhat/foo", "", "unknown redhat/foo"},
		{"bar", "", "would-install converge/bar ::2"},
		{"bar", "< 2", "would-install converge/bar 1.0"}, // before the unstable 1.5
		{"bar", "~ 1.5", "would-install converge/bar 1.5"},
		{"bar", "= :2", "would-install converge/bar ::2"},
		{"ubuntu/sawfish", "", "satisfied saw/1.6"},
		{"redhat/sawmill", ">= 1.5, < 2", "satisfied saw/1.6"},
		{"saw", "", "unknown saw"},
		{"p", "", "would-install ubuntu/p 1.0"},
		{"redhat/x debian/p", "", "would-install ubuntu/p 1.0"},
		{"p q", "", "satisfied ubuntu/q 2.0"},
		{"p", "> 1.0", "unknown p"},
		{"r", "", "refused r"},
		{"hole", "", "refused hole"},
		{"there", "", "satisfied ubuntu/there 0.5"},
		{"there", "> 0.5", "would-install converge/there 1"},
		{"both", "", "would-install ubuntu/both 3"},
	} {
		text := "Requirements-Version: 1\nRequested-By: t\nRequested-At: 2011-09-21T21:17:00Z\n\nWant: " + c.names + "\nVersion: " + c.versions + "\n"
		f, err := wanted.Parse("f", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		got, err := asker.Answer(t.Context(), f.Wants)
		if err != nil || got[0].String() != c.want {
			t.Errorf("%s (%s): %s, %v; want %s", c.names, c.versions, got[0], err, c.want)
		}
	}
	got, err := (&wanted.Asker{}).Answer(t.Context(), []wanted.Want{{Names: names("x debian/y")}})
	if err != nil || got[0].String() != "unknown x debian/y" {
		t.Errorf("nobody to ask: %v, %v", got, err)
	}
}

func TestDecide(t *testing.T) {
	required, optional := &wanted.Want{}, &wanted.Want{Optional: true}
	a := func(w *wanted.Want, s wanted.Status, name string) wanted.Answer {
		return wanted.Answer{Want: w, Status: s, Name: control.Name{Space: "debian", Name: name}, Version: "1"}
	}
	list := func(as []wanted.Answer) string {
		var out []string
		for _, a := range as {
			out = append(out, a.Name.Name)
		}
		return strings.Join(out, " ")
	}
	for name, c := range map[string]struct {
		answers []wanted.Answer
		all     bool
		want    string // Install/Ask/Unmet
	}{
		"nothing to do":      {[]wanted.Answer{a(required, wanted.Satisfied, "a")}, false, "//"},
		"required":           {[]wanted.Answer{a(required, wanted.WouldInstall, "a"), a(optional, wanted.WouldInstall, "b")}, false, "a/b/"},
		"with optional":      {[]wanted.Answer{a(required, wanted.WouldInstall, "a"), a(optional, wanted.WouldInstall, "b")}, true, "a b//"},
		"once":               {[]wanted.Answer{a(required, wanted.WouldInstall, "a"), a(required, wanted.WouldInstall, "a")}, false, "a//"},
		"unknown":            {[]wanted.Answer{a(required, wanted.WouldInstall, "a"), a(required, wanted.Unknown, "x")}, true, "//x"},
		"refused":            {[]wanted.Answer{a(required, wanted.Refused, "x")}, false, "//x"},
		"optional and unmet": {[]wanted.Answer{a(optional, wanted.Unknown, "x"), a(optional, wanted.Refused, "y")}, true, "//"},
	} {
		d := wanted.Decide(c.answers, c.all)
		if got := fmt.Sprintf("%s/%s/%s", list(d.Install), list(d.Ask), list(d.Unmet)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestPermitOfAnother is about a user who runs this through sudo.
func TestPermitOfAnother(t *testing.T) {
	root := t.TempDir()
	uid := uint32(4321)
	for dir, mode := range map[string]os.FileMode{"etc": 0o755, "open": 0o777, "shut": 0o755, "unread/open": 0o777, "unread": 0o744} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(filepath.Join(root, dir), 0o755)
		if err := os.Chmod(filepath.Join(root, dir), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(root, "unread/open"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/open", filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	fs, err := fsys.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer fs.Close()
	p := wanted.Permit{FS: fs, Users: userdb.New(root), UID: uid}
	for dir, want := range map[string]bool{"/open": true, "/shut": false, "/none": false, "/unread/open": false, "/link": true} {
		if got, err := p.MayWrite(t.Context(), dir); err != nil || got != want {
			t.Errorf("%s: %v, %v", dir, got, err)
		}
	}
	own := wanted.Permit{FS: fs, Users: userdb.New(root), UID: uint32(os.Getuid())}
	for dir, want := range map[string]bool{"/open": true, "/shut": true, "/none": false} {
		if got, err := own.MayWrite(t.Context(), dir); err != nil || got != want {
			t.Errorf("oneself in %s: %v, %v", dir, got, err)
		}
	}
}

func TestStores(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"s/foo/1.0/bin", "s/foo/2.0/bin", "s/foo/:control-default", "s/bad/1/bin", "s/bad/:control/converge", "s/hole/1/bin"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"s/foo/:control-default/converge": "Control-Version: 1\nName: debian/foo\nTags: unstable\n",
		"s/bad/:control/converge/1":       "nonsense\n",
	} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("1.0", filepath.Join(root, "s/foo/:installed")); err != nil {
		t.Fatal(err)
	}
	fs, err := fsys.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer fs.Close()
	var notices []string
	s := wanted.Stores{
		Disk: control.OnDisk(fs), Dirs: []wanted.Store{{"/s", "/"}, {"/s", "/x"}, {"/none", "/"}},
		MayWrite: func(_ context.Context, dir string) (bool, error) {
			return map[string]bool{"/s/foo": true, "/s/bad": true, "/": true}[dir], nil
		},
		Notice: func(err error) { notices = append(notices, err.Error()) },
	}
	got, err := s.Locals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if got[i].Has == nil {
			t.Errorf("%s/%s cannot be asked for kinds", got[i].Package, got[i].Version)
		}
		got[i].Has = nil
	}
	foo := control.Names{{Space: "debian", Name: "foo"}}
	want := []wanted.Local{
		{Package: "bad", Version: "1"},
		{Package: "foo", Version: "1.0", Installed: true, Names: foo, Unstable: true},
		{Package: "foo", Version: "2.0", Names: foo, Unstable: true},
		{Package: "hole", Version: "1", Refused: "the requesting user cannot write in /s/hole, and so could not stow it himself"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if len(notices) != 1 || !strings.Contains(notices[0], `/s/bad/:control/converge/1:1: "nonsense" is not a field`) {
		t.Errorf("notices: %q", notices)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(read(f, "autoconf2-201109212117-1.requirements"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := wanted.Parse("f", text)
		if err != nil {
			return
		}
		if len(file.Wants) == 0 || file.RequestedBy == "" {
			t.Fatalf("%q is %+v", text, file)
		}
		for _, w := range file.Wants {
			if len(w.Names) == 0 || len(w.Kinds) == 0 {
				t.Fatalf("%q has %+v", text, w)
			}
		}
	})
}
