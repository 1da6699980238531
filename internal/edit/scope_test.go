package edit

import "testing"

// TestScope: a setting is undone in its own section or object, even if another one has the same lines; otherwise the
// file stays.
func TestScope(t *testing.T) {
	in := func(f Format, section string, value any) *Setting {
		return &Setting{Format: f, Section: []string{section}, Key: "x", Value: value, Absent: value == nil}
	}
	for name, c := range map[string]struct {
		before, made, later, want string
		part                      *Setting
	}{
		"ini, moved":   {"[a]\nx = 1\n[b]\nx = 2\n", "[a]\nx = 2\n[b]\nx = 2\n", "[b]\nx = 2\n[a]\nx = 2\n", "[b]\nx = 2\n[a]\nx = 1\n", in(INI, "a", "2")},
		"ini, gone":    {"[a]\nx = 1\n[b]\ny = 2\n", "[a]\nx = 2\n[b]\ny = 2\n", "[a]\n[b]\nx = 2\n", "", in(INI, "a", "2")},
		"ini, removed": {"[a]\nx = 1\n# c\n[b]\n# c\n", "[a]\n# c\n[b]\n# c\n", "[a]\n[b]\n# c\n", "[a]\nx = 1\n[b]\n# c\n", in(INI, "a", nil)},
		"toml, gone":   {"[a]\nx = 1\n[b]\n", "[a]\nx = 2\n[b]\n", "[a]\n[b]\nx = 2\n", "", in(TOML, "a", int64(2))},
		"yaml, gone":   {"a:\n  x: 1\nb:\n  y: 1\n", "a:\n  x: 2\nb:\n  y: 1\n", "a:\n  y: 2\nb:\n  x: 2\n", "", in(YAML, "a", int64(2))},
		"yaml, moved":  {"a:\n  x: 1\nb:\n  x: 2\n", "a:\n  x: 2\nb:\n  x: 2\n", "b:\n  x: 2\na:\n  x: 2\n", "b:\n  x: 2\na:\n  x: 1\n", in(YAML, "a", int64(2))},
		"json, gone":   {"{\n  \"a\": {\n    \"x\": 1\n  },\n  \"b\": {\n  }\n}\n", "{\n  \"a\": {\n    \"x\": 2\n  },\n  \"b\": {\n  }\n}\n", "{\n  \"b\": {\n    \"x\": 2\n  }\n}\n", "", in(JSON, "a", int64(2))},
		"json, moved":  {"{\"a\": {\"x\": 1}, \"b\": {\"x\": 2}}\n", "{\"a\": {\"x\": 2}, \"b\": {\"x\": 2}}\n", "{ \"a\": {\"x\": 2}, \"b\": {\"x\": 2}}\n", "", in(JSON, "a", int64(2))},
	} {
		out, err := Edit([]byte(c.before), []Part{c.part})
		if err != nil || string(out) != c.made {
			t.Errorf("%s: %q, %v", name, out, err)
		}
		hunks, err := Record([]byte(c.before), []Part{c.part})
		if err != nil {
			t.Fatal(err)
		}
		back, done := Restore([]byte(c.later), hunks)
		if want := c.want; string(back) != want && (want != "" || done[0]) {
			t.Errorf("%s: %q became %q, %v, want %q", name, c.later, back, done, want)
		}
	}
}

// TestDoubledKey: a file with a doubled key has another meaning than with a single one.
func TestDoubledKey(t *testing.T) {
	other := []Part{&Setting{Format: JSON, Key: "z"}}
	const once, twice = "{\"a\": {\"x\": 1}, \"z\": 1}", "{\"a\": {\"x\": 1, \"x\": 1}, \"z\": 2}"
	if Alike([]byte(once), []byte(twice), other) || !Alike([]byte(twice), []byte(twice), other) {
		t.Error("a doubled key is not seen")
	}
	if out, err := Edit([]byte(twice), []Part{&Setting{Format: JSON, Key: "z", Value: int64(3)}}); err != nil {
		t.Errorf("%q, %v", out, err)
	}
}
