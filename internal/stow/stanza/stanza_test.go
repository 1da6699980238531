package stanza_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"converge/internal/stow/stanza"
)

const sample = `# About sawfish.
Control-Version: 1
Name: debian/sawfish
  redhat/sawmill
# a thought in between
X-Own: kept
Summary: a window
 # no comment
 .
 manager
# the last word

second: stanza
# end
`

func TestParse(t *testing.T) {
	d, err := stanza.Parse("f", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Stanzas) != 2 {
		t.Fatalf("%d stanzas", len(d.Stanzas))
	}
	s := d.Stanzas[0]
	for name, want := range map[string]string{
		"name": "debian/sawfish\nredhat/sawmill", "X-OWN": "kept", "Summary": "a window\n# no comment\n\nmanager", "none": "",
	} {
		if got := s.Value(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if d.Stanzas[1].Value("Second") != "stanza" || d.Stanzas[1].Line() != 13 {
		t.Errorf("second stanza: %+v", d.Stanzas[1].Fields[0])
	}
	if got := string(d.Bytes()); got != sample {
		t.Errorf("written unchanged:\n%s", got)
	}
}

func TestSetChangesItsFieldAlone(t *testing.T) {
	d, err := stanza.Parse("f", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	s := d.Stanzas[0]
	for _, set := range [][2]string{{"name", "foo"}, {"Tags", "boot\n\nkernel"}, {"X-Own", "kept"}} {
		if err := s.Set(set[0], set[1]); err != nil {
			t.Fatal(err)
		}
	}
	s.Remove("summary")
	want := strings.Replace(sample, "Name: debian/sawfish\n  redhat/sawmill\n", "Name: foo\n", 1)
	want = strings.Replace(want, "Summary: a window\n # no comment\n .\n manager\n", "Tags: boot\n .\n kernel\n", 1)
	if got := string(d.Bytes()); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	for _, bad := range [][2]string{{"a b", "x"}, {"", "x"}, {"A", "\x00"}, {"A", "\xff"}, {"A", "x\n."}} {
		if err := s.Set(bad[0], bad[1]); err == nil {
			t.Errorf("Set(%q, %q) passes", bad[0], bad[1])
		}
	}
}

func TestNew(t *testing.T) {
	d := stanza.New("f")
	d.Comment("Written by a test.", "")
	_ = d.Stanzas[0].Set("A", "1")
	_ = d.Add().Set("B", "")
	if got, want := string(d.Bytes()), "# Written by a test.\n#\nA: 1\n\nB:\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEveryProblemHasItsPlace(t *testing.T) {
	_, err := stanza.Parse("x.requirements", []byte(" lost\nA: 1\na: 2\nno field\n: v\n-x: v\nB: \xff\nC: \x01\n\n also lost\n\ufeffD: x\n"))
	want := `x.requirements:1: "lost" continues nothing: there is no field above it
x.requirements:3: "a" occurs twice in one stanza
x.requirements:4: "no field" is not a field (want NAME: VALUE)
x.requirements:5: ": v" is not a field (want NAME: VALUE)
x.requirements:6: "-x: v" is not a field (want NAME: VALUE)
x.requirements:7: "B: \xff" is not UTF-8
x.requirements:8: "C: \x01" has a control character in it
x.requirements:10: "also lost" continues nothing: there is no field above it
x.requirements:11: "\ufeffD: x" has a byte order mark in it`
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}

func TestProblemOfAWordIsInItsLine(t *testing.T) {
	d, err := stanza.Parse("f", []byte("A: one\n# between\n two\n three\n"))
	if err != nil {
		t.Fatal(err)
	}
	f, _ := d.Stanzas[0].Get("A")
	at := strings.Index(f.Value, "three")
	for err, want := range map[error]string{
		stanza.Shift(&stanza.WordError{Word: "three", Text: "is bad"}, at): `f:4: "three" is bad`,
		errors.New("cause"): `f:1: "A" is wrong: cause`,
	} {
		if got := f.Problem(err).Error(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample), "Name", "x\ny")
	f.Add([]byte("A: 1\r\n b\r\n\r\n#"), "B", "")
	f.Add([]byte("#\n\n \nA:\n ."), "a", "z")
	f.Fuzz(func(t *testing.T, data []byte, name, value string) {
		d, err := stanza.Parse("f", data)
		if err != nil {
			return
		}
		if got := d.Bytes(); !bytes.Equal(got, data) {
			t.Fatalf("%q is written as %q", data, got)
		}
		if len(d.Stanzas) == 0 {
			return
		}
		s := d.Stanzas[len(d.Stanzas)-1]
		if s.Set(name, value) != nil {
			return
		}
		again, err := stanza.Parse("f", d.Bytes())
		if err != nil {
			t.Fatalf("%q after Set: %v", d.Bytes(), err)
		}
		if got := again.Stanzas[len(again.Stanzas)-1].Value(name); got != s.Value(name) || len(again.Stanzas) != len(d.Stanzas) {
			t.Fatalf("%q reads back as %q", s.Value(name), got)
		}
	})
}
