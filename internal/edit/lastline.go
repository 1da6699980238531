package edit

import (
	"bytes"
	"slices"
	"strings"
)

// closeLast returns a file with the end of its last line, and how many bytes that takes. That
// a file lacks it is a property of the file and of no part: parts are made and taken back in
// files of whole lines.
func closeLast(src []byte) (closed []byte, added int) { return closeBy(src, newline(src)) }

// closeBy is closeLast of a file whose lines have that end.
func closeBy(src []byte, end string) (closed []byte, added int) {
	if len(src) == 0 || src[len(src)-1] == '\n' {
		return src, 0
	}
	return append(bytes.Clone(src), end...), len(end)
}

// lineEndOf returns how the lines of a file end. One line without its end does not tell; what is to
// be taken back in it may.
func lineEndOf(src []byte, edits [][]Hunk) string {
	if bytes.IndexByte(src, '\n') >= 0 {
		return newline(src)
	}
	for _, hunks := range slices.Backward(edits) {
		for _, h := range hunks { // what is not there now may have had other ends
			for _, text := range [...]string{h.Prev, h.New, h.Next, h.Old} {
				if i := strings.IndexByte(text, '\n'); i >= 0 {
					return newline([]byte(text))
				}
			}
		}
	}
	return "\n"
}

// openLast takes away what [closeLast] has added to the file that became this one. Empty lines
// that are the last ones now go with it: the file would end with the end of a line otherwise.
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

// inFile is hunks of the body of a file, which became out, as those of the file. If nothing is
// left, the file does not tell any more that its last line had no end: the last hunks bring
// back all of it as it was.
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

// wholeFile is the hunks that have left a file of nothing but empty lines as the one of a file
// of which nothing is left.
func (m *Memo) wholeFile(hunks []Hunk, out []byte) []Hunk {
	splices, ok := takeBack(string(out), hunks, exactly)
	was, err := apply(out, splices)
	if !ok || err != nil {
		return hunks
	}
	return []Hunk{{Old: string(openLast(was, m.added)), In: hunks[0].In}}
}

// behindLast is a hunk in a file whose last line has no end: the empty lines that it was
// behind are not there any more once it is gone.
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

// behind is the hunk in a file that begins with a mark.
func (h Hunk) behind(mark string) Hunk {
	if h.At <= contextSize {
		h.Prev = mark + h.Prev
		h.Prev = h.Prev[max(0, len(h.Prev)-contextSize):]
	}
	h.At += len(mark)
	return h
}

// closedOld is what was there before the hunk. What was the end of a file, and is followed by
// a text now, gets the end of its last line.
func (h Hunk) closedOld(end, size int) string {
	if h.Next != "" || h.Old == "" || end == size || h.New != "" && !strings.HasSuffix(h.New, "\n") {
		return h.Old
	}
	closed, _ := closeLast([]byte(h.Old))
	return string(closed)
}
