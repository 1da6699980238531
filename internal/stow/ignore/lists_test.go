package ignore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"converge/internal/stow/farm"
	"converge/internal/stow/perlre"
)

// files is a Reader over a map that counts calls.
type files struct {
	text  map[string]string
	fails map[string]error
	reads []string
}

func (f *files) ReadList(path string) ([]byte, error) {
	f.reads = append(f.reads, path)
	if err := f.fails[path]; err != nil {
		return nil, err
	}
	text, ok := f.text[path]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	return []byte(text), nil
}

var (
	p = farm.Image{Stow: "stow", Package: "p"}
	q = farm.Image{Stow: "stow", Package: "q"}
)

func TestParse(t *testing.T) {
	for text, want := range map[string][]line{
		"": nil,
		"# comment\n\n   lead # tail comment\nhash\\#tag\n#whole\n  spaced  \na b": {
			{3, "lead"}, {4, "hash#tag"}, {6, "spaced"}, {7, "a b"},
		},
		"foo #\nbar#baz\n":           {{1, "foo #"}, {2, "bar#baz"}},
		"a\nb\na\n":                  {{1, "a"}, {2, "b"}},
		"a\r\nb \v\f\t c\r\n":        {{1, "a"}, {2, "b \v\f\t c"}},
		"a #b #c":                    {{1, "a"}},
		"a \\#b #c":                  {{1, "a #b"}},
		"a ##":                       {{1, "a"}},
		"\xa0x\x85":                  {{1, "\xa0x\x85"}}, // blanks are ASCII
		`\#.*\#`:                     {{1, "#.*#"}},
		"x" + strings.Repeat(" ", 9): {{1, "x"}},
	} {
		got := parseList(text)
		if len(got) != len(want) {
			t.Errorf("%q: %v, want %v", text, got, want)
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%q: %v, want %v", text, got[i], want[i])
			}
		}
	}
}

func TestIgnored(t *testing.T) {
	const builtIn = "-" // without a file
	for _, c := range []struct {
		name, local, global string
		options             []string
		yes, no             string // paths, separated by blanks
	}{
		{
			name: "built in", local: builtIn, global: builtIn,
			yes: "RCS a/RCS f,v CVS .#l .cvsignore .svn _darcs .hg .git .gitignore .gitmodules b~ #a# ## README README.md README/x LICENSE COPYING COPYING/x .stow-local-ignore",
			no:  "readme XREADME .gitignore2 RCSX ~ ,v # .# COPYINGS COPYING.LIB sub/README sub/LICENSE sub/COPYING .stow-local-ignored sub/.stow-local-ignore dot-gitignore",
		},
		{
			name: "local replaces", local: "ignored\nfoo.*", global: "secret",
			yes: "ignored foobar sub/ignored .stow-local-ignore", no: "barfoo README .git secret sub/.stow-local-ignore",
		},
		{name: "an empty one too", local: "", global: "secret", yes: ".stow-local-ignore", no: "README x~ secret"},
		{name: "global", local: builtIn, global: "secret\n^/top", yes: "secret sub/secret top .stow-local-ignore", no: "README sub/top topper"},
		{
			name: "paths", local: "^/top\nsub/inner\n/deep/.*/x\ndir/",
			yes: "top top/z sub/inner a/sub/inner deep/a/b/x deep//x", no: "topper sub/top sub/inner2 deep/x dir dir/z",
		},
		{name: "anchors", local: "a\n.*\\.o\n^b$\n(c|d)", yes: "a x.o b c d sub/a", no: "aa x.obj cd sub/z"},
		{
			name: "Perl only", local: "(?!keep).*\\.tmp\n\\w+\\.bak\n(.)\\1",
			yes: "drop.tmp x.bak", no: "keep.tmp aa ab", // group 1 is in the joined list
		},
		{name: "bytes", local: "caf.\n\\w\\W", yes: "caf\xe9 a\xe9", no: "caf\xc3\xa9"},
		{name: "options add", local: "one", options: []string{"two"}, yes: "one two x/two atwo", no: "three two3"},
		{name: "options at the end", local: builtIn, options: []string{`d/e/x`, `^q|r`}, yes: "d/e/x a/d/e/x q bar .git", no: "e/x qa d/e/xx"},
		{name: "options see the name of the package", local: builtIn, options: []string{"dot-a"}, yes: "dot-a", no: "dot-b .a"},
		{name: "empty option", local: builtIn, options: []string{""}, yes: "anything a/b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &files{text: map[string]string{}}
			if c.local != builtIn {
				r.text["stow/p/.stow-local-ignore"] = c.local
			}
			if c.global != builtIn && c.global != "" {
				r.text["/home/me/.stow-global-ignore"] = c.global
			}
			l := New(r.ReadList, "/home/me", patterns(t, c.options))
			for path := range strings.FieldsSeq(c.yes) {
				reason, ok, err := l.Why(p, path)
				if !ok || err != nil || reason.Pattern == "" && c.options == nil {
					t.Errorf("%q is not ignored: %v, %v", path, reason, err)
				}
			}
			for path := range strings.FieldsSeq(c.no) {
				if reason, ok, err := l.Why(p, path); ok || err != nil {
					t.Errorf("%q is ignored %v, %v", path, reason, err)
				}
			}
		})
	}
}

func patterns(t *testing.T, texts []string) (ps []*Pattern) {
	t.Helper()
	for _, text := range texts {
		s, err := Suffix(text)
		if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, s)
	}
	return ps
}

func TestWhy(t *testing.T) {
	r := &files{text: map[string]string{"stow/p/.stow-local-ignore": "# objects\n.*\\.o\nsub/x\n(?i)read.*\nme"}}
	l := New(r.ReadList, "", patterns(t, []string{"two|b"}))
	for _, c := range []struct {
		image farm.Image
		path  string
		want  string
	}{
		{p, "a.o", `by line 2 of stow/p/.stow-local-ignore: .*\.o`},
		{p, "sub/x", "by line 3 of stow/p/.stow-local-ignore: sub/x"},
		{p, "ME", `by stow/p/.stow-local-ignore: .*\.o|(?i)read.*|me`}, // (?i) holds for what follows it, joined
		{p, ".stow-local-ignore", `by stow/p/.stow-local-ignore: ^/\.stow-local-ignore$`},
		{p, "two", "by --ignore=two|b"},
		{q, "x~", "by the built-in ignore list: .+~"},
		{q, ".gitignore", `by the built-in ignore list: \.gitignore`},
	} {
		if got, ok, err := l.Why(c.image, c.path); !ok || err != nil || got.String() != c.want {
			t.Errorf("%s: %v %v %v, want %s", c.path, got, ok, err, c.want)
		}
	}
}

// TestReadOnce checks that a list is read once, and the global one at most once.
func TestReadOnce(t *testing.T) {
	r := &files{text: map[string]string{"stow/p/.stow-local-ignore": "x", "/h/.stow-global-ignore": "y"}}
	l := New(r.ReadList, "/h", nil)
	other := farm.Image{Stow: "stow", Package: "r"}
	for range 3 {
		for _, image := range []farm.Image{p, q, other} {
			if _, err := l.Ignored(image, "x"); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := "stow/p/.stow-local-ignore stow/q/.stow-local-ignore /h/.stow-global-ignore stow/r/.stow-local-ignore"
	if got := strings.Join(r.reads, " "); got != want {
		t.Errorf("read %s, want %s", got, want)
	}
}

func TestBadLists(t *testing.T) {
	const local = "stow/p/.stow-local-ignore"
	for _, c := range []struct {
		text string
		want string // empty: no error
	}{
		{"ok\n\n(unclosed", `cannot use the ignore list ` + local + `: line 3: unmatched ( at byte 0 of the pattern "(unclosed"`},
		{"x/(", `cannot use the ignore list ` + local + `: line 1: unmatched ( at byte 2 of the pattern "x/("`},
		{"a)(b", ""},
	} {
		_, err := New((&files{text: map[string]string{local: c.text}}).ReadList, "", nil).Ignored(p, "x")
		if got := text(err); got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
	for cause, want := range map[error]string{
		syscall.EACCES:  "cannot read the ignore list " + local + ": permission denied",
		syscall.EISDIR:  "", // a list without a line
		syscall.ENOTDIR: "",
		syscall.ELOOP:   "",
	} {
		r := &files{fails: map[string]error{local: cause}}
		l := New(r.ReadList, "", nil)
		if _, err := l.Ignored(p, "x"); text(err) != want {
			t.Errorf("%v: %v, want %s", cause, err, want)
		}
		if ok, _ := l.Ignored(p, "x~"); ok != (errors.Is(cause, syscall.ENOTDIR) || errors.Is(cause, syscall.ELOOP)) {
			t.Errorf("%v: the built-in list is used: %v", cause, ok)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestPatterns(t *testing.T) {
	pre, err := Prefix("man|share")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{"man": true, "man/x": true, "sharex": true, "xman": false} {
		if pre.Match(path) != want {
			t.Errorf("%q: %v", path, !want)
		}
	}
	_, err = Suffix("a(")
	if e, ok := errors.AsType[*perlre.Error](err); !ok || e.Offset != 1 {
		t.Errorf("%v: at %+v, %v", err, e, ok)
	}
}

func TestHost(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "target")
	for _, d := range []string{"real/target", "stow/p", "real/stow/p"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("real/target", target); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "real/stow/p", localName), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	image := farm.Image{Stow: "../stow", Package: "p"}
	l := New(Host(t.Context(), target), filepath.Join(dir, "nobody"), nil)
	for path, want := range map[string]bool{"mine": true, "x~": false} {
		if ok, err := l.Ignored(image, path); ok != want || err != nil {
			t.Errorf("%q: %v, %v", path, ok, err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, globalName), 0o644); err != nil {
		t.Fatal(err)
	}
	l = New(Host(t.Context(), target), dir, nil)
	if ok, err := l.Ignored(q, "x~"); ok || err != nil {
		t.Errorf("a pipe as a list: %v, %v", ok, err)
	}
}
