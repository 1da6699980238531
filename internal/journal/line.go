package journal

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
)

// maxLine limits the bytes of a line, for writers and readers.
const maxLine = 16 << 20

// sum is the running checksum of a file of lines.
type sum uint32

func (s sum) addText(text []byte) sum { return sum(crc32.Update(uint32(s), crc32.IEEETable, text)) }

// appendLine adds a line with the JSON of v to buf, in a file whose last line has the checksum s, and returns that of
// the new line.
func appendLine(buf *bytes.Buffer, s sum, v any) (sum, error) {
	at := buf.Len()
	buf.WriteString("00000000 ")
	if err := encodeLine(buf, v); err != nil {
		buf.Truncate(at)
		return s, err
	}
	line := buf.Bytes()[at:]
	if len(line) > maxLine {
		buf.Truncate(at)
		return s, fmt.Errorf("its record has %d bytes, more than the journal takes (%d)", len(line), maxLine)
	}
	s = s.addText(line[9 : len(line)-1])
	hex.Encode(line, []byte{byte(s >> 24), byte(s >> 16), byte(s >> 8), byte(s)})
	return s, nil
}

// encodeLine writes v as JSON without inner newlines, and a newline at its end.
func encodeLine(buf *bytes.Buffer, v any) error {
	if r, ok := v.(*record); ok && r.Begin != nil && r.Begin.Ledger == nil && r.Begin.Dirs == nil {
		r.Begin.encodeRecord(buf)
		return nil
	} else if ok && r.Done != nil && r.Done.isPlain() {
		r.Done.encodeRecord(buf)
		return nil
	}
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// encodeString writes s like json.Marshal does, but faster if only quotation marks and backslashes need an escape.
func encodeString(buf *bytes.Buffer, s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '<' || c == '>' || c == '&' {
			b, _ := json.Marshal(s) // encoding a string never fails
			buf.Write(b)
			return
		}
	}
	encodePlain(buf, s)
}

// parseLine splits a line (without its newline) that follows one with the checksum prev. stored is the checksum in the
// line.
func parseLine(line []byte, prev sum) (text []byte, stored sum, ok bool) {
	if len(line) < 9 || line[8] != ' ' {
		return nil, 0, false
	}
	for _, c := range line[:8] {
		switch {
		case '0' <= c && c <= '9':
			stored = stored<<4 | sum(c-'0')
		case 'a' <= c && c <= 'f':
			stored = stored<<4 | sum(c-'a'+10)
		default: // also upper case: a text has only one valid line
			return nil, 0, false
		}
	}
	text = line[9:]
	return text, stored, prev.addText(text) == stored
}
