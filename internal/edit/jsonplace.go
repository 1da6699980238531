package edit

import (
	"strings"

	"github.com/tailscale/hujson"
)

// behind returns the line after an offset, and the end of the comments that begin in the rest of its own line.
func (f jsonFile) behind(src []byte, at int, extra hujson.Extra) (line, to int) {
	rest, cut := string(extra), false
	size := 0
	for !cut {
		comment := strings.IndexAny(rest[size:], "\n/")
		if comment < 0 {
			break
		}
		size += comment
		switch open := rest[size:]; {
		case strings.HasPrefix(open, "/*"):
			_, below, _ := strings.Cut(open[2:], "*/")
			size = len(rest) - len(below)
		default: // to the end of the line, or of a comment
			line, _, isLine := strings.Cut(open, "\n")
			size, cut = size+len(line), isLine
		}
		if !cut && size == len(rest) {
			break
		}
	}
	if rest = strings.TrimRight(rest[:size], " \t\r"); cut {
		at += len(rest)
	}
	return lineOf(f.memo, src, at) + 1, at
}

// beforeBlock is the splice that inserts the text of a key, which begins a line, before the block that contains the
// end of its object's last key; nil if there is no such block, or the object begins in it.
func (f jsonFile) beforeBlock(src []byte, end int, text string) []Splice {
	in, ok := blockAt(readBlocks(f.memo, src), end)
	if !ok {
		return nil
	}
	nl := newline(src)
	splices := []Splice{{At: in.begin.start, New: strings.TrimPrefix(text, nl) + "," + nl}}
	if f.findAdded(src, splices) == nil {
		return nil
	}
	return splices
}
