package outline

import "bytes"

// heal returns a piece that does not parse, with as little as possible blanked so that it does, and its content: it
// blanks the line of the latest edit, that of the error, the one before it, several of these, or finally everything
// except the block's header. Offsets stay valid.
func heal(src []byte, edited, failed int) (healed []byte, found *piece) {
	lines := [][2]int{}
	add := func(at int) {
		if at >= 0 && at <= len(src) {
			start := bytes.LastIndexByte(src[:at], '\n') + 1
			lines = append(lines, [2]int{start, lineEnd(src, start)})
		}
	}
	add(edited)
	add(failed)
	if len(lines) > 0 {
		add(lines[len(lines)-1][0] - 1)
	}
	healed = src
	for _, l := range lines {
		for _, from := range [][]byte{src, healed} {
			try := blank(from, l[0], l[1])
			if found = parsePiece(try); !found.failed && len(found.blocks) > 0 {
				return try, found
			}
			healed = try
		}
	}
	if open := bytes.IndexByte(src, '{'); open >= 0 && isHeader(src) {
		healed = blank(src, open+1, len(src))
		if end := bytes.LastIndexByte(healed, ' '); end > open {
			healed[end] = '}'
			if found = parsePiece(healed); !found.failed {
				return healed, found
			}
		}
	}
	return blank(src, 0, len(src)), &piece{}
}

// blank returns src with spaces from start up to end, except for line ends.
func blank(src []byte, start, end int) []byte {
	out := bytes.Clone(src)
	for i := start; i < end; i++ {
		if out[i] != '\n' && out[i] != '\r' {
			out[i] = ' '
		}
	}
	return out
}
