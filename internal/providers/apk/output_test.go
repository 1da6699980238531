package apk

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
)

// The outputs are of apk-tools 2.12 to 3.0, as people have published them.
const upgraded = `fetch https://dl-cdn.alpinelinux.org/alpine/v3.20/main/x86_64/APKINDEX.tar.gz
( 1/10) Upgrading musl (1.2.5-r0 -> 1.2.5-r1)
( 2/10) Installing java-common (0.5-r0)
(3/10) Downgrading libretls (3.7.0-r2 -> 3.5.2-r3)
(4/10) Replacing xorgproto (2018.4-r0 -> 2018.4-r0)
(5/10) Purging .build-deps (20240912.101530)
(6/10) Reinstalling fuse-common (3.2.6-r1)
(7/10) [APK unavailable, skipped] Reinstalling gone (1.0-r0)
(8/10) Updating pinning foo@edge (1.0-r0)
(9/10) Installing bar@testing (2.0_rc1-r0)
(10/10) Installing temurin-17-jdk (17.0.7_p7-r0)
Executing busybox-1.36.1-r0.trigger
OK: 270 MiB in 23 packages
`

func TestOperations(t *testing.T) {
	want := []packages.Operation{
		{Name: "musl", Old: "1.2.5-r0", New: "1.2.5-r1"},
		{Name: "java-common", New: "0.5-r0"},
		{Name: "libretls", Old: "3.7.0-r2", New: "3.5.2-r3"},
		{Name: "xorgproto", Old: "2018.4-r0", New: "2018.4-r0"},
		{Name: ".build-deps", Old: "20240912.101530"},
		{Name: "fuse-common", Old: "3.2.6-r1", New: "3.2.6-r1"},
		{Name: "bar", New: "2.0_rc1-r0"},
		{Name: "temurin-17-jdk", New: "17.0.7_p7-r0"},
	}
	if got, err := parseOperations(tool.Result{Stdout: upgraded}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v\nwant %+v", got, err, want)
	}
	if got, err := parseOperations(tool.Result{Status: 2, Stdout: "2 errors; 9 MiB in 3 packages\n"}); err != nil || got != nil { // packages that were broken before
		t.Error(got, err)
	}
}

// What cannot be read is no answer that nothing happens.
func TestUnknownAnswers(t *testing.T) {
	for _, r := range []tool.Result{
		{},
		{Status: -1, Stdout: "(1/2) Installing a (1.0-r0)\n"},
		{Status: 127, Stderr: "apk: unrecognized option: simulate\n"},
		{Stdout: "(1/2) Removing a (1.0-r0)\n(2/2) Installing b (1.0-r0)\nOK: 9 MiB in 2 packages\n"},
		{Stdout: "(1/1) Installing a 1.0-r0\nOK: 9 MiB in 2 packages\n"},
	} {
		if got, err := parseOperations(r); err == nil {
			t.Errorf("%+v is read as %+v", r, got)
		}
	}
}

const unselectable = `WARNING: updating and opening http://dl-cdn.alpinelinux.org/alpine/v3.21/community: temporary error (try again later)
ERROR: unable to select packages:
  fastfetch (no such package):
    required by: world[fastfetch]
  libfoo (no such package):
    required by: needy-1.0-r0[libfoo]
  mta (virtual):
    provided by: postfix
                 exim
    required by: world[mta]
  mandoc-1.14.5-r5:
    breaks: man-db-2.9.4-r0[!mandoc]
    satisfies: world[mandoc]
  nginx-1.26.2-r0:
    breaks: world[nginx=9.9-r0]
  zlib-1.3.1-r0:
    breaks: world[!zlib=1.3.1-r0]
    satisfies: git-2.45.2-r0[so:libz.so.1]
               curl-8.9.0-r0[so:libz.so.1]
`

func TestProblems(t *testing.T) {
	problems := parseProblems(unselectable)
	for _, c := range []struct {
		word packages.Word
		want string
	}{
		{packages.Word{Name: "fastfetch"}, "it is in none of the package sources"},
		{packages.Word{Name: "needy"}, "it needs libfoo, which is in none of the package sources"},
		{packages.Word{Name: "mta"}, "it is a virtual package; name one that provides it: postfix, exim"},
		{packages.Word{Name: "mandoc"}, "mandoc-1.14.5-r5 breaks man-db-2.9.4-r0[!mandoc]; satisfies world[mandoc]"},
		{packages.Word{Name: "nginx", Version: "9.9-r0"}, "it is not offered in version 9.9-r0 by any package source"},
		{packages.Word{Name: "zlib", Remove: true}, "git, curl needs it"},
		{packages.Word{Name: "other"}, ""},
	} {
		got := ""
		for _, p := range problems {
			if p.mentions(c.word) {
				got = p.explainTo(c.word).Error()
				break
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.word.Name, got, c.want)
		}
	}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name, out, err string
		scripts        map[string]string
	}{
		{name: "well", out: upgraded},
		{name: "packages that were broken before", out: "3 errors; 1973 MiB in 519 packages\n"},
		{
			name:    "a script",
			out:     "(1/2) Installing a (1.0-r0)\nExecuting a-1.0-r0.post-install\n* cannot reach it\nERROR: a-1.0-r0.post-install: script exited with error 1\n(2/2) Installing b-c (1.0-r0)\n1 error; 9 MiB in 2 packages\n",
			scripts: map[string]string{"a": "cannot reach it\npost-install: script exited with error 1"},
		},
		{
			name: "a file that is not there", err: "apk: b-1.0-r0: package mentioned in index not found (try 'apk update')",
			out: "(1/1) Installing b (1.0-r0)\nERROR: b-1.0-r0: package mentioned in index not found (try 'apk update')\n1 error; 9 MiB in 2 packages\n",
		},
		{name: "refused", out: "ERROR: unable to select packages:\n  a (no such package):\n    required by: world[a]\n", err: "apk: a (no such package) required by world[a]"},
	} {
		scripts := &packages.ScriptError{Packages: map[string]string{}}
		err := judge(tool.Result{Stdout: c.out}, nil, scripts)
		if got := textOf(err); got != c.err {
			t.Errorf("%s: %q, want %q", c.name, got, c.err)
		}
		var fetch *packages.FetchError
		if got := errors.As(err, &fetch); got != (c.name == "a file that is not there") {
			t.Errorf("%s: it counts as not fetched: %v", c.name, got)
		}
		if len(scripts.Packages)+len(c.scripts) > 0 && !reflect.DeepEqual(scripts.Packages, c.scripts) {
			t.Errorf("%s: scripts %q", c.name, scripts.Packages)
		}
	}
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestConstraints(t *testing.T) {
	for word, want := range map[string]constraint{
		"nginx":             {name: "nginx"},
		"nginx=1.26.2-r0":   {name: "nginx", op: "=", version: "1.26.2-r0"},
		"nginx~1.26":        {name: "nginx", op: "~", version: "1.26"},
		"nginx@edge>=1.26":  {name: "nginx", tag: "edge", op: ">=", version: "1.26"},
		"nginx=1.26@edge":   {name: "nginx", tag: "edge", op: "=", version: "1.26"},
		"!zlib":             {name: "zlib", conflict: true},
		"!zlib=1.3-r0":      {name: "zlib", conflict: true, op: "=", version: "1.3-r0"},
		"so:libz.so.1":      {name: "so:libz.so.1"},
		"app><Q1abc+/=":     {name: "app", op: "><", version: "Q1abc+/="},
		".deps=20240101.12": {name: ".deps", op: "=", version: "20240101.12"},
	} {
		got, ok := parseConstraint(word)
		if !ok || got != want {
			t.Errorf("%q: %+v %v", word, got, ok)
		}
		if again, _ := parseConstraint(got.String()); again != got {
			t.Errorf("%q is written %q", word, got)
		}
	}
	for _, word := range []string{"", "!", "=1", "a=", "@x", "a>"} {
		if c, ok := parseConstraint(word); ok {
			t.Errorf("%q is taken for %+v", word, c)
		}
	}
	for word, versions := range map[string]map[string]bool{
		"a~1.2":   {"1.2": true, "1.2.3-r0": true, "1.20-r0": false, "1.2-r5": true},
		"a<2":     {"1.9-r3": true, "2": false, "2-r0": false},
		"a>=1.2":  {"1.2-r0": true, "1.1": false},
		"a=1-r0":  {"1-r0": true, "1-r1": false},
		"a":       {"7": true},
		"a><Q1ab": {"1": false},
	} {
		c, _ := parseConstraint(word)
		for v, want := range versions {
			if c.allows(v) != want {
				t.Errorf("%s allows %s: %v", word, v, !want)
			}
		}
	}
}

func TestRepositories(t *testing.T) {
	got := parseRepositories([]byte("# local\n/media/cdrom/apks\nhttps://dl-cdn.alpinelinux.org/alpine/v3.20/main/\n\n@edge http://x/edge/main\nset a=b\n"))
	want := []repository{{url: "/media/cdrom/apks"}, {url: "https://dl-cdn.alpinelinux.org/alpine/v3.20/main"}, {tag: "edge", url: "http://x/edge/main"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

// TestCacheName compares with names of files in the cache that people have published.
func TestCacheName(t *testing.T) {
	m, err := New(Options{Options: tool.Options{Root: t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{
		"http://dl-cdn.alpinelinux.org/alpine/v3.11/main": "APKINDEX.70f61090.tar.gz",
		"http://dl-cdn.alpinelinux.org/alpine/v3.12/main": "APKINDEX.2c4ac24e.tar.gz",
	} {
		if got := m.indexFiles(repository{url: url})[0]; got != staticCache+"/"+want {
			t.Errorf("%s: %s", url, got)
		}
	}
}

func TestLocal(t *testing.T) {
	for url, want := range map[string]string{"/media/cdrom/apks": "/media/cdrom/apks", "file:///srv/repo/apk": "/srv/repo/apk", "https://x/y": ""} {
		if got := (repository{url: url}).local(); got != want {
			t.Errorf("%s: %q", url, got)
		}
	}
}

func TestLockHolder(t *testing.T) {
	const locks = "1: POSIX  ADVISORY  WRITE 11 00:2d:77 0 EOF\n2: FLOCK  ADVISORY  WRITE 1234 fd:01:77 0 EOF\n3: -> FLOCK ADVISORY WRITE 5 fd:01:77 0 EOF\n"
	if pid := parseLocks([]byte(locks), 77); pid != 1234 {
		t.Errorf("holder %d", pid)
	}
	if pid := parseLocks([]byte(locks), 7); pid != 0 {
		t.Errorf("holder %d", pid)
	}
}

func FuzzOutput(f *testing.F) {
	f.Add(upgraded)
	f.Add(unselectable)
	f.Fuzz(func(_ *testing.T, s string) {
		_, _ = parseOperations(tool.Result{Stdout: s})
		for _, p := range parseProblems(s) {
			w := packages.Word{Name: nameOf(p.label)}
			_, _ = p.mentions(w), p.explainTo(w)
		}
		_ = judge(tool.Result{Stdout: s}, nil, &packages.ScriptError{Packages: map[string]string{}})
		parseRepositories([]byte(s))
		parseLocks([]byte(s), 1)
	})
}

func FuzzWorld(f *testing.F) {
	f.Add("nginx=1.0-r0\n!zlib\na@edge~1\n")
	f.Add("a=1 a\n!b=1 -\nc><* c\ntorn")
	f.Fuzz(func(t *testing.T, s string) {
		w, err := parseWorld(s)
		if err == nil {
			again, err := parseWorld(w.String())
			if err != nil || !reflect.DeepEqual(again, w) {
				t.Fatalf("%q is written %q: %v", s, w.String(), err)
			}
		}
		parsePending(s).settle(&w)
	})
}

func FuzzRecords(f *testing.F) {
	f.Add([]byte(installed))
	f.Add([]byte("P:a\nV:1\n\nX\n"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		_ = parseRecords(b, func(r record) { r.broken() })
		_, _ = parseInfo(b)
		_ = parseIndex(strings.NewReader(string(b)), func(record) {})
		_, _ = parsePackage(strings.NewReader(string(b)))
	})
}

// installed is a part of a database of Alpine 3.20, shortened, and a package with
// all that may be said.
const installed = `C:Q1gGB1/DfH8pTlGsKzCBJKuNGHyRE=
P:musl
V:1.2.5-r1
A:x86_64
S:407278
I:667648
T:the musl c library (libc) implementation
U:https://musl.libc.org/
L:MIT
o:musl
m:Natanael Copa <ncopa@alpinelinux.org>
t:1727370046
c:a0ba9f9d1ff7f7ae5cf1a5b2b8a5e3c4b3b7b6b5
p:so:libc.musl-x86_64.so.1=1
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1GVQpNUIR4GoOqYbA6CKKTjVZ9Gs=
R:libc.musl-x86_64.so.1
a:0:0:777
Z:Q17yJ3JFNypA4mxhJJr0ou6CzsJVI=

C:Q1abcdefghijklmnopqrstuvwxyz0=
P:app
V:2.0_rc1-r3
A:noarch
D:musl>=1.2 !oldapp so:libc.musl-x86_64.so.1
p:application cmd:app=2.0_rc1-r3
k:10
r:oldapp
s:edge
f:fsx
F:etc
M:0:0:755
F:

`

func TestRecords(t *testing.T) {
	var got []record
	if err := parseRecords([]byte(installed), func(r record) { got = append(got, r) }); err != nil {
		t.Fatal(err)
	}
	want := []record{
		{name: "musl", version: "1.2.5-r1", arch: "x86_64", provides: []packages.Provided{{Name: "so:libc.musl-x86_64.so.1", Version: "1"}}},
		{
			name: "app", version: "2.0_rc1-r3", arch: "noarch", priority: "10", flags: "fsx",
			provides: []packages.Provided{{Name: "application"}, {Name: "cmd:app", Version: "2.0_rc1-r3"}},
			depends: []constraint{
				{name: "musl", op: ">=", version: "1.2"}, {name: "oldapp", conflict: true}, {name: "so:libc.musl-x86_64.so.1"},
			},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	if who := whoNeeds(got, "musl"); who != "app" {
		t.Errorf("%q needs musl", who)
	}
	c := parseContents([]byte(installed))["musl"]
	if want := []string{"/lib", "/lib/ld-musl-x86_64.so.1", "/lib/libc.musl-x86_64.so.1"}; !reflect.DeepEqual(c.Paths, want) || c.Config != nil {
		t.Errorf("%+v", c)
	}
	if err := parseRecords([]byte("P:a\nV:1\n\nthis is none\n"), func(record) {}); err == nil {
		t.Error("a line of another format is taken")
	}
}
