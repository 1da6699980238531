package resource

import (
	"testing"

	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"
)

// TestEndedSide: of a thing that is going to be removed, what runs now has ended already; that is no
// edit. A side that has become another one is.
func TestEndedSide(t *testing.T) {
	k := &Kind{Name: "thing", Label: "name", Attrs: []Attr{
		{Name: "name", Type: cty.String}, {Name: "ensure", Type: cty.String},
		{Name: "saved", Type: cty.String, Loses: Empties}, {Name: "live", Type: cty.String, Live: true, Loses: Empties},
	}}
	thing := func(saved, live string) cty.Value {
		return cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("x"), "saved": cty.StringVal(saved), "live": cty.StringVal(live)})
	}
	gone := cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("x"), "ensure": cty.StringVal("absent")})
	for _, c := range []struct {
		saved, live string
		back        cty.Value
		edited      bool
	}{
		{"1", "", gone, false},
		{"1", "1", gone, false},
		{"1", "2", gone, true},
		{"2", "", gone, true},
		{"", "1", gone, true}, // what happens at boot is the administrator's
		{"1", "", thing("0", "0"), true},
	} {
		made, now := &Resource{Kind: k, Want: thing("1", "1")}, thing(c.saved, c.live)
		if d := DiffMade(made, now, Diff(&Resource{Kind: k, Want: c.back}, now)); d.Empty() == c.edited {
			t.Errorf("saved %q, live %q: edited %v, want %v", c.saved, c.live, !d.Empty(), c.edited)
		}
	}
}

// A change from one state to another was stopped early, and the thing is to be what it was: what
// is neither of them, nor between, was edited since.
func TestDiffUnfinished(t *testing.T) {
	k := &Kind{Name: "thing", Label: "name", Attrs: []Attr{
		{Name: "name", Type: cty.String},
		{Name: "ensure", Type: cty.String},
		{Name: "saved", Type: cty.String, Loses: Becomes("not saved")},
		{Name: "live", Type: cty.String},
		{Name: "on", Type: cty.Bool},
		{Name: "options", Type: cty.Map(cty.String)},
		{Name: "members", Type: cty.Set(cty.String)},
		{Name: "servers", Type: cty.List(cty.String)},
	}}
	s, text := cty.StringVal, func(words ...string) []cty.Value {
		var out []cty.Value
		for _, w := range words {
			out = append(out, cty.StringVal(w))
		}
		return out
	}
	type attrs = map[string]cty.Value
	options := func(pairs ...string) cty.Value {
		m := attrs{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = s(pairs[i+1])
		}
		return cty.MapVal(m)
	}
	set, list := func(words ...string) cty.Value { return cty.SetVal(text(words...)) }, func(words ...string) cty.Value { return cty.ListVal(text(words...)) }
	for _, c := range []struct {
		summary           string
		before, made, now attrs // nil: it is not there
		edited            bool
	}{
		{"changed, one side only", attrs{"saved": s("1"), "live": s("1")}, attrs{"saved": s("2"), "live": s("2")}, attrs{"saved": s("1"), "live": s("2")}, false},
		{"changed, and one side edited", attrs{"saved": s("1"), "live": s("1")}, attrs{"saved": s("2"), "live": s("2")}, attrs{"saved": s("3"), "live": s("2")}, true},
		{"changed, and one side is nothing that it was", attrs{"saved": s("1"), "live": s("1")}, attrs{"saved": s("2"), "live": s("2")}, attrs{"saved": s("not saved"), "live": s("2")}, true},
		{"changed, and emptied since", attrs{"live": s("1")}, attrs{"live": s("2")}, attrs{"live": s("")}, true},
		{"created, one side only", nil, attrs{"saved": s("1"), "live": s("1"), "on": cty.True}, attrs{"saved": s("not saved"), "live": s("1"), "on": cty.False}, false},
		{"created, the other side", nil, attrs{"saved": s("1"), "live": s("1")}, attrs{"saved": s("1"), "live": s("")}, false},
		{"created, a side unknown", nil, attrs{"saved": s("1"), "live": s("1")}, attrs{"saved": s("1")}, false},
		{"created, and edited", nil, attrs{"saved": s("1"), "live": s("1")}, attrs{"saved": s("not saved"), "live": s("3")}, true},
		{"removed, one side only", attrs{"saved": s("1"), "live": s("1"), "on": cty.True}, nil, attrs{"saved": s("not saved"), "live": s("1"), "on": cty.False}, false},
		{"removed, not begun", attrs{"saved": s("1")}, nil, attrs{"saved": s("1")}, false},
		{"removed, and another in its place", attrs{"saved": s("1")}, nil, attrs{"saved": s("3")}, true},
		{"a thing that is gone, and was never to be", attrs{"saved": s("1")}, attrs{"saved": s("2")}, nil, true},
		{"some options", attrs{"options": options("a", "1", "b", "1")}, attrs{"options": options("a", "2", "c", "2")}, attrs{"options": options("a", "2", "b", "1")}, false},
		{"some options, and another", attrs{"options": options("a", "1")}, attrs{"options": options("a", "2", "c", "2")}, attrs{"options": options("a", "2", "d", "1")}, true},
		{"the first option", nil, attrs{"options": options("a", "2", "c", "2")}, attrs{"options": options("a", "2")}, false},
		{"some members", attrs{"members": set("a", "b")}, attrs{"members": set("b", "c")}, attrs{"members": set("b")}, false},
		{"some members, and one that both have is gone", attrs{"members": set("a", "b")}, attrs{"members": set("b", "c")}, attrs{"members": set("a", "c")}, true},
		{"a list is written as a whole", attrs{"servers": list("a", "b")}, attrs{"servers": list("b", "a")}, attrs{"servers": list("a")}, true},
	} {
		t.Run(c.summary, func(t *testing.T) {
			state := func(m attrs, gone cty.Value) cty.Value {
				if m == nil {
					return gone
				}
				return With(cty.ObjectVal(m), "name", s("x"))
			}
			absent := cty.ObjectVal(attrs{"name": s("x"), "ensure": s("absent")})
			made := &Resource{Kind: k, Want: state(c.made, absent)}
			now := state(c.now, Absent)
			back := Diff(&Resource{Kind: k, Want: state(c.before, absent)}, now)
			if back.Empty() { // then nobody asks
				made.Want = back.Want
			}
			if d := DiffUnfinished(made, now, back); d.Empty() == c.edited {
				t.Errorf("edited: %v, want %v: %v", !d.Empty(), c.edited, d.Attrs)
			}
		})
	}
}

// A thing of two files is what it was, or is to be, as far as each of the files is. Its joined
// content is neither.
func TestDiffUnfinishedOfFiles(t *testing.T) {
	k := &Kind{Name: "thing", Label: "name", ContentAttr: "content", FileAttrs: []string{"one", "two"}, Attrs: []Attr{
		{Name: "name", Type: cty.String}, {Name: "ensure", Type: cty.String}, {Name: "content", Type: BlobType, Content: true},
		{Name: "one", Type: BlobType, Content: true, Option: true}, {Name: "two", Type: BlobType, Content: true, Option: true},
	}}
	state := func(files string) cty.Value { // "-" is a file that is not there, and "--" that there is no thing
		m := map[string]cty.Value{"name": cty.StringVal("x")}
		if files == "--" {
			m["ensure"] = cty.StringVal("absent")
			return cty.ObjectVal(m)
		}
		m["content"] = BlobVal(BytesBlob([]byte(files)))
		for i, name := range k.FileAttrs {
			if files[i] != '-' {
				m[name] = BlobVal(BytesBlob([]byte(files[i : i+1])))
			}
		}
		return cty.ObjectVal(m)
	}
	for _, c := range []struct {
		before, made, now string
		edited            bool
	}{
		{"--", "ab", "a-", false},
		{"--", "ab", "-b", false},
		{"--", "ab", "ac", true},
		{"--", "ab", "c-", true},
		{"ab", "cd", "cb", false},
		{"ab", "cd", "ad", false},
		{"ab", "cd", "a-", true},
		{"ab", "cd", "bd", true},
		{"ab", "--", "a-", false},
		{"ab", "--", "-b", false},
		{"ab", "--", "c-", true},
	} {
		made, now := &Resource{Kind: k, Want: state(c.made)}, state(c.now)
		back := Diff(&Resource{Kind: k, Want: state(c.before)}, now)
		if d := DiffUnfinished(made, now, back); d.Empty() == c.edited {
			t.Errorf("from %s to %s, and now %s: edited: %v", c.before, c.made, c.now, !d.Empty())
		}
	}
	made, now := &Resource{Kind: k, Want: state("ab")}, state("a-")
	attrs := AttrsOf(made.Want)
	delete(attrs, "one")
	delete(attrs, "two")
	made.Want = cty.ObjectVal(attrs)
	if DiffUnfinished(made, now, Diff(&Resource{Kind: k, Want: state("--")}, now)).Empty() {
		t.Error("what an older version wrote, of whose files nothing is known, counts as whole")
	}
}

// However a change was stopped, its sides are made or not, and that is no edit. A side that has
// a third value always is one.
func TestDiffUnfinishedOfAnySides(t *testing.T) {
	k := &Kind{Name: "thing", Label: "name", Attrs: []Attr{{Name: "name", Type: cty.String}, {Name: "ensure", Type: cty.String}}}
	sides := []string{"a", "b", "c", "d"}
	for _, name := range sides {
		k.Attrs = append(k.Attrs, Attr{Name: name, Type: cty.String})
	}
	rapid.Check(t, func(t *rapid.T) {
		state := func(label string) map[string]cty.Value {
			m := map[string]cty.Value{"name": cty.StringVal("x")}
			if rapid.Bool().Draw(t, label+" is absent") {
				m["ensure"] = cty.StringVal("absent")
				return m
			}
			for _, name := range sides {
				m[name] = cty.StringVal(rapid.SampledFrom([]string{"1", "2"}).Draw(t, label+" "+name))
			}
			return m
		}
		before, made := state("before"), state("made")
		live := map[string]cty.Value{"name": cty.StringVal("x")}
		for _, name := range sides {
			live[name] = cty.StringVal("")
			if v, ok := rapid.SampledFrom([]map[string]cty.Value{before, made}).Draw(t, "of "+name)[name]; ok {
				live[name] = v
			}
		}
		edited := WantsAbsent(cty.ObjectVal(before)) != WantsAbsent(cty.ObjectVal(made)) || !WantsAbsent(cty.ObjectVal(made))
		edited = edited && rapid.Bool().Draw(t, "edited")
		if edited {
			live[rapid.SampledFrom(sides).Draw(t, "edit")] = cty.StringVal("3")
		}
		if WantsAbsent(cty.ObjectVal(before)) && WantsAbsent(cty.ObjectVal(made)) {
			return // there was nothing to change
		}
		now := cty.ObjectVal(live)
		back := Diff(&Resource{Kind: k, Want: cty.ObjectVal(before)}, now)
		if back.Empty() {
			return // it is as it was
		}
		if d := DiffUnfinished(&Resource{Kind: k, Want: cty.ObjectVal(made)}, now, back); d.Empty() == edited {
			t.Fatalf("edited: %v, taken for edited: %v; %v → %v, now %v", edited, !d.Empty(), before, made, live)
		}
	})
}
