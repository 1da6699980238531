package edit

import (
	"strings"
	"testing"
)

// TestRemovedComesBackAsWritten removes a key, edits the lines around it as people do, and restores it as written, with
// its comments and layout.
func TestRemovedComesBackAsWritten(t *testing.T) {
	for name, c := range map[string]struct {
		file, src string
		s         Setting
		edits     []string // pairs of old and new texts
		want      string
	}{
		"keyvalue":         {"/etc/default/x", "X=1\nP=\"a b\" # why\n", Setting{Key: "P", Value: "a b"}, []string{"X=1", "X=2"}, "X=2\nP=\"a b\" # why\n"},
		"beside a comment": {"/etc/default/x", "X=1\nP='a' # why\nY=1\n#P=9\n", Setting{Key: "P", Value: "a"}, []string{"X=1", "X=2", "Y=1", "Y=2"}, "X=2\nY=2\n#P=9\nP='a' # why\n"},
		"without its end":  {"/etc/default/x", "X=1\nP='a' # why", Setting{Key: "P", Value: "a"}, []string{"X=1", "X=2"}, "X=2\nP='a' # why"},
		"set twice":        {"/etc/login.defs", "A 1\nB 2\n A  3\n", Setting{Key: "A", Value: "3", Several: KeepSeveral}, []string{"B 2", "B 4"}, "B 4\nA 1\n A  3\n"},
		"ini continued":    {"/etc/x.ini", "[a]\nx = 1\np = 2\n  # c\n  3\n[b]\nz = 1\n", Setting{Section: []string{"a"}, Key: "p", Value: "2\n3", Back: true}, []string{"x = 1", "x = 2", "[b]", "[c]"}, "[a]\nx = 2\np = 2\n  # c\n  3\n[c]\nz = 1\n"},
		"ini section gone": {"/etc/x.ini", "[a]\np  =  2\n[b]\nz = 1\n", Setting{Section: []string{"a"}, Key: "p", Value: "2"}, []string{"[a]\n[b]", "[b]"}, "[b]\nz = 1\n\n[a]\np  =  2\n"},
		"yaml":             {"/x.yaml", "x: 1\np: # why\n  a: 1 # note\n  b: 2\n", Setting{Key: "p", Value: map[string]any{"a": int64(1), "b": int64(2)}}, []string{"x: 1", "x: 2"}, "x: 2\np: # why\n  a: 1 # note\n  b: 2\n"},
		"yaml in mappings": {"/x.yaml", "o:\n  x: 1\n  p: |\n    a\n    b\ny: 1\n", Setting{Section: []string{"o"}, Key: "p", Value: "a\nb\n"}, []string{"x: 1", "x: 2", "y: 1", "y: 2"}, "o:\n  x: 2\n  p: |\n    a\n    b\ny: 2\n"},
		"yaml in braces":   {"/x.yaml", "{p: 0x10, x: 1, y: 1}\n", Setting{Key: "p", Value: int64(16)}, []string{"x: 1", "x: 2"}, "{x: 2, y: 1, p: 0x10}\n"},
		"yaml moved in":    {"/x.yaml", "o:\n  x: 1\n  p: 0x10\n", Setting{Section: []string{"o"}, Key: "p", Value: int64(16)}, []string{"  x: 1", "    x: 2"}, "o:\n    x: 2\n    p: 16\n"},
		"toml":             {"/x.toml", "x = 1\np = [ # why\n  1, # one\n  2 ] # tail\n[t]\ny = 1\n", Setting{Key: "p", Value: []any{int64(1), int64(2)}}, []string{"x = 1", "x = 2", "[t]", "[u]"}, "x = 2\np = [ # why\n  1, # one\n  2 ] # tail\n[u]\ny = 1\n"},
		"json":             {"/x.json", "{\n  \"x\": 1,\n  \"p\": [ // why\n    1, /* one */\n    2\n  ],\n  \"y\": 2\n}\n", Setting{Key: "p", Value: []any{int64(1), int64(2)}}, []string{"x\": 1", "x\": 7", "y\": 2", "y\": 8"}, "{\n  \"x\": 7,\n  \"y\": 8,\n  \"p\": [ // why\n    1, /* one */\n    2\n  ]\n}\n"},
		"json last":        {"/x.json", "{\n  \"x\": 1,\n  \"p\": 1e1 // ten\n}\n", Setting{Key: "p", Value: 10.0}, []string{"x\": 1", "x\": 7"}, "{\n  \"x\": 7,\n  \"p\": 1e1\n   // ten\n}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			c.s.Format, c.s.Dialect = Known(c.file)
			gone := c.s
			gone.Absent, gone.Several = true, RemoveSeveral
			hunks, err := Record([]byte(c.src), []Part{&gone})
			if err != nil {
				t.Fatal(err)
			}
			src, err := Edit([]byte(c.src), []Part{&gone})
			if err != nil {
				t.Fatal(err)
			}
			edited := strings.NewReplacer(c.edits...).Replace(string(src))
			out, err := EditBack([]byte(edited), []Part{&c.s}, Back{Keys: []string{"p"}, Hunks: hunks, Ground: []*Ground{nil}})
			if err != nil || string(out) != c.want {
				t.Errorf("%q became %q, %v; want %q", edited, out, err, c.want)
			}
		})
	}
}

// TestWrittenComeBackTogether: restoring several keys of a line-based file as written needs one reading of the file,
// not one for each.
func TestWrittenComeBackTogether(t *testing.T) {
	src, want := []byte("[a]\nx=1\n"), "[a]\nx=1\np='a' # why\nq  = 2 # q\n"
	parts := []Part{
		&Setting{Format: INI, Section: []string{"a"}, Key: "p", Value: "'a' # why", written: "p='a' # why"},
		&Setting{Format: INI, Section: []string{"a"}, Key: "q", Value: "2 # q", written: "q  = 2 # q"},
	}
	_, out, ok := makeTogether(NewMemo(src), parts)
	if !ok || string(out) != want {
		t.Errorf("%q, %v; want %q", out, ok, want)
	}
}
