package edit

import (
	"bytes"
	"slices"
	"strings"
)

// closeLast adds the end of the last line to a file, and returns how many bytes that takes. A missing end is a
// property of the file and not of a part: parts are made and taken back in files of whole lines.
func closeLast(src []byte) (closed []byte, added int) { return closeBy(src, newline(src)) }

// closeBy is closeLast for a file whose lines have that end.
func closeBy(src []byte, end string) (closed []byte, added int) {
	if len(src) == 0 || src[len(src)-1] == '\n' {
		return src, 0
	}
	return append(bytes.Clone(src), end...), len(end)
}

// lineEndOf returns the end of lines in a file. One line without its end does not show it; the edits to be taken back
// may.
func lineEndOf(src []byte, edits [][]Hunk) string {
	if bytes.IndexByte(src, '\n') >= 0 {
		return newline(src)
	}
	for _, hunks := range slices.Backward(edits) {
		for _, h := range hunks { // a text that is missing now may have had other ends
			for _, text := range [...]string{h.Prev, h.New, h.Next, h.Old} {
				if i := strings.IndexByte(text, '\n'); i >= 0 {
					return newline([]byte(text))
				}
			}
		}
	}
	return "\n"
}

// openLast removes what [closeLast] has added to the file that became this one, and empty lines that are now the last
// ones: otherwise the file would end with the end of a line.
func openLast(src []byte, added int) []byte {
	if added == 0 || !bytes.HasSuffix(src, []byte("\n")) {
		return src
	}
	hasReturns := added == 2 || bytes.IndexByte(src, '\n') < len(src)-1 && newline(src) == "\r\n"
	for src = src[:len(src)-1]; ; src = src[:len(src)-1] {
		if hasReturns {
			src = bytes.TrimSuffix(src, []byte("\r"))
		}
		if !bytes.HasSuffix(src, []byte("\n")) {
			return src
		}
	}
}

// inFile converts hunks of the body of a file, which became out, to those of the file. If nothing remains, the file no
// longer shows that its last line had no end: the last hunks then restore all of it.
func (m *Memo) inFile(all [][]Hunk, out []byte) [][]Hunk {
	isGone := m.added > 0 && len(openLast(out, m.added)) == 0
	for i := len(all) - 1; i >= 0; i-- {
		if isGone && len(all[i]) > 0 {
			all[i], isGone = m.wholeFile(all[i], out), false
		}
		for j, h := range all[i] {
			all[i][j] = h.behind(utf8BOM[:m.bom])
		}
	}
	return all
}

// wholeFile merges hunks that have left only empty lines in a file into one hunk that removes the whole text.
func (m *Memo) wholeFile(hunks []Hunk, out []byte) []Hunk {
	splices, ok := takeBack(string(out), hunks, exactly)
	was, err := apply(out, splices)
	if !ok || err != nil {
		return hunks
	}
	return []Hunk{{Old: string(openLast(was, m.added)), In: hunks[0].In}}
}

// behindLast returns a hunk in a file whose last line has no end: once the hunk is removed, the empty lines before it
// are removed, too.
func (h Hunk) behindLast() Hunk {
	if h.Next+h.New != "" {
		return h
	}
	for {
		last := strings.TrimSuffix(strings.TrimSuffix(h.Prev, "\n"), "\r")
		if !strings.HasSuffix(last, "\n") {
			return h
		}
		empty := h.Prev[len(last):]
		h.At, h.Prev, h.Old = h.At-len(empty), last, empty+h.Old
	}
}

// behind returns the hunk in a file that begins with a mark.
func (h Hunk) behind(mark string) Hunk {
	if h.At <= contextSize {
		h.Prev = mark + h.Prev
		h.Prev = h.Prev[max(0, len(h.Prev)-contextSize):]
	}
	h.At += len(mark)
	return h
}

// closedOld returns the text before the hunk. The former end of a file gets a line end if text follows it now.
func (h Hunk) closedOld(end, size int) string {
	if h.Next != "" || h.Old == "" || end == size || h.New != "" && !strings.HasSuffix(h.New, "\n") {
		return h.Old
	}
	closed, _ := closeLast([]byte(h.Old))
	return string(closed)
}
