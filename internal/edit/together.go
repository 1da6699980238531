package edit

import (
	"slices"
)

// makeTogether makes lines, blocks and settings of one grammar, and returns what undoing each needs. The result equals
// that of making them one by one, in a time that grows with the file and not with its product with the parts. It
// returns false if it cannot guarantee that.
func makeTogether(m *Memo, parts []Part) (all [][]Hunk, out []byte, ok bool) {
	if len(parts) < 2 || !areAlike(parts) || mayMeet(parts) {
		return nil, nil, false
	}
	s := newSeries(m, firstSetting(parts))
	all = make([][]Hunk, len(parts))
	for i, p := range parts {
		if all[i], ok = s.add(p); !ok {
			return nil, nil, false
		}
	}
	if !s.readAgain() {
		return nil, nil, false
	}
	for _, p := range parts {
		if s.read.holds(p) != nil {
			return nil, nil, false
		}
	}
	return all, s.read.body, true
}

// mayMeet reports whether the order of parts of a typed file may matter: a line that removes or changes the lines that
// it matches, a line or block whose place depends on a line that a setting changes, or a removed mapping that contains
// others.
func mayMeet(parts []Part) bool {
	first := firstSetting(parts)
	if first == nil || !first.Format.IsTyped() {
		return false
	}
	gone := goneMappings(parts)
	for _, p := range parts {
		switch p := p.(type) {
		case Line:
			if p.After != nil || p.Before != nil || p.Match != nil || p.Absent {
				return true
			}
		case Block:
			if p.After != nil || p.Before != nil {
				return true
			}
		}
	}
	return len(gone) > 0 && slices.ContainsFunc(parts, func(p Part) bool {
		s, ok := p.(*Setting)
		if !ok {
			return false
		}
		path := s.path()
		for n := range path {
			if with, goes := gone[joinNames(path[:n])]; goes && with != joinNames(path) {
				return true
			}
		}
		return false
	})
}

// goneMappings maps the paths of mappings that may be removed to the keys that remove them; a mapping that is removed
// by its own name maps to itself.
func goneMappings(parts []Part) map[string]string {
	gone := map[string]string{}
	for _, p := range parts {
		s, ok := p.(*Setting)
		if !ok || !s.Absent {
			continue
		}
		path := joinNames(s.path())
		gone[path] = path
		for _, o := range s.Made {
			gone[joinNames(o.Path)] = path
		}
	}
	return gone
}

// areAlike reports whether all parts are lines, blocks and settings of one grammar, or all are keys, or known hosts,
// or lines of fstab.
func areAlike(parts []Part) bool {
	first := firstSetting(parts)
	kinds := map[string]bool{}
	for _, p := range parts {
		switch p := p.(type) {
		case Line, Block:
			kinds["text"] = true
		case *Setting:
			kinds["text"] = true
			if p.Format != first.Format || p.Dialect != first.Dialect {
				return false
			}
		case AuthorizedKey:
			kinds["key"] = true
		case KnownHost:
			kinds["host"] = true
		case FstabLine:
			kinds["fstab"] = true
		default:
			return false
		}
	}
	return len(kinds) == 1
}

func firstSetting(parts []Part) *Setting {
	for _, p := range parts {
		if s, ok := p.(*Setting); ok {
			return s
		}
	}
	return nil
}
