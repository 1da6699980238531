package edit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// steps is a file in which parts are made and undone like in runs, without random draws.
type steps struct {
	t    *testing.T
	now  []byte
	kept map[string]*keptPart
}

func newSteps(t *testing.T, src string) *steps {
	return &steps{t: t, now: []byte(src), kept: map[string]*keptPart{}}
}

// settingOf returns the setting that "+section.key" sets, or "-section.key" declares absent.
func settingOf(like Setting, word string) *Setting {
	s := like
	s.Absent = word[0] == '-'
	names := strings.Split(word[1:], ".")
	s.Section, s.Key = names[:len(names)-1], names[len(names)-1]
	return &s
}

// layout describes how the named parts return, while all others stay.
func (h *steps) layout(names []string, isUndo bool) (b Back, rest []Part) {
	ground := map[string]*Ground{}
	for name, k := range h.kept {
		if k.ground != nil {
			ground[name] = k.ground
		}
	}
	b.Layout = ReadLayout(h.now, ground)
	for _, name := range names {
		b.Keys, b.Hunks, b.Ground = append(b.Keys, name), append(b.Hunks, nil), append(b.Ground, nil)
		if n := len(b.Keys) - 1; isUndo {
			b.Hunks[n], b.Ground[n] = h.kept[name].hunks, h.kept[name].ground
		}
	}
	for name, k := range h.kept {
		if !slices.Contains(names, name) {
			rest = append(rest, k.part)
			b.Keys, b.Hunks, b.Ground = append(b.Keys, ""), append(b.Hunks, nil), append(b.Ground, nil)
		}
	}
	return b, rest
}

// change makes parts in one run, or undoes all their changes.
func (h *steps) change(names []string, parts []Part, isUndo bool) *Edited {
	h.t.Helper()
	b, rest := h.layout(names, isUndo)
	before := make([]State, len(parts))
	for i, p := range parts {
		before[i], _ = Look(h.now, p)
	}
	e, err := NewMemo(h.now).EditBack(slices.Concat(parts, rest), b)
	if err != nil {
		h.t.Fatalf("%q in %q: %v", names, h.now, err)
	}
	rec, err := e.Record()
	if err != nil {
		h.t.Fatal(err)
	}
	for i, name := range names {
		old := h.kept[name]
		switch now := (&keptPart{part: parts[i], first: before[i], hunks: rec.Hunks[i], ground: rec.Ground[i]}); {
		case isUndo:
			delete(h.kept, name)
		case old != nil:
			now.first, now.hunks, now.ground = old.first, Join(old.hunks, now.hunks), JoinGround(old.ground, now.ground, len(old.hunks) == 0)
			h.kept[name] = now
		default:
			h.kept[name] = now
		}
	}
	h.now = e.Bytes()
	return e
}

// run carries out a step of a test: "+key" and "-key", separated by ", ", are one run that declares them; "~key" are
// one run that undoes them; "edit: a => b" is an edit of others.
func (h *steps) run(like Setting, line string) *Edited {
	h.t.Helper()
	if text, ok := strings.CutPrefix(line, "edit: "); ok {
		from, to, _ := strings.Cut(text, " => ")
		if !strings.Contains(string(h.now), from) {
			h.t.Fatalf("%q is not in %q", from, h.now)
		}
		h.now = []byte(strings.Replace(string(h.now), from, to, 1))
		return nil
	}
	var names []string
	var parts []Part
	words := strings.Split(line, ", ")
	for _, word := range words {
		name := word[1:]
		names = append(names, name)
		if word[0] == '~' {
			if h.kept[name] == nil {
				h.t.Fatalf("%s was not changed", name)
			}
			parts = append(parts, undone(h.kept[name].part, h.kept[name].first))
		} else {
			parts = append(parts, settingOf(like, word))
		}
	}
	return h.change(names, parts, words[0][0] == '~')
}

// TestUndoSteps shows a file after runs, edits of others, and undos of the runs.
func TestUndoSteps(t *testing.T) {
	ini := Setting{Format: INI, Value: "1"}
	yaml := Setting{Format: YAML, Value: int64(1)}
	ssh := Setting{Format: Space, Dialect: SSH, Value: "1"}
	json := Setting{Format: JSON, Value: int64(1)}
	toml := Setting{Format: TOML, Value: int64(1)}
	for _, tt := range []struct {
		name  string
		like  Setting
		src   string
		steps string // separated by "|"
		want  string // "": as before
	}{
		{"ini, set, declared absent, a comment above", ini, "[c]\nx = 1\n", "+n.k|-n.k|edit: [n] => ; theirs\n[n]|~n.k", "[c]\nx = 1\n\n; theirs\n"},
		{"toml, set, declared absent, a comment above", toml, "[c]\nx = 1\n", "+n.k|-n.k|edit: [n] => # theirs\n[n]|~n.k", "[c]\nx = 1\n\n# theirs\n"},
		{"ini, the section of an absent key, with another one", ini, "[c]\nx = 1\n", "+n.k|-n.k|+n.l|~n.k|~n.l", ""},
		{"ini, the section of an absent key, with another one, the other way", ini, "[c]\nx = 1\n", "+n.k|-n.k|+n.l|~n.l|~n.k", ""},
		{"toml, the section of an absent key, with another one", toml, "[c]\nx = 1\n", "+n.k|-n.k|+n.l|~n.k|~n.l", ""},
		{"ini, an absent key whose section has a comment", ini, "[c]\nx = 1\n", "+n.k|-n.k|edit: [n] => [n]\n; theirs|~n.k", "[c]\nx = 1\n\n[n]\n; theirs\n"},
		{"yaml, the mapping of an absent key, with another one", yaml, "c:\n  x: 1\n", "+n.k|-n.k|+n.l|~n.k|~n.l", ""},
		{"yaml, an absent key whose mapping has a comment", yaml, "c:\n  x: 1\n", "+o.k|-o.k|edit: o: => o:\n  # theirs|~o.k", "c:\n  x: 1\no:\n  # theirs\n"},
		{"yaml, nested mappings of an absent key, with another one", yaml, "c:\n  x: 1\n", "+n.m.k|-n.m.k|+n.l|~n.m.k|~n.l", ""},
		{"sshd_config, a block of an absent key, with another one", ssh, "Port 22\n", "+Match user a.k|-Match user a.k|+Match user a.l|~Match user a.k|~Match user a.l", ""},
		{"json, neighbours in one line, in reverse", json, `{"a":1,"b":2}`, "-b, -a|~b|~a", ""},
		{"json, neighbours in one line, one by one", json, `{"a":1,"b":2}`, "-b|-a|~a|~b", ""},
		{"json, two at the end of a line", json, "{\n  \"a\": 1, \"b\": 2,\n  \"c\": 3\n}\n", "-b, -c|~b|~c", ""},
		{"json, keys with comments of their own", json, "{\n  \"a\": 1, // one\n  \"b\": 2, // two\n  \"c\": 3 // three\n}\n", "-b, -c|~b|~c", ""},
		{"json, the last key, and a new one", json, "{\n  \"a\": 1, // one\n  \"c\": 3 // three\n}\n", "-c, +n|~c|~n", ""},
		{"json, an only key, and a new one", json, "{\n  \"b\": {\"q\": 1}\n}\n", "-b.q, +b.n|~b.q|~b.n", ""},
		{"yaml, keys in braces, in reverse", yaml, "c: 3\nd: {e: 1, f: 2}\n", "-d.f, -d.e|~d.f|~d.e", ""},
		{"yaml, keys in braces, one by one", yaml, "d: {e: 1,f: 2}\n", "-d.f|-d.e|~d.f|~d.e", ""},
		{"yaml, keys in braces, the first one first", yaml, "d: {e: 1, f: 2, g: 3}\n", "-d.e|-d.f|~d.f|~d.e", ""},
		{"json, an only key and a new one, all in one line", json, `{"b":{"c":1}}`, "+b.n, -b.c|~b.n|~b.c", ""},
		{"json, an only key and a new one later, all in one line", json, `{"b":{"c":1}}`, "+b.n|-b.c|~b.n|~b.c", ""},
		{"json, a new key behind a removed one", json, `{"a":1,"b":2}`, "+n|-b|~n|~b", ""},
		{"json, commas in texts and comments", json, "{\n  \"a\": \"},{\", // ,}\n  \"b\": [{\"c\": 1}, {}], /* } */\n  \"d\": {}\n}", "-d, -a|+b|~a|~d|~b", ""},
		{"json, edited between", json, "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}\n", "-b, -c|edit: \"a\": 1 => // theirs\n  \"a\": 1|~b|~c", "{\n  // theirs\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}\n"},
		{"json, a key of others behind", json, "{\n  \"a\": 1,\n  \"b\": 2\n}\n", "-b|edit: 1 => 1,\n  \"z\": 1|~b", "{\n  \"a\": 1,\n  \"b\": 2,\n  \"z\": 1\n}\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newSteps(t, tt.src)
			log := ""
			for line := range strings.SplitSeq(tt.steps, "|") {
				h.run(tt.like, line)
				log += fmt.Sprintf("%s: %q\n", line, h.now)
			}
			if want := cmp.Or(tt.want, tt.src); string(h.now) != want {
				t.Errorf("it is not %q:\n%s", want, log)
			}
		})
	}
}
