package control_test

import (
	"fmt"
	"os"
	"reflect"
	"testing"

	"converge/internal/stow/control"
)

func TestParse(t *testing.T) {
	text, err := os.ReadFile("testdata/sawfish")
	if err != nil {
		t.Fatal(err)
	}
	d, err := control.Parse("sawfish", text)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%v\n%v\n%s\n%v\n%v\n%v\n%+v", d.Names, d.Tags, d.Summary, d.BuildDepends, d.BuiltWith, d.Value("link-depends"), d.Generated.Fields)
	want := `debian/sawfish redhat/sawmill
[window-manager unstable]
a window manager
[{debian/libgtk2.0-dev >= 2.24} {debian/libx11-dev redhat/libX11-devel >= 1.8, < 2} {gcc }]
[{gcc 4.6.1} {gtk 2.24.4} {glibc 2.13}]
glibc abi(libc.so.6:GLIBC_2.11); gtk abi(libgtk-x11-2.0.so.0)
[Built-With Link-Depends Provides-ABI]`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if d.Generated.String() != d.Document.Stanzas[0].Value("Generated") {
		t.Errorf("Generated is %q", d.Generated)
	}
	if !d.Tagged(control.Unstable) || d.Tagged("boot") {
		t.Error("wrong tags")
	}
}

func TestEveryProblemHasFileLineAndWord(t *testing.T) {
	_, err := control.Parse("x", []byte(`Name: debian/ok
 Debian/x
Tags: a,b
Build-Depends: ok (>= 1),
 bad (1)
Built-With: gcc

More: x
`))
	want := `x:1: "Control-Version" is missing
x:2: "Debian/x" is in no namespace (want lower case letters, digits, . _ + -)
x:3: "a,b" is not a tag: tags are parted by blanks alone
x:5: "1" is no condition (want one of = != < <= > >= ~ and a version)
x:6: "gcc" is not PACKAGE/VERSION
x:8: "More" is in a second stanza: control data is one`
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
	for text, want := range map[string]string{
		"# nothing":          "x: says nothing: a stanza with Control-Version is missing",
		"Control-Version: 2": `x:1: "2" is not a version of control data that is known here (want 1)`,
	} {
		if _, err := control.Parse("x", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		text string
		want control.Names
		out  string // as it is written; "": as text
	}{
		{"sawfish", control.Names{{"", "sawfish"}}, ""},
		{"debian/sawfish  redhat/sawmill", control.Names{{"debian", "sawfish"}, {"redhat", "sawmill"}}, "debian/sawfish redhat/sawmill"},
		{"npm/@scope/pkg", control.Names{{"npm", "@scope/pkg"}}, ""},
		{`(("debian" "sawfish") ("redhat" "sawmill"))`, control.Names{{"debian", "sawfish"}, {"redhat", "sawmill"}}, "debian/sawfish redhat/sawmill"},
		{`((debian sawfish)("x"))`, control.Names{{"debian", "sawfish"}, {"", "x"}}, "debian/sawfish x"},
		{`(("d" "a\"\\b"))`, control.Names{{"d", `a"\b`}}, ""},
		{`(("a/b"))`, control.Names{{"", "a/b"}}, ""},
	} {
		got, err := control.ParseNames(c.text)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, %v", c.text, got, err)
		}
		if c.out == "" {
			c.out = c.text
		}
		if got.String() != c.out {
			t.Errorf("%s is written as %s", c.text, got)
		}
	}
}

func TestBadNames(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "there is no name",
		"a/":                 `"a/" has no name after the slash`,
		"/a":                 `"/a" has no namespace before the slash`,
		"ok -rf":             `"-rf" begins with a hyphen`,
		"a,":                 `"a," has , in it`,
		"()":                 `"()" names nothing`,
		"((a b)":             `"the end" stands where a name: ("NAMESPACE" "NAME") is to begin`,
		"((a b":              `a closing parenthesis is missing`,
		"(a)":                `"a" stands where a name: ("NAMESPACE" "NAME") is to begin`,
		`(("a" "b" "c"))`:    `"(\"a\" \"b\" \"c\")" is not a name: want ("NAMESPACE" "NAME")`,
		`(("a" (b)))`:        `"(" is one parenthesis too many`,
		`(("a" "b"))x`:       `"x" is too much: the list has ended before it`,
		`(("a" "b`:           `"\"b" has no closing quote`,
		`(("a" "-oX=y"))`:    `"(\"a\" \"-oX=y\")" begins with a hyphen`,
		`(("" "b"))`:         `"(\"\" \"b\")" has an empty namespace`,
		"(()" + "(\"a b\"))": `"()" is not a name: want ("NAMESPACE" "NAME")`,
	} {
		if _, err := control.ParseNames(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestMapping(t *testing.T) {
	m, err := control.ParseMapping("stow.conf", []byte("# ours\n\nstowdir /boot/stow/  target /boot   tags boot kernel\ntarget /usr stowdir /usr/stow default\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(m), "[{/boot/stow /boot [boot kernel] 3} {/usr/stow /usr [] 4}]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	m, err = control.ParseMapping("stow.conf", []byte("stowdir /boot/stow target /boot tags boot"))
	if got, want := fmt.Sprint(m), "[{/boot/stow /boot [boot] 1} {/usr/local/stow /usr/local [] 0}]"; err != nil || got != want {
		t.Errorf("without a default: got %s, %v, want %s", got, err, want)
	}
	_, err = control.ParseMapping("c", []byte(`stowdir stow target /usr default
stowdir /a target /b
stowdir /a default
stowdir /a target /b default x
stowdir /a stowdir /b
stowdir /a target /b default
stowdir /c target /d tags x
stowdir /c target
nonsense
stowdir /c target /d tags
`))
	want := `c:1: "stow" is not an absolute path
c:2: the line ends without tags or default
c:3: "default" comes before stowdir and target are both set
c:4: "x" is too much: default ends the line
c:5: "stowdir" occurs twice
c:7: "/c" comes after the default, and never matches
c:8: "target" has nothing after it
c:9: "nonsense" is unknown here (want: stowdir DIR target DIR tags TAG... | default)
c:10: "tags" has nothing after it`
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}

func FuzzParse(f *testing.F) {
	text, _ := os.ReadFile("testdata/sawfish")
	f.Add(text)
	f.Add([]byte("Control-Version: 1\nBuild-Depends: a (>= 1), ((b c)) (~ 2)\nLink-Depends: a abi(b:c);"))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := control.Parse("f", text)
		if err == nil && string(d.Document.Bytes()) != string(text) {
			t.Fatalf("%q is written as %q", text, d.Document.Bytes())
		}
		for _, dep := range d.BuildDepends {
			if dep.Names != nil && len(dep.Names) == 0 {
				t.Fatalf("a dependency on nothing in %q", text)
			}
		}
	})
}

func FuzzNames(f *testing.F) {
	f.Add(`(("debian" "sawfish") ("redhat" "sawmill"))`)
	f.Add(`((a "\"")("b\\"))`)
	f.Add("debian/sawfish x")
	f.Fuzz(func(t *testing.T, text string) {
		names, err := control.ParseNames(text)
		if err != nil {
			return
		}
		again, err := control.ParseNames(names.String())
		if err != nil || !reflect.DeepEqual(again, names) {
			t.Fatalf("%q is written as %q: %v", text, names, err)
		}
	})
}

func FuzzMapping(f *testing.F) {
	f.Add([]byte("stowdir /boot/stow target /boot tags boot\nstowdir /a target /b default\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := control.ParseMapping("f", text)
		for i, r := range m {
			if r.Stow == "" || r.Target == "" || (len(r.Tags) == 0) != (i == len(m)-1) {
				t.Fatalf("%q has rule %d %+v", text, i, r)
			}
		}
		if err == nil && len(m) == 0 {
			t.Fatalf("%q has no default", text)
		}
	})
}
