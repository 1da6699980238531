package edit

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestUndoAtRandom draws a file, and makes, changes, rolls back and prunes parts of it in any order, like the provider
// of parts, while others add lines. Once all parts are pruned, the file is as before, except for the lines of others.
func TestUndoAtRandom(t *testing.T) {
	for _, kind := range fileKinds() {
		t.Run(kind.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				h := newHost(t, kind)
				for range rapid.IntRange(1, 10).Draw(t, "steps") {
					h.step()
				}
				h.pruneAll()
			})
		})
	}
}

// host is a file with declared parts, and converge's records of each.
type host struct {
	t        *rapid.T
	kind     fileKind
	was, now []byte
	kept     map[string]*keptPart
	names    []string // of the parts with records, in the order in which they were made

	theirs map[string]string // lines that others write anywhere, by their sections; nil: they write beside lines of their own
}

// keptPart is converge's record of a part.
type keptPart struct {
	part  Part   // as declared
	first State  // before converge changed it
	hunks []Hunk // that undo all of its changes

	ground *Ground // the same in the ground

	last *lastChange // the change of it that can be rolled back; nil: none
}

// lastChange is a change of a part, with the record from before.
type lastChange struct {
	hunks  []Hunk
	ground *Ground
	before State
	kept   *keptPart // nil: none
}

func newHost(t *rapid.T, kind fileKind) *host {
	var src []byte
	if kind.name == "fstab" {
		src = drawFstabFile(t)
	} else {
		src = kind.drawFile(t)
	}
	return &host{t: t, kind: kind, was: src, now: src, kept: map[string]*keptPart{}}
}

func (h *host) step() {
	switch what := rapid.IntRange(0, 9).Draw(h.t, "step"); {
	case h.theirs != nil && (what == 3 || what == 4) && len(h.names) > 0:
		h.edit()
	case what < 4 || len(h.names) == 0:
		h.make(h.drawPart())
	case what < 6:
		h.run()
	case what < 7:
		h.edit()
	case what < 8:
		h.prune([]string{rapid.SampledFrom(h.names).Draw(h.t, "pruned")})
	default:
		h.rollBack(rapid.SampledFrom(h.names).Draw(h.t, "rolled back"))
	}
}

// drawPart draws a part, and the name of its subject.
func (h *host) drawPart() (string, Part) {
	t := h.t
	if h.kind.name == "fstab" {
		return drawFstab(t)
	}
	absent := rapid.IntRange(0, 3).Draw(t, "absent") == 0
	n := rapid.IntRange(1, 3).Draw(t, "number")
	switch rapid.IntRange(0, 10).Draw(t, "kind") {
	case 0:
		return fmt.Sprint("line ", n), Line{Text: fmt.Sprintf("%s line %d", h.kind.comment, n), Absent: absent}
	case 1:
		match := regexp.MustCompile("^" + h.kind.comment + " note")
		return "match", Line{Text: h.kind.comment + " note" + strings.Repeat("!", n), Match: match, Multiple: "all", Absent: absent}
	case 2: // it also matches lines of the case above
		match := regexp.MustCompile("^" + h.kind.comment + " (note$|other)") // of the original lines
		multiple := rapid.SampledFrom([]string{"first", "all", ""}).Draw(t, "multiple")
		return "wide", Line{Text: h.kind.comment + " other" + strings.Repeat("!", n), Match: match, Multiple: multiple, Absent: absent}
	case 10:
		if h.kind.format != JSON { // a line cannot be a part of it
			match := regexp.MustCompile("^sub[ =:]")
			return "assigned", Line{Text: h.kind.assignment("sub", n), Match: match, Multiple: "all", Absent: absent}
		}
		fallthrough
	case 3:
		if h.theirs != nil { // content that others write in a block is removed with it
			break
		}
		return "block", Block{Marker: "b", Comment: h.kind.comment, Content: strings.Repeat(h.kind.comment+"x\n", n), Absent: absent}
	}
	s := &Setting{Format: h.kind.format, Dialect: h.kind.dialect, Key: rapid.SampledFrom(keyNames()).Draw(t, "key"), Value: fmt.Sprint(n), Absent: absent}
	if h.kind.format.IsTyped() {
		s.Value = int64(n)
	}
	if section := rapid.SampledFrom(h.kind.sections).Draw(t, "section"); section != "" && s.Format.IsTyped() {
		s.Section = strings.Split(section, ".")
	} else if section != "" {
		s.Section = []string{section}
	}
	return s.name(), s
}

// declared returns the parts that must be right, except the named ones.
func (h *host) declared(but ...string) (out []Part) {
	for _, name := range h.names {
		if !slices.Contains(but, name) {
			out = append(out, h.kept[name].part)
		}
	}
	return out
}

// make makes a part, if that is possible.
func (h *host) make(name string, p Part) { h.change(nil, []string{name}, []Part{p}) }

// run undoes parts and makes others in one edit set, like a run with prune.
func (h *host) run() {
	var pruned, made []string
	var parts []Part
	for range rapid.IntRange(1, 3).Draw(h.t, "parts") {
		if name, p := h.drawPart(); !slices.Contains(made, name) {
			made, parts = append(made, name), append(parts, p)
		}
	}
	for _, name := range h.names {
		if !slices.Contains(made, name) && !slices.Contains(made, overlapping(name)) && !slices.Contains(h.names, overlapping(name)) && rapid.Bool().Draw(h.t, "prunes "+name) {
			pruned = append(pruned, name)
		}
	}
	h.change(pruned, made, parts)
}

// setMember is the change of one part in an edit set.
type setMember struct {
	name   string
	part   Part
	isMade bool // it is declared; otherwise it is pruned

	before State
	hunks  []Hunk // that are undone
	ground *Ground
	isOurs bool // it is removed without a trace
}

// member returns the change that makes a part, or, without p, the one that prunes it; false if nothing is to do.
func (h *host) member(name string, p Part) (m setMember, ok bool) {
	old := h.kept[name]
	if p == nil {
		return setMember{name: name, part: undone(old.part, old.first), hunks: old.hunks, ground: old.ground}, true
	}
	m = setMember{name: name, part: p, isMade: true}
	var err error
	m.before, err = Look(h.now, p)
	s, isSetting := p.(*Setting)
	isAgain := isSetting && old != nil && old.first.Present && !s.Absent && fmt.Sprint(s.Value) == fmt.Sprint(old.first.Value)
	if m.isOurs = old != nil && !old.first.Present && isAbsent(p); m.isOurs || isAgain {
		m.hunks, m.ground = old.hunks, old.ground
	}
	return m, err == nil && !m.before.Right
}

// change undoes parts and makes others, if that is possible.
func (h *host) change(pruned, made []string, wanted []Part) {
	var set []setMember
	for i, name := range slices.Concat(pruned, made) {
		var p Part
		if i >= len(pruned) {
			p = wanted[i-len(pruned)]
		}
		if m, ok := h.member(name, p); ok {
			set = append(set, m)
		}
	}
	if len(set) > 1 {
		set = rapid.Permutation(set).Draw(h.t, "order of the set")
	}
	var names []string
	var parts []Part
	hunks, ground := make([][]Hunk, len(set)), make([]*Ground, len(set))
	for i, m := range set {
		names, parts = append(names, m.name), append(parts, m.part)
		hunks[i], ground[i] = m.hunks, m.ground
	}
	b := h.layout(names, hunks, ground)
	parts = append(parts, h.declared(names...)...)
	out, err := EditBack(h.now, parts, b)
	if err != nil || len(set) == 0 {
		return
	}
	rec, err := RecordBack(h.now, parts, b)
	if err != nil {
		h.t.Fatal(err)
	}
	for i, m := range set {
		if m.isMade {
			h.keep(m, rec.Hunks[i], rec.Ground[i])
		} else {
			h.drop(m.name)
		}
	}
	h.t.Logf("%q pruned, %q made: %q", pruned, made, out)
	h.now = out
}

// keep records how to undo that a part was made.
func (h *host) keep(m setMember, hunks []Hunk, ground *Ground) {
	old := h.kept[m.name]
	last := &lastChange{hunks: hunks, ground: ground, before: m.before}
	now := &keptPart{part: m.part, first: m.before, hunks: hunks, ground: ground, last: last}
	if old != nil {
		now.first, now.hunks, last.kept = old.first, Join(old.hunks, hunks), old
		now.ground = JoinGround(old.ground, ground, len(old.hunks) == 0)
	} else {
		h.names = append(h.names, m.name)
	}
	if m.isOurs { // not rolled back: another part may make its section again, and the returning entry then has that as its own
		now.hunks, now.ground, now.last = nil, &Ground{}, nil
	}
	h.kept[m.name] = now
}

// drop removes the record of a part.
func (h *host) drop(name string) {
	delete(h.kept, name)
	h.names = slices.DeleteFunc(h.names, func(n string) bool { return n == name })
}

// edit makes others edit the file: they add a line above one of theirs.
func (h *host) edit() {
	if h.theirs != nil {
		h.editAnywhere()
		return
	}
	lines := strings.SplitAfter(string(h.now), "\n")
	var at []int
	for i, l := range lines {
		if strings.Contains(l, "of others") && strings.HasSuffix(l, "\n") {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		return
	}
	i := rapid.SampledFrom(at).Draw(h.t, "edited at")
	nl := "\n"
	if strings.HasSuffix(lines[i], "\r\n") {
		nl = "\r\n"
	}
	h.now = []byte(strings.Join(slices.Insert(lines, i, h.kind.comment+" theirs"+nl), ""))
	h.t.Logf("edited: %q", h.now)
}

func isAbsent(p Part) bool {
	switch p := p.(type) {
	case *Setting:
		return p.Absent
	case Line:
		return p.Absent
	case Block:
		return p.Absent
	case FstabLine:
		return p.Absent
	}
	return false
}

// undone returns a part in its former state.
func undone(p Part, was State) Part {
	switch p := p.(type) {
	case *Setting:
		back := *p
		back.Value, back.Absent = was.Value, !was.Present
		return &back
	case Line:
		p.Absent = !was.Present
		if was.Present {
			p.Text, _ = was.Value.(string)
		}
		p.Back = true
		return p
	case Block:
		p.Content, _ = was.Value.(string)
		p.Absent = !was.Present
		return p
	case FstabLine:
		p.Exact, _ = was.Value.(string)
		p.Absent = !was.Present
		return p
	}
	return p
}

// layout describes how the named parts return, while all others stay.
func (h *host) layout(names []string, hunks [][]Hunk, ground []*Ground) Back {
	kept := map[string]*Ground{}
	for name, k := range h.kept {
		if k.ground != nil {
			kept[name] = k.ground
		}
	}
	b := Back{Layout: ReadLayout(h.now, kept), Keys: slices.Clone(names), Hunks: hunks, Ground: ground}
	for range h.declared(names...) {
		b.Keys, b.Hunks, b.Ground = append(b.Keys, ""), append(b.Hunks, nil), append(b.Ground, nil)
	}
	return b
}

// back restores parts of the file, like package providers/edit.
func (h *host) back(names []string, hunks [][]Hunk, ground []*Ground, parts []Part) bool {
	out, err := EditBack(h.now, append(parts, h.declared(names...)...), h.layout(names, hunks, ground))
	if err == nil {
		h.now = out
	}
	return err == nil
}

// overlapping returns the name of the line that matches the same lines as the named one: while one is declared, the
// former state of the other cannot be restored.
func overlapping(name string) string {
	return map[string]string{"match": "wide", "wide": "match"}[name]
}

// prune restores parts to their state before converge changed them.
func (h *host) prune(names []string) {
	for _, name := range names {
		if o := overlapping(name); slices.Contains(h.names, o) && !slices.Contains(names, o) {
			names = append(slices.Clone(names), o)
		}
	}
	var hunks [][]Hunk
	var ground []*Ground
	var parts []Part
	for _, name := range names {
		k := h.kept[name]
		hunks, ground, parts = append(hunks, k.hunks), append(ground, k.ground), append(parts, undone(k.part, k.first))
	}
	if !h.back(names, hunks, ground, parts) {
		return
	}
	for _, name := range names {
		delete(h.kept, name)
	}
	h.names = slices.DeleteFunc(h.names, func(name string) bool { return h.kept[name] == nil })
	h.t.Logf("%q pruned: %q", names, h.now)
}

// rollBack undoes the last change of a part.
func (h *host) rollBack(name string) {
	k := h.kept[name]
	if k.last == nil || h.kept[overlapping(name)] != nil || !h.back([]string{name}, [][]Hunk{k.last.hunks}, []*Ground{k.last.ground}, []Part{undone(k.part, k.last.before)}) {
		return
	}
	h.t.Logf("%q rolled back: %q", name, h.now)
	if k.last.kept != nil {
		before := *k.last.kept
		h.kept[name] = &before
		return
	}
	delete(h.kept, name)
	h.names = slices.DeleteFunc(h.names, func(n string) bool { return n == name })
}

// pruneAll prunes the remaining parts, together or one by one, and compares the file.
func (h *host) pruneAll() {
	h.pruneWhatIsLeft()
	lines := slices.DeleteFunc(strings.SplitAfter(string(h.now), "\n"), func(l string) bool { return strings.Contains(l, "theirs") })
	if h.now = []byte(strings.Join(lines, "")); !bytes.Equal(h.now, h.was) {
		h.t.Fatalf("it was  %q\nit is   %q", h.was, h.now)
	}
}

// pruneWhatIsLeft prunes the remaining parts, together or one by one.
func (h *host) pruneWhatIsLeft() {
	if rapid.Bool().Draw(h.t, "at once") {
		h.prune(slices.Clone(h.names))
	}
	for len(h.names) > 0 {
		left := len(h.names)
		for _, name := range rapid.Permutation(h.names).Draw(h.t, "order") {
			if h.kept[name] != nil {
				h.prune([]string{name})
			}
		}
		if len(h.names) == left {
			h.t.Fatalf("%q cannot be pruned", h.names)
		}
	}
}

// TestRemovalBesideNeighbour: the second removal of a key leaves the key behind it unchanged, although the comma
// between them was added with that key.
func TestRemovalBesideNeighbour(t *testing.T) {
	src := []byte("{\n  \"k\": 1,\n  // of others\n  \"z\": 1\n}\n")
	k := Setting{Format: JSON, Key: "k", Value: int64(2)}
	gone, again := k, k
	gone.Absent = true
	rapid.Check(t, func(t *rapid.T) {
		h := &host{t: t, kind: fileKind{format: JSON}, was: src, now: src, kept: map[string]*keptPart{}}
		h.make("k", &gone)
		h.make("k", &again)
		h.make("new", &Setting{Format: JSON, Key: "new", Value: int64(3)})
		h.make("k", &gone)
		h.prune([]string{"k"})
		h.prune([]string{"new"})
		if string(h.now) != string(src) {
			t.Fatalf("it was  %q\nit is   %q", src, h.now)
		}
	})
}

// TestBlankLineAboveUnendedLast: the blank line above a last line without a line end returns with it, although it was
// removed with the part behind both.
func TestBlankLineAboveUnendedLast(t *testing.T) {
	src := []byte("# first\n\n# note")
	rapid.Check(t, func(t *rapid.T) {
		h := &host{t: t, kind: fileKind{format: KeyValue, comment: "#"}, was: src, now: src, kept: map[string]*keptPart{}}
		h.make("line", Line{Text: "# line"})
		h.make("note", Line{Text: "# note", Absent: true})
		h.prune([]string{"line"})
		if string(h.now) != "# first" {
			t.Fatalf("it is %q", h.now)
		}
		h.prune([]string{"note"})
		if string(h.now) != string(src) {
			t.Fatalf("it was  %q\nit is   %q", src, h.now)
		}
	})
}

// TestRemovedAssignmentBesideSetting: a removed line with an assignment returns to its section, beside a setting that
// was changed in the same run.
func TestRemovedAssignmentBesideSetting(t *testing.T) {
	subsystem := Line{Match: regexp.MustCompile("^Subsystem"), Absent: true}
	for _, c := range []struct {
		kind    fileKind
		src     string
		line    Line
		setting *Setting
	}{
		{fileKind{format: Space, dialect: SSH}, "#Port 22\nSubsystem sftp /x\n\nMatch User backup\n  X11Forwarding no\n", subsystem, &Setting{Format: Space, Dialect: SSH, Key: "Port", Value: "2200"}},
		{fileKind{format: INI}, "[x]\nj = 1\nk = 1\n[y]\nz = 1\n", Line{Match: regexp.MustCompile("^k"), Absent: true}, &Setting{Format: INI, Section: []string{"x"}, Key: "j", Value: "2"}},
		{fileKind{format: INI}, "[x]\nj = 1\nk = 1\n[y]\nz = 1\n", Line{Match: regexp.MustCompile("^k"), Absent: true}, &Setting{Format: INI, Section: []string{"y"}, Key: "new", Value: "2"}},
	} {
		rapid.Check(t, func(t *rapid.T) {
			h := &host{t: t, kind: c.kind, was: []byte(c.src), now: []byte(c.src), kept: map[string]*keptPart{}}
			h.change(nil, []string{"line", "setting"}, []Part{c.line, c.setting})
			h.prune(slices.Clone(h.names))
			if string(h.now) != c.src {
				t.Fatalf("it was  %q\nit is   %q", c.src, h.now)
			}
		})
	}
}
