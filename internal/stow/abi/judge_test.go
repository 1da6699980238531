package abi

import (
	"cmp"
	"slices"
	"strings"
	"testing"
)

const fooV1 = `
int foo_open(void) { return 1; }
int foo_close(void) { return 1; }
int foo_table[4] = {1};
`

const userOfFoo = `
extern int foo_open(void), foo_close(void), foo_table[];
int main(void) { return foo_open() + foo_close() + foo_table[0]; }
`

const versioned = `
int foo_old(void) { return 1; }
int foo_new(void) { return 1; }
`

const userOfVersions = `
extern int foo_old(void), foo_new(void);
int main(void) { return foo_old() + foo_new(); }
`

type judgeCase struct {
	name    string
	v1, v2  string
	map1    string // version scripts
	map2    string
	soname2 string // of v2, if it differs
	user    string
	args    []string // of the program
	want    Verdict
	reasons []string
}

func judgeCases() []judgeCase {
	script := "FOO_1.0 { global: foo_old; local: *; };\nFOO_1.1 { global: foo_new; } FOO_1.0;\n"
	return []judgeCase{
		{name: "compatible", v1: fooV1, v2: fooV1 + "int foo_more(void) { return 2; }", user: userOfFoo, want: Relink},
		{
			name: "a function that it uses is gone", v1: fooV1, v2: strings.Replace(fooV1, "foo_close", "foo_shut", 1), user: userOfFoo,
			want: Rebuild, reasons: []string{"libfoo.so.1: symbol foo_close is gone"},
		},
		{
			name: "a function that it does not use is gone", v1: fooV1 + "int foo_more(void) { return 2; }", v2: fooV1, user: userOfFoo,
			want: Relink,
		},
		{
			name: "another soname", v1: fooV1, v2: fooV1, soname2: "libfoo.so.2", user: userOfFoo,
			want: Rebuild, reasons: []string{"libfoo.so.1 is gone"},
		},
		{
			name: "copied data has grown", v1: fooV1, v2: strings.Replace(fooV1, "[4]", "[9]", 1), user: userOfFoo,
			args: []string{"-no-pie", "-fno-pie"},
			want: Rebuild, reasons: []string{"libfoo.so.1: data foo_table has 36 bytes instead of the 16 that were copied"},
		},
		{
			name: "data that is not copied has grown", v1: fooV1, v2: strings.Replace(fooV1, "[4]", "[9]", 1), user: userOfFoo,
			args: []string{"-fPIC", "-pie"}, want: Relink,
		},
		{
			name: "it does not link to it", v1: fooV1, v2: "int nothing;", user: "int main(void) { return 0; }",
			want: Nothing,
		},
		{
			name: "a version is added", v1: versioned, map1: script, user: userOfVersions,
			v2: versioned + "int foo_newest(void) { return 3; }", map2: script + "FOO_1.2 { global: foo_newest; } FOO_1.1;\n",
			want: Relink,
		},
		{
			name: "a version is gone", v1: versioned, map1: script, user: userOfVersions,
			v2: "int foo_old(void) { return 1; }", map2: "FOO_1.0 { global: foo_old; local: *; };\n",
			want: Rebuild, reasons: []string{"libfoo.so.1: version FOO_1.1 is gone"},
		},
		{
			name: "a version stays but loses a function", v1: versioned, map1: script, user: userOfVersions,
			v2: versioned + "int foo_x(void) { return 1; }", map2: strings.Replace(script, "foo_new;", "foo_x;", 1),
			want: Rebuild, reasons: []string{"libfoo.so.1: symbol foo_new@FOO_1.1 is gone"},
		},
		{
			name: "versions begin and the names stay", v1: versioned, user: userOfVersions,
			v2: versioned, map2: script, want: Relink,
		},
		{
			name: "versions end and the names stay", v1: versioned, map1: script, user: userOfVersions,
			v2: versioned, want: Relink,
		},
		{
			name: "what it would miss it asks for weakly", v1: fooV1, v2: "int foo_open(void) { return 1; }",
			user: "__attribute__((weak)) extern int foo_close(void); extern int foo_open(void);\n" +
				"int main(void) { return foo_open() + (foo_close ? foo_close() : 0); }",
			want: Relink,
		},
	}
}

// TestJudge builds two versions of a library with gcc, and a program against the first, and judges the switch; from the
// files, and from control data.
func TestJudge(t *testing.T) {
	for _, tc := range judgeCases() {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorkshop(t)
			build := func(version, source, script, soname string) {
				var args []string
				if script != "" {
					args = append(args, "-Wl,--version-script="+w.write("map", script))
				}
				w.library("foo/"+version+"/lib/"+cmp.Or(soname, "libfoo.so.1"), source, args...)
			}
			build("1.0", tc.v1, tc.map1, "")
			build("2.0", tc.v2, tc.map2, tc.soname2)
			w.gcc("user/3/bin/user", tc.user, append(tc.args, "-Wl,--as-needed", w.path("foo/1.0/lib/libfoo.so.1"))...)

			c := Change{FOO: "foo", From: "1.0", To: "2.0", Old: w.facts("foo/1.0"), New: w.facts("foo/2.0")}
			user := w.facts("user/3")
			for _, from := range []string{"files", "fields"} {
				if from == "fields" {
					s := Suppliers{}
					s.Add("foo", c.Old)
					c.Old, c.New = throughFields(t, c.Old), throughFields(t, c.New)
					user = throughFields(t, user.Resolve(s.Find))
				}
				im := Judge(c, []Dependent{{"user", "3", true, user}, {"foo", "1.0", true, c.Old}})
				if len(im.Effects) != 1 {
					t.Fatalf("%s: %d effects", from, len(im.Effects))
				}
				e := im.Effects[0]
				var reasons []string
				for _, r := range e.Reasons {
					reasons = append(reasons, r.String())
				}
				if e.Verdict != tc.want || !slices.Equal(reasons, tc.reasons) || e.Unsure || e.Already {
					t.Errorf("%s: %+v\nwant %s %q", from, e, tc.want, tc.reasons)
				}
				if err := im.Breaks(); (err != nil) != (tc.want == Rebuild) {
					t.Errorf("%s: Breaks: %v", from, err)
				}
				loads(t, w, tc.want)
			}
		})
	}
}

// loads asks the loader itself: with all symbols bound at the start, the program runs with the new library unless it
// must be rebuilt. (The loader only warns of a copy with another size.)
func loads(t *testing.T, w workshop, v Verdict) {
	t.Helper()
	out := w.try("foo/2.0/lib", "user/3/bin/user")
	bad := strings.Contains(out, "error while loading") || strings.Contains(out, "symbol lookup error") ||
		strings.Contains(out, "not found") || strings.Contains(out, "different size")
	if bad != (v == Rebuild) {
		t.Errorf("judged %s, and the loader says %q", v, out)
	}
}
