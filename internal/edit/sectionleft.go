package edit

import (
	"slices"
	"strings"
)

// SectionsLeft returns for each of the parts the section that stays without it, as people write that, where
// converge had made the section for it and others have something in it now; "" for all other parts.
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

// isSectionMade reports whether the section of a part was made for it, or for another one that is gone.
func (e *Edited) isSectionMade(i int, s *Setting) bool {
	b := e.back
	if s.Format == JSON {
		_, isMade := jsonFile{s}.made(s.Section)
		return isMade && len(b.Hunks[i]) > 0
	}
	isHead := func(h Hunk) bool {
		above, _, _ := splitSection(s, h.New)
		return h.Old == "" && (h.Head || above != "")
	}
	return slices.ContainsFunc(b.Hunks[i], isHead) || b.Layout != nil && len(b.Hunks[i]) > 0 &&
		slices.ContainsFunc(b.Layout.items, func(it item) bool { return it.key == b.Keys[i] && isHead(it.Hunk) })
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

// name is what people call the section.
func (s section) name() string {
	name := strings.Join(s.Section, ".")
	if s.Format == INI || s.Format == TOML {
		return "[" + name + "]"
	}
	return name
}
