package edit

import (
	"slices"
	"sort"
	"strings"
)

// marked is a block with its two marker lines.
type marked struct{ begin, end row }

// blocksIn is the key, in a memo, of the blocks of a file.
type blocksIn struct{}

// readBlocks returns all blocks of a file, of any owner, in order. They are not nested.
func readBlocks(m *Memo, src []byte) []marked {
	lines := readRows(m, src)
	blocks, _ := recall(m, src, blocksIn{}, func() (out []marked, err error) {
		open := map[string]row{} // by the line that ends each
		for _, r := range lines {
			text := strings.TrimSpace(r.text)
			comment, name, ok := strings.Cut(text, " ")
			switch begin, ends := open[text]; {
			case ends:
				out = append(out, marked{begin, r})
				clear(open)
			case ok && strings.HasPrefix(name, "BEGIN "):
				open[comment+" END "+strings.TrimPrefix(name, "BEGIN ")] = r
			}
		}
		return out, nil
	})
	return blocks
}

// blockAt returns the block that would contain a line inserted at an offset.
func blockAt(blocks []marked, at int) (in marked, ok bool) {
	i := sort.Search(len(blocks), func(i int) bool { return blocks[i].end.start >= at })
	if i == len(blocks) || at <= blocks[i].begin.start {
		return in, false
	}
	return blocks[i], true
}

// outsideBlocks returns the splices that add a key without any line of it in a block, whose content belongs to others.
// The key follows the block, or precedes it if the section ends in the block.
func (s *Setting) outsideBlocks(src []byte, splices []Splice) []Splice {
	blocks := readBlocks(s.memo, src)
	if len(blocks) == 0 {
		return splices
	}
	i := slices.IndexFunc(splices, func(sp Splice) bool {
		_, is := blockAt(blocks, sp.At)
		return is && sp.Old == "" && strings.HasSuffix(sp.New, "\n")
	})
	if i < 0 {
		return splices
	}
	in, _ := blockAt(blocks, splices[i].At)
	for _, at := range []int{in.end.end, in.begin.start} {
		moved := slices.Clone(splices)
		if moved[i].At = at; s.findAdded(src, moved) != nil {
			return moved
		}
	}
	return splices
}

// findAdded returns the key as splices add it in its section; nil if they add none, or change anything else.
func (s *Setting) findAdded(src []byte, splices []Splice) *place {
	out, err := apply(src, splices)
	if err != nil {
		return nil
	}
	now := newMemo(out)
	after, ok := now.with(s).(*Setting)
	if !ok {
		return nil
	}
	_, p, err := after.find(out)
	if err != nil || p == nil || sameTree(s, after, src, out) != nil {
		return nil
	}
	return p
}

// insertOutside is the splices that add the key with a value in a new form, and its line.
func (s *Setting) insertOutside(g grammar, src []byte) ([]Splice, int, error) {
	splices, line, err := g.insert(src, s.wanted(nil))
	if err != nil || len(splices) != 1 {
		return splices, line, err
	}
	moved := s.outsideBlocks(src, splices)
	if moved[0].At == splices[0].At {
		return splices, line, nil
	}
	return moved, line + lineAt(src, moved[0].At) - lineAt(src, splices[0].At), nil
}
