package outline

import "bytes"

// cutBlocks returns the offsets at which a manifest is cut: the lines that begin a block at the left edge, outside of
// heredocs. The cuts are right for an incomplete manifest, too, if its author keeps to the usual indentation.
func cutBlocks(src []byte) []int {
	cuts := []int{0}
	for at := 0; at < len(src); {
		end := lineEnd(src, at)
		line := src[at:end]
		if marker := heredocMarker(line); marker != nil {
			if behind := heredocEnd(src, end, marker); behind > 0 {
				end = behind
			}
		}
		if at > 0 && isHeader(line) {
			cuts = append(cuts, at)
		}
		at = end
	}
	return cuts
}

// lineEnd returns the offset after the line that begins at an offset.
func lineEnd(src []byte, at int) int {
	if n := bytes.IndexByte(src[at:], '\n'); n >= 0 {
		return at + n + 1
	}
	return len(src)
}

// heredocMarker returns the marker of the heredoc that a line opens, nil if it opens none.
func heredocMarker(line []byte) []byte {
	at := bytes.LastIndex(line, []byte("<<"))
	if at < 0 {
		return nil
	}
	line = bytes.TrimRight(line, " \t\r\n")
	if bytes.HasPrefix(bytes.TrimSpace(line), []byte("#")) {
		return nil
	}
	marker := bytes.TrimPrefix(line[at+2:], []byte("-"))
	if len(marker) == 0 || wordLength(marker) < len(marker) {
		return nil
	}
	return marker
}

// heredocEnd returns the offset after the line that closes a heredoc, 0 if none does.
func heredocEnd(src []byte, at int, marker []byte) int {
	for at < len(src) {
		end := lineEnd(src, at)
		if bytes.Equal(bytes.TrimSpace(src[at:end]), marker) {
			return end
		}
		at = end
	}
	return 0
}

// isHeader reports whether a line begins a block at the left edge: a word, labels, a brace.
func isHeader(line []byte) bool {
	n := wordLength(line)
	if n == 0 {
		return false
	}
	for rest := line[n:]; ; {
		trimmed := bytes.TrimLeft(rest, " \t")
		switch {
		case bytes.HasPrefix(trimmed, []byte("{")):
			return true
		case bytes.HasPrefix(trimmed, []byte(`"`)):
			end := bytes.IndexByte(trimmed[1:], '"')
			if end < 0 {
				return false
			}
			rest = trimmed[end+2:]
		default:
			n := wordLength(trimmed)
			if n == 0 || len(trimmed) == len(rest) {
				return false
			}
			rest = trimmed[n:]
		}
	}
}

// wordLength returns the length in bytes of the word at the start of a text.
func wordLength(s []byte) int {
	for i, c := range s {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return i
		}
	}
	return len(s)
}

// Around returns the offset of the beginning of the piece around an offset.
func Around(src []byte, offset int) int {
	at := 0
	for _, c := range cutBlocks(src) {
		if c <= offset {
			at = c
		}
	}
	return at
}
