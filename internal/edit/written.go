package edit

import (
	"errors"
	"slices"
	"strings"
)

// withWritten returns the parts; each restored setting has its recorded text.
func (b *Back) withWritten(parts []Part) []Part {
	out := slices.Clone(parts)
	for i, p := range parts {
		s, ok := p.(*Setting)
		if !ok || s.Absent || s.Items != nil || len(b.Hunks) <= i {
			continue
		}
		if text := writtenText(s.Format, b.Hunks[i]); text != "" {
			back := *s
			back.written = text
			if s.Format == YAML && len(b.Ground) > i && b.Ground[i].isKnown() && len(b.Ground[i].Now) == 1 {
				back.next, back.between = nextInLine(b.Ground[i].Now[0])
			}
			out[i] = &back
		}
	}
	return out
}

// writtenText returns the text that hunks removed: whole lines, or a key without the separators to its neighbours. It
// is empty if the hunks replaced it.
func writtenText(format Format, hunks []Hunk) string {
	text := ""
	for i, h := range hunks {
		if h.New != "" {
			return ""
		}
		old := h.Old
		if i == 0 && h.Prev != "" && !strings.HasSuffix(h.Prev, "\n") { // it begins with the end of the line above
			old = strings.TrimPrefix(strings.TrimPrefix(old, "\r"), "\n")
		}
		text += old
	}
	if format == JSON || format == YAML && !strings.HasSuffix(text, "\n") {
		return strings.Trim(text, ", \t\r\n")
	}
	return strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
}

// plansNew returns the splices that add the key: in its old form if that fits the file, and otherwise with its value
// in a new form.
func (s *Setting) plansNew(g grammar, src []byte) ([]Splice, error) {
	if splices := s.outsideBlocks(src, s.insertWritten(g, src)); splices != nil && (s.isWrittenAlone() || s.restoresOnly(src, splices)) {
		return splices, nil
	}
	splices, _, err := s.insertOutside(g, src)
	return splices, err
}

// isWrittenAlone reports whether the recorded text is one line of a file of lines that assigns the wanted value to the
// key. It does not read the file, in which many keys may be restored.
func (s *Setting) isWrittenAlone() bool {
	if s.Format.IsTyped() || s.written == "" || strings.Contains(s.written, "\n") || indentOf(s.written) != "" {
		return false
	}
	alone, header := *s, ""
	f := flat{&alone, s.Dialect.rules(s.Format)}
	switch name := f.section(); {
	case f.sections && name != "":
		header = "[" + name + "]\n"
	case name != "":
		return false
	}
	alone.memo = nil
	_, p, err := alone.find([]byte(header + s.written + "\n"))
	return err == nil && p != nil && s.isValue(p.value)
}

// restoresOnly reports whether splices give the key the wanted value, and change nothing else.
func (s *Setting) restoresOnly(src []byte, splices []Splice) bool {
	p := s.findAdded(src, splices)
	return p != nil && s.isValue(p.value)
}

// insertWritten is the splices that add the key in its old form; nil if that is not known, or has no place.
func (s *Setting) insertWritten(g grammar, src []byte) []Splice {
	if s.written == "" {
		return nil
	}
	if f, ok := g.(flat); ok {
		room := f.room(src)
		if room.open {
			return nil
		}
		return insertLines(src, room.at, append(slices.Clone(room.header), belowHeader(f, s.written))...)
	}
	if splices := (yamlFile{s}).insertBefore(src); splices != nil {
		return splices
	}
	splices, _, err := g.insert(src, int64(0))
	key, nameErr := s.keyOfZero()
	if err != nil || nameErr != nil {
		return nil
	}
	for i, sp := range splices {
		from := strings.LastIndex(sp.New, key)
		if from < 0 {
			continue
		}
		to := from + len(key)
		if indent := indentOf(s.written); indent != "" || s.Format == TOML { // whole lines, which include their indentation
			from = 1 + strings.LastIndexByte(sp.New[:from], '\n')
		}
		splices[i].New = sp.New[:from] + s.written + sp.New[to:]
		return splices
	}
	return nil
}

// keyOfZero is the key in a typed format with the value 0.
func (s *Setting) keyOfZero() (string, error) {
	switch s.Format {
	case TOML:
		return keyTOML(s.Key) + " = 0", nil
	case YAML:
		name, err := writeYAML(s.Key)
		return name + ": 0", err
	case JSON:
		name, err := writeJSON(s.Key)
		return name + ": 0", err
	}
	return "", errors.New("the format has no types")
}

// belowHeader returns the lines of a text after the header of a section: the section may exist again, or gets a new
// one.
func belowHeader(f flat, text string) string {
	lines := rows([]byte(text))
	for _, r := range slices.Backward(lines) {
		if _, ok := f.header(r.text); ok {
			return text[r.end:]
		}
	}
	return text
}
