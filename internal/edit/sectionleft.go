package edit

import (
	"bytes"
	"slices"
	"strings"
)

// SectionsLeft returns, for each part, the section that stays without it, in the notation of people, if converge made
// the section for the part and others have text in it now; "" for all other parts.
func (e *Edited) SectionsLeft() []string {
	out := make([]string, len(e.parts))
	for i, p := range e.parts {
		s, ok := p.(*Setting)
		in := section{s}
		if !ok || !s.Absent || s.Items != nil || len(s.Section) == 0 || !e.isSectionMade(i, s) || !in.isIn(e.Bytes()) {
			continue
		}
		isNeeded := slices.ContainsFunc(e.parts, func(p Part) bool {
			o, ok := p.(*Setting)
			return ok && !o.Absent && in.holds(o)
		})
		if name := in.name(); !isNeeded && !slices.Contains(out, name) {
			out[i] = name
		}
	}
	return out
}

// isSectionMade reports whether the section of a part was made for it, or for another part that no longer exists.
func (e *Edited) isSectionMade(i int, s *Setting) bool {
	if s.Format == JSON {
		_, isMade := jsonFile{s}.made(s.Section)
		return isMade && len(e.back.Hunks[i]) > 0
	}
	return e.back.headerOf(i, s) != ""
}

// headerOf returns the lines with which converge made the section of a part; "" if others made it.
func (b *Back) headerOf(i int, s *Setting) string {
	if len(b.Hunks) <= i || len(b.Hunks[i]) == 0 {
		return ""
	}
	hunks := slices.Clone(b.Hunks[i])
	if len(b.Ground) > i && b.Ground[i] != nil {
		hunks = append(hunks, b.Ground[i].Heads...)
	}
	for _, h := range hunks {
		above, _, _ := splitSection(s, h.New)
		switch {
		case h.Old != "":
		case h.Head:
			return h.New
		case above != "":
			return above
		}
	}
	return ""
}

// withHeader extends splices that remove a key to the header of its section, if converge made that and nothing else is
// below it.
func (s *Setting) withHeader(src []byte, splices []Splice) []Splice {
	if s.madeBy == "" {
		return splices
	}
	in := section{s}.sizes(src)[section{s}.key()]
	gone := 0
	for _, sp := range splices {
		gone += len(rowsOf(sp.Old))
	}
	if in == nil || in.isDoubled || in.lines != gone {
		return splices
	}
	from := in.from
	if in.isSetOff && isSetOff(s.madeBy) {
		from = bytes.LastIndexByte(src[:from-1], '\n') + 1
	}
	return append(removeRows(src, from, in.to), splices...)
}

// readHeader returns the section that a line begins; false if it begins none.
func (s section) readHeader(line string) (string, bool) {
	if s.Format == TOML {
		names := tomlHeader(line)
		return joinNames(names), names != nil
	}
	f := flat{s.Setting, s.Dialect.rules(s.Format)}
	name, ok := f.header(line)
	return f.foldSection(name), ok
}

// isHeader reports whether a line begins a section or, in YAML, the mapping of the setting.
func (s section) isHeader(line string) bool {
	if s.Format != YAML {
		_, is := s.readHeader(line)
		return is
	}
	if len(s.Section) == 0 {
		return false
	}
	name, err := writeYAML(s.Section[len(s.Section)-1])
	return err == nil && strings.TrimSpace(line) == name+":"
}

// key returns the result of readHeader for the section.
func (s section) key() string {
	if s.Format == TOML {
		return joinNames(s.Section)
	}
	f := flat{s.Setting, s.Dialect.rules(s.Format)}
	return f.foldSection(f.section())
}

// section is the section of a setting.
type section struct{ *Setting }

// isIn reports whether the section is in a file.
func (s section) isIn(src []byte) bool {
	if !s.Format.IsTyped() {
		return countHeaders(flat{s.Setting, s.Dialect.rules(s.Format)}, src) > 0
	}
	tree, err := s.tree(src)
	for _, name := range s.Section {
		all, _ := tree.(map[string]any)
		next, ok := all[name]
		if err != nil || !ok {
			return false
		}
		tree = next
	}
	return true
}

// holds reports whether another setting is in the section.
func (s section) holds(o *Setting) bool {
	if s.Format.IsTyped() {
		return len(o.Section) >= len(s.Section) && slices.Equal(o.Section[:len(s.Section)], s.Section)
	}
	return flat{s.Setting, s.Dialect.rules(s.Format)}.sameSection(strings.Join(o.Section, "."))
}

// name returns the section's name for people.
func (s section) name() string {
	name := strings.Join(s.Section, ".")
	if s.Format == INI || s.Format == TOML {
		return "[" + name + "]"
	}
	return name
}
