package pacman

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
)

// capturedDesc was written by pacman 6.0.2.
const capturedDesc = `%NAME%
srv1

%VERSION%
1:1.0-1

%BASE%
srv1

%DESC%
x

%ARCH%
any

%INSTALLDATE%
1795899984

%REASON%
1

%VALIDATION%
sha256

%DEPENDS%
lib
glibc>=2.36

%CONFLICTS%
other<2

%PROVIDES%
web=1.5

`

func TestReadEntry(t *testing.T) {
	got := readEntry([]byte(capturedDesc))
	want := entry{
		name: "srv1", version: "1:1.0-1", arch: "any", reason: "1",
		provides:  []relation{{"web", "=", "1.5"}},
		depends:   []relation{{name: "lib"}, {"glibc", ">=", "2.36"}},
		conflicts: []relation{{"other", "<", "2"}},
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(entry{}, relation{})); d != "" {
		t.Error(d)
	}
}

func FuzzReadEntry(f *testing.F) {
	f.Add([]byte(capturedDesc))
	f.Add([]byte("%%\n%NAME%\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if e := readEntry(data); strings.Contains(e.name+e.version, "\n") {
			t.Errorf("%q", e.name)
		}
	})
}

func TestRelations(t *testing.T) {
	for _, c := range []struct {
		relation, name, version string
		met                     bool
	}{
		{"a", "a", "1-1", true},
		{"a>=1", "a", "1-1", true}, // a pkgrel counts only if both have one
		{"a=1", "a", "1-7", true},
		{"a=1-2", "a", "1-7", false},
		{"a>1", "a", "1-7", false},
		{"a<1:0", "a", "2-1", true},
		{"a: to see things", "a", "1-1", true},
		{"b", "a", "1-1", false},
		{"web>=1", "a", "1-1", true},
		{"web>=2", "a", "1-1", false},
		{"bare=1", "a", "1-1", false},
		{"bare", "a", "1-1", true},
	} {
		e := &entry{name: c.name, version: c.version, provides: []relation{{"web", "=", "1.5"}, {name: "bare"}}}
		if got := parseRelation(c.relation).isMetBy(e); got != c.met {
			t.Errorf("%s is met by %s %s: %v", c.relation, c.name, c.version, got)
		}
	}
}

func TestUniverse(t *testing.T) {
	on := func(rs ...string) (out []relation) {
		for _, r := range rs {
			out = append(out, parseRelation(r))
		}
		return out
	}
	u := newUniverse([]entry{
		{name: "a", version: "1-1"}, {name: "b", version: "1-1", depends: on("a")}, {name: "c", version: "1-1", depends: on("b", "gone")},
		{name: "old", version: "1-1", conflicts: on("rival")}, {name: "loser", version: "1-1"},
	})
	rival := &entry{name: "rival", version: "1-1", conflicts: on("loser", "rival"), provides: on("rival=1")}
	u.add(rival)
	var names []string
	for _, e := range u.rivals(rival, nil) {
		names = append(names, e.name)
	}
	if !slices.Equal(names, []string{"loser", "old"}) {
		t.Error("conflicting:", names)
	}
	names = nil
	for _, e := range u.cascade([]string{"a", "nope"}) {
		names = append(names, e.name)
	}
	if !slices.Equal(names, []string{"a", "b", "c"}) {
		t.Error("removed:", names)
	}
}

func TestSetIgnored(t *testing.T) {
	for _, c := range []struct {
		before string
		holds  map[string]bool
		after  string
	}{
		{"[options]\nX = 1\n", map[string]bool{"a": true, "b": true, "c": false}, "[options]\nIgnorePkg = a b\nX = 1\n"},
		{"[options]\nIgnorePkg = a b\nIgnorePkg=c\n[core]\n", map[string]bool{"a": false, "c": false}, "[options]\nIgnorePkg = b\n[core]\n"},
		{"[options]\nIgnorePkg = a\n", map[string]bool{"a": true}, "[options]\nIgnorePkg = a\n"},
		{"[options]", map[string]bool{"a": true}, "[options]\nIgnorePkg = a\n"},
		{"#IgnorePkg =\n", map[string]bool{"a": true}, "[options]\nIgnorePkg = a\n#IgnorePkg =\n"},
	} {
		if got := setIgnored(c.before, c.holds); got != c.after {
			t.Errorf("%q becomes %q, want %q", c.before, got, c.after)
		}
	}
}

func FuzzSetIgnored(f *testing.F) {
	f.Add("[options]\nIgnorePkg = a b\n[core]\nServer = x\n")
	f.Fuzz(func(t *testing.T, text string) {
		holds := func(text string) bool {
			c, section := &conf{}, ""
			for line := range strings.Lines(text) {
				c.addLine(line, &section)
			}
			return slices.Contains(c.ignore, "held")
		}
		if text = setIgnored(text, map[string]bool{"held": true}); !holds(text) {
			t.Errorf("not held: %q", text)
		}
		if text = setIgnored(text, map[string]bool{"held": false}); holds(text) {
			t.Errorf("not released: %q", text)
		}
	})
}

// capturedScripts was printed by pacman 6.0.2, unbuffered; one line is from libalpm/util.c.
const capturedScripts = `:: Processing package changes...
installing lib...
installing bad...
boo
error: command failed to execute correctly
installing badpre...
nopre
error: command failed to execute correctly
upgrading killed...
error: command terminated by signal 9: Killed
:: Running post-transaction hooks...
(1/1) Arming ConditionNeedsUpdate...
`

func TestFailedScripts(t *testing.T) {
	want := map[string]string{
		"bad":    "boo\nerror: command failed to execute correctly",
		"badpre": "nopre\nerror: command failed to execute correctly",
		"killed": "error: command terminated by signal 9: Killed",
	}
	if d := cmp.Diff(want, failedScripts(capturedScripts)); d != "" {
		t.Error(d)
	}
}

// TestUnwrittenFiles: pacman ends with 0 although a file could not be written. It is no fault that a file system cannot
// keep attributes.
func TestUnwrittenFiles(t *testing.T) {
	out := `(1/4) installing p2...
warning: warning given when extracting /usr/share/p2/ (Can't create '/usr/share/p2')
warning: warning given when extracting /usr/share/p2/version (Can't create '/usr/share/p2/version')
upgrading ping...
warning: warning given when extracting /usr/bin/ping (Cannot restore extended attributes on this file system.)
warning: warning given when extracting /usr/bin/link (Can't set permissions to 0777)
warning: directory permissions differ on /usr/share/
reinstalling full...
error: could not extract /usr/share/full (Write failed)
error: problem occurred while installing full
:: Running post-transaction hooks...
`
	want := map[string]string{
		"p2": "warning: warning given when extracting /usr/share/p2/ (Can't create '/usr/share/p2')\n" +
			"warning: warning given when extracting /usr/share/p2/version (Can't create '/usr/share/p2/version')\n",
		"full": "error: could not extract /usr/share/full (Write failed)\nerror: problem occurred while installing full\n",
	}
	if d := cmp.Diff(want, findUnwritten(out)); d != "" {
		t.Error(d)
	}
	var o outcome
	var e *packages.ScriptError
	if err := o.add(tool.Result{Stdout: out}); err != nil || !errors.As(o.err(), &e) || !e.Unwritten["p2"] || e.Unwritten["ping"] {
		t.Error(err, o)
	}
	if got := e.Error(); !strings.HasPrefix(got, "files of packages could not be written: full: error: could not extract /usr/share/full (Write failed); p2: ") {
		t.Error(got)
	}
}

func TestFailedPackages(t *testing.T) {
	out := `checking for file conflicts...
error: failed to commit transaction (conflicting files)
repl: /usr/share/repl/v exists in filesystem
repl: /usr/share/repl/w exists in filesystem (owned by x)
/etc/clash exists in both 'clash1' and 'clash2'
/etc/a file exists in both 'clash1' and 'clash3'
error: failed retrieving file 'a-b-1:2.0-1-any.pkg.tar.zst' from mirror : The requested URL returned error: 404
error: evil: signature from "X <x@y>" is unknown trust
Errors occurred, no packages were upgraded.
`
	want := map[string]string{
		"repl": "repl: /usr/share/repl/v exists in filesystem",

		"clash1": "/etc/clash exists in both 'clash1' and 'clash2'",
		"clash2": "/etc/clash exists in both 'clash1' and 'clash2'",
		"clash3": "/etc/a file exists in both 'clash1' and 'clash3'",

		"a-b":  "failed retrieving file 'a-b-1:2.0-1-any.pkg.tar.zst' from mirror : The requested URL returned error: 404",
		"evil": `evil: signature from "X <x@y>" is unknown trust`,
	}
	if d := cmp.Diff(want, failedPackages(out)); d != "" {
		t.Error(d)
	}
}

// TestFetchError: only an error in fetching means that the offers may have changed since.
func TestFetchError(t *testing.T) {
	for out, want := range map[string]bool{
		"error: failed retrieving file 'a-1.0-1-any.pkg.tar.zst' from mirror : The requested URL returned error: 404\n":                                                                                                                    true,
		"warning: x\nerror: failed to commit transaction (failed to retrieve some files)\n":                                                                                                                                                true,
		":: File /var/cache/pacman/pkg/a-1.0-1-any.pkg.tar.zst is corrupted (invalid or corrupted package (checksum)).\nDo you want to delete it? [Y/n] \nerror: failed to commit transaction (invalid or corrupted package (checksum))\n": true,
		"error: failed retrieving file 'core.db' from mirror : The requested URL returned error: 404\n":                                                                                                                                    false,
		"error: failed to commit transaction (conflicting files)\nrepl: /usr/x exists in filesystem\n":                                                                                                                                     false,
		"error: failed to commit transaction (not enough free disk space)\nError: Partition / is too full":                                                                                                                                 false,
	} {
		if got := isFetchError(out); got != want {
			t.Errorf("%q: %v", out, got)
		}
	}
}

func FuzzOutput(f *testing.F) {
	f.Add(capturedScripts)
	f.Fuzz(func(t *testing.T, out string) {
		for name := range failedScripts(out) {
			if name == "" {
				t.Error("a package without a name")
			}
		}
		failedPackages(out)
		(&plan{failed: map[int]error{}}).markFailed(packages.Request{Words: []packages.Word{{Name: "a"}}}, out)
		lastUnfinished(out)
		parsePkgInfo(out)
		_, _ = parseAnswer(out)
		splitName(out)
	})
}

func TestLastUnfinished(t *testing.T) {
	log := `[2026-11-28T21:06:25+0000] [ALPM] transaction started
[2026-11-28T21:06:25+0000] [ALPM] installed bad (1.0-1)
[2026-11-28T21:06:25+0000] [ALPM-SCRIPTLET] boo
[2026-11-28T21:06:25+0000] [ALPM] transaction completed
[2026-11-28T21:07:49+0000] [PACMAN] Running 'pacman -S --noconfirm slow'
[2026-11-28T21:07:49+0000] [ALPM] transaction started
`
	if got := lastUnfinished(log); got != "" {
		t.Error(got)
	}
	if got := lastUnfinished(log + "[2026-11-28T21:07:49+0000] [ALPM] installed slow (1.0-1)\n"); got != "slow" {
		t.Error(got)
	}
}

func syncDB(descs ...string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for i, d := range descs {
		_ = w.WriteHeader(&tar.Header{Name: fmt.Sprintf("p%d-1-1/desc", i), Size: int64(len(d)), Mode: 0o644})
		_, _ = w.Write([]byte(d))
	}
	_ = w.Close()
	_ = z.Close()
	return b.Bytes()
}

func TestReadSyncDB(t *testing.T) {
	got, err := readSyncDB(t.Context(), syncDB("%NAME%\na\n\n%VERSION%\n2-1\n\n%FILENAME%\na-2-1-any.pkg.tar.zst\n", capturedDesc))
	if err != nil || len(got) != 2 || got[0].file != "a-2-1-any.pkg.tar.zst" || got[1].name != "srv1" {
		t.Error(got, err)
	}
}

func TestOrigins(t *testing.T) {
	root := tree(t, 0)
	for name, data := range map[string][]byte{
		confFile:                    []byte("[options]\n[acme]\nServer = file:///srv/acme\n[core]\n"),
		defaultDB + "/sync/acme.db": syncDB("%NAME%\na\n\n%VERSION%\n2-1\n", "%NAME%\nb\n\n%VERSION%\n1-1\n"),
		defaultDB + "/sync/core.db": syncDB("%NAME%\nb\n\n%VERSION%\n3-1\n"),
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m, err := New(Options{Options: tool.Options{Root: root, Runner: noPrograms{t}}})
	if err != nil {
		t.Fatal(err)
	}
	within, beside, err := index{m}.ListOrigins(t.Context(), "[acme]\nServer = file:///srv/acme\n")
	if got := fmt.Sprint(within, beside, err); got != "[a b] [b] <nil>" {
		t.Error(got)
	}
}

// fetcher is a pacman that only fetches a database, into the given folder.
type fetcher struct {
	t    testing.TB
	root string
	ran  string
}

func (f *fetcher) Run(_ context.Context, c tool.Command) (tool.Result, error) {
	f.ran = strings.Join(c.Argv, " ")
	if err := os.WriteFile(filepath.Join(f.root, c.Argv[2], "sync/acme.db"), syncDB("%NAME%\na\n\n%VERSION%\n2-1\n"), 0o644); err != nil {
		f.t.Error(err)
	}
	return tool.Result{}, nil
}

func TestPlanByRepositoriesThatAreToCome(t *testing.T) {
	f := &fetcher{t: t, root: tree(t, 1)}
	for _, dir := range []string{"/etc", "/tmp"} {
		if err := os.Mkdir(filepath.Join(f.root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	const conf = "[options]\nHoldPkg = pacman\n"
	if err := os.WriteFile(filepath.Join(f.root, confFile), []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	m, err := New(Options{Options: tool.Options{Root: f.root, Runner: f}})
	if err != nil {
		t.Fatal(err)
	}
	offered := func() string {
		t.Helper()
		got, err := index{m}.ListOffers(t.Context(), []string{"a"})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(got["a"])
	}
	if got := offered(); got != "[]" {
		t.Error(got)
	}
	end, err := index{m}.Preview(t.Context(), map[string][]byte{confFile: []byte(conf + "[acme]\nServer = file:///srv\n")}, false)
	if err != nil {
		t.Fatal(err)
	}
	if got := offered(); got != "[{a 2-1  acme false }]" || !strings.HasSuffix(f.ran, "/pacman.conf --logfile /dev/null -Sy") {
		t.Error(got, f.ran)
	}
	end()
	f.ran = ""
	if end, err = (index{m}).Preview(t.Context(), map[string][]byte{confFile: []byte(conf)}, false); err != nil || f.ran != "" {
		t.Fatal("there is nothing to fetch:", err, f.ran)
	}
	end()
	left, _ := filepath.Glob(filepath.Join(f.root, "tmp/*"))
	if got := offered(); got != "[]" || len(left) > 0 {
		t.Error(got, left)
	}
}

func TestNewSectionsAreNotChecked(t *testing.T) {
	const now = "# x\n[options]\nSigLevel = Required\n\n# core\n[core]\nSigLevel = Required\nServer = a\n"
	const then = "# x\n[options]\nSigLevel = Required\n[acme]\nSigLevel = Required\nServer = b\n# core\n[core]\nSigLevel = Required\nServer = a\n"
	const want = "[options]\nSigLevel = Required\n[acme]\nSigLevel = Never\nServer = b\n[core]\nSigLevel = Required\nServer = a\n"
	if got := withoutChecks(then, now); got != want {
		t.Errorf("%q", got)
	}
}

func FuzzReadSyncDB(f *testing.F) {
	f.Add(syncDB(capturedDesc))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, _ := readSyncDB(t.Context(), data)
		for _, e := range entries {
			if e.name == "" || e.version == "" {
				t.Error("a package without a name")
			}
		}
	})
}

func TestHoldThatCannotBeReleasedIsKnownBefore(t *testing.T) {
	for conf, ok := range map[string]bool{
		"IgnorePkg = p*": false, "IgnorePkg = p1 p*": false, "IgnorePkg = p1": true, "IgnorePkg = other": true, "Include = /etc/more.conf": false,
	} {
		root := t.TempDir()
		for name, text := range map[string]string{confFile: "[options]\n" + conf + "\n", "/etc/more.conf": "IgnorePkg = p1\n"} {
			if err := os.MkdirAll(filepath.Join(root, "etc"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		m, err := New(Options{Options: tool.Options{Root: root, Runner: noPrograms{t}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.CheckRelease(packages.Package{Name: "p1"}); (err == nil) != ok {
			t.Error(conf, err)
		}
	}
}
