package edit

import "strings"

// sectionSize is the header of a section, and the number of non-empty lines below it. A comment right above the next
// header belongs to that one, and is not counted.
type sectionSize struct {
	from, to  int  // of the header
	isSetOff  bool // an empty line is above it
	lines     int
	comments  []row // of the lines
	isDoubled bool
}

// sizesOf is the key for the sections of a file in a memo.
type sizesOf struct {
	format  Format
	dialect Dialect
}

// sizes returns the sections of a file, by their names.
func (s section) sizes(src []byte) map[string]*sectionSize {
	lines := readRows(s.memo, src) // before the memo is locked
	all, _ := recall(s.memo, src, sizesOf{s.Format, s.Dialect}, func() (map[string]*sectionSize, error) { return s.readSizes(lines), nil })
	return all
}

func (s section) readSizes(lines []row) map[string]*sectionSize {
	out := map[string]*sectionSize{}
	in := &sectionSize{} // before the first header
	var comment []row    // the next line may continue it
	above := row{text: "-"}
	for _, r := range lines {
		if name, isHeader := s.readHeader(r.text); isHeader {
			if in = out[name]; in == nil {
				in = &sectionSize{from: r.start, to: r.end, isSetOff: above.text == ""}
				out[name] = in
			} else {
				in.isDoubled = true
			}
			comment = nil
		} else if isCommentRow(r) {
			comment = append(comment, r)
		} else {
			in.addComments(comment)
			if comment = nil; strings.TrimSpace(r.text) != "" {
				in.lines++
			}
		}
		above = r
	}
	in.addComments(comment)
	return out
}

func (z *sectionSize) addComments(rows []row) {
	z.comments, z.lines = append(z.comments, rows...), z.lines+len(rows)
}

func isCommentRow(r row) bool {
	text := strings.TrimSpace(r.text)
	return strings.HasPrefix(text, "#") || strings.HasPrefix(text, ";")
}

// strandsComment reports whether the header of a section is removed although a comment of others is below it, which
// would then be in the section above.
func strandsComment(before, after *Memo, parts []Part) bool {
	var texts map[int]bool
	done := map[string]bool{}
	for _, p := range parts {
		s, ok := before.with(p).(*Setting)
		if !ok || !s.Absent || s.Items != nil || s.madeBy == "" && s.Format != YAML || done[joinNames(s.Section)] {
			continue
		}
		done[joinNames(s.Section)] = true
		then, _ := after.with(p).(*Setting)
		comments := section{s}.commentsLost(before.body, section{then}, after.body)
		if len(comments) > 0 && texts == nil {
			texts = textLinesOf(before, parts)
		}
		for _, r := range comments {
			if !texts[r.number] {
				return true
			}
		}
	}
	return false
}

// commentsLost returns the comments in a section that is missing in a later version of the file.
func (s section) commentsLost(before []byte, then section, after []byte) []row {
	if s.Format == YAML {
		return s.mappingComments(before, then, after)
	}
	in := s.sizes(before)[s.key()]
	if in == nil || in.isDoubled || len(in.comments) == 0 || then.sizes(after)[s.key()] != nil {
		return nil
	}
	return in.comments
}

// mappingComments is commentsLost for a mapping of YAML, nested or not.
func (s section) mappingComments(before []byte, then section, after []byte) (out []row) {
	is, _, err := yamlFile{s.Setting}.walk(before)
	left, _, thenErr := yamlFile{then.Setting}.walk(after)
	n := min(len(is), len(s.Section))
	if err != nil || thenErr != nil || len(left) >= n || is[len(left)].flow() {
		return nil
	}
	gone := is[len(left)] // the outermost
	end := yamlFile{s.Setting}.blockEnd(before, gone)
	for _, r := range readRows(s.memo, before)[gone.key().Line-1:] {
		if r.start >= end {
			break
		}
		if strings.HasPrefix(strings.TrimSpace(r.text), "#") {
			out = append(out, r)
		}
	}
	return out
}

// textLinesOf returns the numbers of the lines of a file that belong to lines and blocks among the parts.
func textLinesOf(m *Memo, parts []Part) map[int]bool {
	out := map[int]bool{}
	for _, p := range parts {
		for _, r := range textRowsOf(m, p, false) {
			out[r.number] = true
		}
	}
	return out
}
