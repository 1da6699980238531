package abi

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func roundTrip(t *testing.T, f Facts) {
	t.Helper()
	if got := throughFields(t, f); !reflect.DeepEqual(got, f) {
		t.Fatalf("%+v\nbecame %+v", f, got)
	}
}

// TestFields shows the text of facts.
func TestFields(t *testing.T) {
	const x, y = Arch("64-x86_64"), Arch("32-386")
	for _, tc := range []struct {
		name  string
		facts Facts
		want  []Field
	}{
		{name: "nothing is known", facts: Facts{}},
		{name: "nothing is used", facts: Facts{Uses: []Use{}}, want: []Field{{FieldUses, "*"}}},
		{
			name: "everything",
			facts: Facts{
				Libraries: []Library{
					{Soname: "libbare.so", Arch: x, Symbols: []Symbol{}},
					{Soname: "libfoo.so.1", Arch: y},
					{
						Soname: "libfoo.so.1", Arch: x, Versions: []string{"FOO_1.0", "FOO_1.1"}, Through: []string{"libbare.so"},
						Symbols: []Symbol{{Name: "base"}, {Name: "foo", Version: "FOO_1.0", Hidden: true}, {Name: "foo", Version: "FOO_1.1"}, {Name: "table", Version: "FOO_1.1", Size: 64}},
					},
				},
				Links: []Link{
					{Soname: "libbar.so.2", Arch: x, RunPath: "/usr/stow/bar/2.0/lib:/x y"},
					{Soname: "libc.so.6", Arch: x, FOO: "glibc", Versions: []string{"GLIBC_2.11", "GLIBC_2.2.5"}},
				},
				Uses: []Use{
					{Arch: x, Name: "bar_new"},
					{Soname: "libc.so.6", Arch: x, Name: "environ", Version: "GLIBC_2.2.5", Copy: true, Size: 8},
					{Soname: "libc.so.6", Arch: x, Name: "puts", Version: "GLIBC_2.2.5"},
				},
			},
			want: []Field{
				{FieldMachine, "64-x86_64"},
				{FieldProvides, "libbare.so; libfoo.so.1[32-386]; libfoo.so.1; libfoo.so.1:FOO_1.0 FOO_1.1"},
				{FieldThrough, "libfoo.so.1 libbare.so"},
				{FieldSymbols, "libbare.so; libfoo.so.1 base; libfoo.so.1:FOO_1.0 foo@; libfoo.so.1:FOO_1.1 foo table=64"},
				{FieldLinks, "libbar.so.2; glibc abi(libc.so.6:GLIBC_2.11 GLIBC_2.2.5)"},
				{FieldPaths, "libbar.so.2 /usr/stow/bar/2.0/lib /x%20y"},
				{FieldUses, "* bar_new; libc.so.6:GLIBC_2.2.5 environ=8 puts"},
			},
		},
		{
			name:  "names that mean something",
			facts: Facts{Links: []Link{{Soname: "a;b:c(d)[e] %\n\xff*", Arch: x, FOO: "f(o;o"}}},
			want:  []Field{{FieldMachine, "64-x86_64"}, {FieldLinks, "f%28o%3Bo abi(a%3Bb%3Ac%28d%29%5Be%5D%20%25%0A%FF%2A)"}},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.facts.Fields(); !slices.Equal(got, tc.want) {
				t.Errorf("%q\nwant %q", got, tc.want)
			}
			roundTrip(t, tc.facts)
		})
	}
}

// TestParseByHand parses facts as people write them.
func TestParseByHand(t *testing.T) {
	f, err := ParseFields(func(name string) string {
		return map[string]string{
			FieldProvides: "libfoo.so.1 ;\n libfoo.so.1:FOO_1.1\n  FOO_1.0;",
			FieldLinks:    "glibc abi(libc.so.6:GLIBC_2.11); gtk abi(libgtk-x11-2.0.so.0)",
		}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	want := Facts{
		Libraries: []Library{{Soname: "libfoo.so.1", Versions: []string{"FOO_1.0", "FOO_1.1"}}},
		Links:     []Link{{Soname: "libc.so.6", FOO: "glibc", Versions: []string{"GLIBC_2.11"}}, {Soname: "libgtk-x11-2.0.so.0", FOO: "gtk"}},
	}
	if !reflect.DeepEqual(f, want) {
		t.Errorf("%+v", f)
	}
}

func TestParseErrors(t *testing.T) {
	for _, tc := range []struct{ field, value, want string }{
		{FieldLinks, "glibc api(libc.so.6)", `cannot parse Link-Depends: "glibc api(libc.so.6)": it is not of the form: NAME abi(SONAME)`},
		{FieldLinks, "libc.so.6[32", `cannot parse Link-Depends: "libc.so.6[32": a bracket is not closed`},
		{FieldSymbols, "libx.so foo", `cannot parse Provides-Symbols: "libx.so foo": no such library is provided`},
		{FieldUses, "libx.so foo=many", `cannot parse Uses-Symbols: "libx.so foo=many": strconv.ParseUint: parsing "many": invalid syntax`},
		{FieldUses, "libx.so fo%4", `cannot parse Uses-Symbols: "libx.so fo%4": "fo%4" ends in the middle of an escape`},
		{FieldUses, "libx.so: ", `cannot parse Uses-Symbols: "libx.so:": a version is missing`},
	} {
		_, err := ParseFields(func(name string) string {
			if name == tc.field {
				return tc.value
			}
			return ""
		})
		if err == nil || err.Error() != tc.want {
			t.Errorf("%s: %v\nwant %s", tc.value, err, tc.want)
		}
	}
}

func FuzzParseFields(f *testing.F) {
	f.Add("64-x86_64", "libfoo.so.1; libfoo.so.1:FOO_1.0", "libfoo.so.1 a", "libfoo.so.1:V a@ b=4", "foo abi(libc.so.6:V)", "libc.so.6 /x", "* a; libc.so.6:V b=4")
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g, h string) {
		values := map[string]string{}
		for i, v := range []string{a, b, c, d, e, g, h} {
			values[FieldNames()[i]] = v
		}
		facts, err := ParseFields(func(name string) string { return values[name] })
		if err != nil {
			if strings.ContainsRune(err.Error(), '\n') {
				t.Fatalf("an error of two lines: %v", err)
			}
			return
		}
		again := throughFields(t, facts)
		if !reflect.DeepEqual(again.Fields(), facts.Fields()) {
			t.Fatalf("%q\nbecame %q", facts.Fields(), again.Fields())
		}
	})
}
