package edit

import (
	"slices"
	"strings"
)

// isNeutral reports whether lines can be neither headers nor assignments, commented out or not, and neither continue
// others nor are continued.
func (s *Setting) isNeutral(lines []string) bool {
	f := s.Dialect.rules(s.Format)
	return !s.Format.IsTyped() && !slices.ContainsFunc(lines, func(text string) bool {
		_, header := f.header(text)
		_, assigns := f.assign(row{text: text, end: len(text)})
		return header || assigns || f.indented && indentOf(text) != "" || f.joined && strings.HasSuffix(text, "\\") ||
			(f.shell || f.exported) && strings.ContainsAny(text, "\"'`\\(<")
	})
}

// uncomments reports whether a setting replaces a comment.
func (s *series) uncomments(p Part, splices []Splice) bool {
	if _, ok := p.(*Setting); !ok || !slices.ContainsFunc(splices, func(sp Splice) bool { return sp.Old != "" }) {
		return false
	}
	state, err := s.read.Look(p)
	return err != nil || !state.Present
}

// changesModel reports whether a setting changes the line after whose style others are written: it removes the
// separator of one, or adds one to a name alone.
func (s *series) changesModel(p Part, splices []Splice) bool {
	f, ok := s.read.with(p).(*Setting)
	if !ok {
		return false
	}
	return slices.ContainsFunc(splices, func(sp Splice) bool {
		switch {
		case sp.Old == "":
			return !f.Format.IsTyped() && !strings.Contains(sp.New, "\n")
		case !f.Format.IsTyped() && sp.New != "":
			return false
		}
		return slices.ContainsFunc(f.models(s.read.body), func(at int) bool { return sp.At <= at && at < sp.At+len(sp.Old) })
	})
}

// models returns the offsets of the lines that determine the style of new ones.
func (s *Setting) models(src []byte) (out []int) {
	switch s.Format {
	case TOML:
		return nil
	case YAML, JSON:
		for _, r := range readRows(s.memo, src) {
			if in := indentOf(r.text); in != "" && len(in) < len(r.text) {
				return []int{r.start + len(in)}
			}
		}
		return nil
	}
	f := flat{s, s.Dialect.rules(s.Format)}
	o := f.readOutline(src)
	if own, ok := o.like[f.foldSection(f.section())]; ok {
		out = append(out, own.value-len(own.sep))
	}
	if o.last != nil {
		out = append(out, o.last.value-len(o.last.sep))
	}
	return out
}
