package edit

import (
	"slices"
	"strings"
	"testing"
)

// TestSectionStaysWithOthers: the part that made a section is removed together with another one, while others are in
// the section. Both return as they were, and the section is removed with the last part.
func TestSectionStaysWithOthers(t *testing.T) {
	for _, c := range []struct {
		name, src, mid string
		changed, maker *Setting
		joins          []*Setting
	}{
		{
			"ini", "[Date]\r\n; zone\r\n;zone =\r\n", "[Date]\r\n; zone\r\n;zone =\r\n\r\n[New]\r\nbar = 2\r\n",
			&Setting{Format: INI, Section: []string{"Date"}, Key: "zone", Value: "UTC"},
			&Setting{Format: INI, Section: []string{"New"}, Key: "baz", Value: "1"},
			[]*Setting{{Format: INI, Section: []string{"New"}, Key: "bar", Value: "2"}},
		},
		{
			"sshd_config", "#Port 22\nUsePAM yes\n", "#Port 22\nUsePAM yes\n\nMatch User git\n    X11Forwarding no\n",
			&Setting{Format: Space, Dialect: SSH, Key: "Port", Value: "2222"},
			&Setting{Format: Space, Dialect: SSH, Section: []string{"Match User git"}, Key: "ForceCommand", Value: "x"},
			[]*Setting{{Format: Space, Dialect: SSH, Section: []string{"Match User git"}, Key: "X11Forwarding", Value: "no"}},
		},
		{
			"yaml", "a:\n  b: [10.0.0.1/24]\n", "a:\n  b: [10.0.0.1/24]\nc:\n  d:\n    bar: 2\n  e: 3\n",
			&Setting{Format: YAML, Section: []string{"a"}, Key: "b", Value: []any{"10.0.0.2/24"}},
			&Setting{Format: YAML, Section: []string{"c", "d"}, Key: "baz", Value: int64(1)},
			[]*Setting{
				{Format: YAML, Section: []string{"c", "d"}, Key: "bar", Value: int64(2)},
				{Format: YAML, Section: []string{"c"}, Key: "e", Value: int64(3)},
			},
		},
		{
			"json", "{}\n", "{\n  \"s\": {\n    \"bar\": 2\n  }\n}\n",
			&Setting{Format: JSON, Key: "k", Value: int64(1)},
			&Setting{Format: JSON, Section: []string{"s"}, Key: "baz", Value: int64(1)},
			[]*Setting{{Format: JSON, Section: []string{"s"}, Key: "bar", Value: int64(2)}},
		},
		{
			"json with others", "{\n  \"a\": 1\n}\n", "{\n  \"a\": 1,\n  \"s\": {\n    \"bar\": 2\n  }\n}\n",
			&Setting{Format: JSON, Key: "a", Value: int64(2)},
			&Setting{Format: JSON, Section: []string{"s"}, Key: "baz", Value: int64(1)},
			[]*Setting{{Format: JSON, Section: []string{"s"}, Key: "bar", Value: int64(2)}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := keptFile{t: t, now: []byte(c.src), kept: map[string]keptEdit{}}
			f.make(c.changed)
			f.make(c.maker)
			for _, s := range c.joins {
				f.make(s)
			}
			f.prune(c.changed, c.maker)
			if string(f.now) != c.mid {
				t.Errorf("without those that made it, it is\n%s", f.now)
			}
			for _, s := range c.joins {
				f.prune(s)
			}
			if string(f.now) != c.src {
				t.Errorf("at last, it is\n%s", f.now)
			}
		})
	}
}

// TestSectionIsNotDoubled: a key that returns with its section is put into the one that another part has made since.
func TestSectionIsNotDoubled(t *testing.T) {
	f := keptFile{t: t, now: []byte("x = 1\n"), kept: map[string]keptEdit{}}
	k := &Setting{Format: INI, Section: []string{"s"}, Key: "k", Value: "1"}
	made := Hunk{At: 6, Old: "\n[s]\nk = 1\n", Prev: "x = 1\n", In: &Scope{Format: INI, Path: k.path()}}
	f.make(&Setting{Format: INI, Section: []string{"s"}, Key: "l", Value: "2"})
	f.edit([]*Setting{k}, [][]Hunk{{made}}, []*Ground{{Was: []Hunk{{At: 6, New: made.Old, Prev: made.Prev, In: made.In, Rank: Rank{{0, 1}}}}}})
	if string(f.now) != "x = 1\n\n[s]\nl = 2\nk = 1\n" {
		t.Errorf("it is\n%s", f.now)
	}
}

// keptFile is a file, with the records of each part that was made in it.
type keptFile struct {
	t    *testing.T
	now  []byte
	kept map[string]keptEdit
}

type keptEdit struct {
	part  *Setting
	was   State
	hunks []Hunk
	of    *Ground
}

// make makes a new setting.
func (f *keptFile) make(s *Setting) {
	was, err := Look(f.now, s)
	if err != nil {
		f.t.Fatal(err)
	}
	rec := f.edit([]*Setting{s}, make([][]Hunk, 1), make([]*Ground, 1))
	f.kept[s.name()] = keptEdit{s, was, rec.Hunks[0], rec.Ground[0]}
}

// prune undoes settings in one edit set.
func (f *keptFile) prune(pruned ...*Setting) {
	var back []*Setting
	var hunks [][]Hunk
	var ground []*Ground
	for _, s := range pruned {
		k := f.kept[s.name()]
		p, _ := undone(s, k.was).(*Setting)
		back, hunks, ground = append(back, p), append(hunks, k.hunks), append(ground, k.of)
	}
	f.edit(back, hunks, ground)
	for _, s := range pruned {
		delete(f.kept, s.name())
	}
}

// edit edits the file; all recorded parts that are not named must stay.
func (f *keptFile) edit(named []*Setting, hunks [][]Hunk, ground []*Ground) Recorded {
	kept := map[string]*Ground{}
	var names []string
	var parts []Part
	for _, s := range named {
		names, parts = append(names, s.name()), append(parts, s)
	}
	for name, k := range f.kept {
		if k.of != nil {
			kept[name] = k.of
		}
	}
	b := Back{Layout: ReadLayout(f.now, kept), Keys: slices.Clone(names), Hunks: hunks, Ground: ground}
	for name, k := range f.kept {
		if !slices.Contains(names, name) {
			parts, b.Keys, b.Hunks, b.Ground = append(parts, k.part), append(b.Keys, ""), append(b.Hunks, nil), append(b.Ground, nil)
		}
	}
	rec, err := RecordBack(f.now, parts, b)
	if err != nil {
		f.t.Fatal(err)
	}
	if f.now, err = EditBack(f.now, parts, b); err != nil {
		f.t.Fatal(err)
	}
	f.t.Logf("%s:\n%s", strings.Join(names, ", "), f.now)
	return rec
}
