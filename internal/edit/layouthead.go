package edit

import (
	"slices"
	"strings"
)

// makesSection reports whether an item makes a section of settings.
func (it *item) makesSection() bool {
	return it.In != nil && it.In.Format != JSON && it.Old == "" && len(it.In.Path) > 1
}

// sectionsOf returns the items that make sections of settings.
func sectionsOf(items []item) (out []item) {
	for i := range items {
		if items[i].makesSection() {
			out = append(out, items[i])
		}
	}
	return out
}

// headsOf returns the heads of the sections that contain a key, if other parts have made them.
func headsOf(sections []item, key string, p Part) (out []Hunk) {
	s, ok := p.(*Setting)
	if !ok {
		return nil
	}
	scope := Scope{s.Format, s.Dialect, s.path()}
	for _, it := range sections {
		if it.key == key {
			continue
		}
		if h, ok := it.headFor(scope); ok {
			out = append(out, h)
		}
	}
	return out
}

// headFor returns the part of an item that makes a section which contains a key; false if the item makes none of
// these.
func (h Hunk) headFor(s Scope) (Hunk, bool) {
	n := len(h.In.Path) - 1 // names of the section
	shared := 0
	for shared < min(n, len(s.Path)-1) && h.In.Path[shared] == s.Path[shared] {
		shared++
	}
	switch {
	case h.In.Format != s.Format, shared == 0, shared < n && s.Format != YAML, s.Format == TOML && len(s.Path)-1 > n:
		return Hunk{}, false
	}
	if !h.Head {
		h.New, _, _ = splitSection(&Setting{Format: s.Format, Dialect: h.In.Dialect, Section: h.In.Path[:n]}, h.New)
	}
	if shared < n { // each mapping of YAML has a line of its own
		lines := strings.SplitAfter(strings.TrimSuffix(h.New, "\n"), "\n")
		h.New = strings.Join(lines[:max(0, len(lines)-(n-shared))], "")
		h.In = &Scope{h.In.Format, h.In.Dialect, h.In.Path[:shared+1]}
	}
	h.Head = true
	return h, h.New != ""
}

// heirOf returns what stays of an item that is taken back, because it makes a section that contains another part,
// which inherits it; false if nothing stays.
func heirOf(items []item, i int) (heir item, ok bool) {
	it := &items[i]
	if !it.makesSection() {
		return heir, false
	}
	for j := range items {
		in := &items[j]
		if in.key == it.key || in.In == nil || in.isTaken {
			continue
		}
		if h, is := it.headFor(*in.In); is && len(h.New) > len(heir.New) {
			heir, ok = item{Hunk: h, key: in.key, at: it.at, isTaken: true}, true
		}
	}
	return heir, ok
}

// takeHead gives a part the head of its section back that another one has taken over, and returns the rest below it;
// false if there is none.
func (l *Layout) takeHead(key string, h Hunk) (below Hunk, ok bool) {
	i := slices.IndexFunc(l.items, func(it item) bool { return it.Head && it.compare(h) == 0 })
	if i < 0 || !strings.HasPrefix(h.New, l.items[i].New) {
		return Hunk{}, false
	}
	it := &l.items[i]
	below = Hunk{At: it.to(), New: h.New[len(it.New):], In: h.In}
	l.now.replace(below.At, 0, below.New)
	it.Hunk, it.key = h, key
	l.move(i+1, len(below.New))
	return below, true
}

// doublesSection reports whether taking edits back adds the header of a section that exists again, because another
// part has made the section since.
func (b *Back) doublesSection(before, after []byte, parts []Part) bool {
	for i, hunks := range b.Hunks {
		s, ok := parts[i].(*Setting)
		if len(hunks) == 0 || !ok || s.Absent || len(s.Section) == 0 || s.Format.IsTyped() {
			continue
		}
		f := flat{s, s.Dialect.rules(s.Format)}
		if n := countHeaders(f, after); n > 1 && n > countHeaders(f, before) {
			return true
		}
	}
	return false
}

// countHeaders returns how often the section of a setting begins in a file.
func countHeaders(f flat, src []byte) (n int) {
	for _, r := range rows(src) {
		if name, ok := f.header(r.text); ok && f.sameSection(name) {
			n++
		}
	}
	return n
}
