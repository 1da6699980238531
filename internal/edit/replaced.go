package edit

import "bytes"

// RecordSplices returns what undoing splices of a file needs; nil if they do not fit it.
func RecordSplices(src []byte, splices []Splice) []Hunk {
	made, _, err := hunks(src, splices)
	if err != nil {
		return nil
	}
	return made
}

// Replaced returns what undoes the replacement of one version of a file by another: the lines between the first and
// the last that differ.
func Replaced(before, after []byte) []Hunk {
	if bytes.Equal(before, after) {
		return nil
	}
	from := 0
	for from < min(len(before), len(after)) && before[from] == after[from] {
		from++
	}
	from = 1 + bytes.LastIndexByte(before[:from], '\n')
	same := 0
	for same < min(len(before), len(after))-from && before[len(before)-1-same] == after[len(after)-1-same] {
		same++
	}
	for same > 0 && !isLineStart(before, len(before)-same) {
		same--
	}
	return RecordSplices(before, replace(before, from, len(before)-same, string(after[from:len(after)-same])))
}

// isLineStart reports whether a line begins at an offset.
func isLineStart(src []byte, at int) bool { return at == 0 || src[at-1] == '\n' }
