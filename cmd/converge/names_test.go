package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"converge/internal/app/exit"
)

// TestNamesAreBytes draws names of arbitrary bytes for things that are declared, recursed over, purged, linked and
// pruned. Each keeps its bytes everywhere, and a rollback restores all of them.
func TestNamesAreBytes(t *testing.T) {
	fewer(t, "100")
	rapid.Check(t, func(t *rapid.T) {
		o := &overlap{t: t}
		var err error
		if o.dir, err = os.MkdirTemp("", "names"); err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(o.dir)
		n := &named{overlapping: &overlapping{overlap: o}, names: map[string]bool{}, want: map[string]string{}}
		n.draw()
		n.check()
	})
}

// pieces are the parts of names: text with another normal form, bytes that are not UTF-8, text with a meaning in
// manifests, templates, shells, JSON and terminals, and converge's own escapes.
var pieces = []string{
	"a", "é", "e\u0301", "\u0301", "\u0338", "<\u0338", "\u212b", "\u1112\u1161\u11ab", "\u0344", "\U0001d15e", "\xff", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80",
	"\U0010ff00", "\U0010ffc3", "\U0010fffd", "\ufffd", "\ufeff", "\u2028", " ", "\n", "\r", "\t", "\x01", "\x1b[31m", "\x7f", "-", ".", "..", "~",
	"'", `"`, `\`, `\x41`, "$", "${", "$${", "%{", "{path}", "{{", "*", "[", "#", "@", ":", ".converge-new",
}

// named is a manifest under construction, with its expected result.
type named struct {
	*overlapping
	names map[string]bool
	want  map[string]string // the expected tree after an apply
}

// name draws a name that was not drawn before.
func (n *named) name() string {
	name := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 6).Draw(t, "name"), "")
	}).Filter(func(s string) bool {
		return s != "." && s != ".." && len(s) < 100 && !strings.Contains(s, "/") && !n.names[s]
	}).Draw(n.t, "name")
	n.names[name] = true
	return name
}

// quoted is a string of any bytes as an expression.
func quoted(s string) string {
	special := func(r rune) bool {
		return !unicode.IsPrint(r) && !unicode.Is(unicode.Mn, r) || strings.ContainsRune("$%", r)
	}
	if utf8.ValidString(s) && strings.IndexFunc(s, special) < 0 {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, `\\x%02x`, c)
	}
	return `bytes("` + b.String() + `")`
}

func (n *named) draw() {
	n.names["r"], n.names["p"], n.names["m"] = true, true, true
	n.text.WriteString("settings { name = \"names\" }\n")
	for _, dir := range []string{"r", "p", "m"} {
		n.must(os.MkdirAll(n.path(dir), 0o755))
		if dir != "m" {
			n.fill(n.path(dir))
		}
	}
	n.block("directory", "r", "path = "+quoted(n.path("r")), "recurse = true", `mode = "0700"`)
	n.block("directory", "p", "path = "+quoted(n.path("p")), "purge = true")
	for i := range 6 {
		at, label := n.path(n.one("dir", "p", "m"), n.name()), fmt.Sprintf("d%d", i)
		path := "path = " + quoted(at)
		switch n.one("kind", "file", "directory", "link") {
		case "file":
			n.want[at] = "-rw-r--r--" + n.name()
			n.block("file", label, path, "content = "+quoted(n.want[at][10:]))
		case "directory":
			n.want[at] = "drwxr-xr-x"
			n.block("directory", label, path)
			at = filepath.Join(at, n.name())
			n.want[at] = "-rw-r--r--"
			n.block("file", label, "path = "+quoted(at))
		case "link":
			n.want[at] = "Lrwxrwxrwx" + n.name()
			n.block("link", label, path, "target = "+quoted(n.want[at][10:]))
		}
	}
}

// fill adds entries that no resource declares to a directory.
func (n *named) fill(dir string) {
	n.must(os.WriteFile(filepath.Join(dir, n.name()), []byte("x"), 0o644))
	n.must(os.Symlink(n.name(), filepath.Join(dir, n.name())))
	sub := filepath.Join(dir, n.name())
	n.must(os.Mkdir(sub, 0o755))
	n.must(os.WriteFile(filepath.Join(sub, n.name()), []byte("y"), 0o644))
}

func (n *named) check() {
	before := n.tree()
	declared := n.want
	n.want = map[string]string{}
	for path, is := range before {
		switch {
		case strings.HasPrefix(path, n.path("p")+"/"):
			continue
		case strings.HasPrefix(path, n.path("r")) && is[0] != 'L':
			is = strings.NewReplacer("rw-r--r--", "rw-------", "rwxr-xr-x", "rwx------").Replace(is)
		}
		n.want[path] = is
	}
	left := maps.Clone(n.want)
	maps.Copy(n.want, declared)
	n.run(exit.OK, "apply")
	n.same("an apply", n.want)
	n.run(exit.OK, "plan", "--detailed-exitcode")
	n.run(exit.OK, "rollback")
	n.same("a rollback", before)
	n.run(exit.OK, "apply")
	n.text.Reset()
	n.text.WriteString("settings { name = \"names\" }\n")
	n.run(exit.OK, "apply", "--prune")
	n.same("a prune", left)
}

func (n *named) run(want int, args ...string) {
	args = append(args, "--json", "--state", filepath.Join(n.dir, "state"))
	if args[0] != "rollback" {
		file := filepath.Join(n.dir, "names.hcl")
		n.must(os.WriteFile(file, []byte(n.text.String()), 0o644))
		args = append(args, file)
	}
	if evs, status := n.converge(args...); status != want {
		n.fail(n.overlapping, "%s ends with %d: %q %+v", args[0], status, errorsIn(evs), evs[len(evs)-1])
	}
}

func (n *named) same(after string, want map[string]string) {
	if d := cmp.Diff(want, n.tree()); d != "" {
		n.fail(n.overlapping, "after %s (-want +got):\n%s", after, d)
	}
}
