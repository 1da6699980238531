package edit

import (
	"bytes"
	"slices"
	"sort"
)

// draft is a file in which many places are changed. A place is identified by its offset in the original file, so that
// nothing has to be read again, and a change takes no longer in a large file.
type draft struct{ chunks []*chunk }

// chunk is the present text for some bytes of the file.
type chunk struct {
	from  int // offset of the first byte
	text  []byte
	moved []shift // in order
}

// shift is the number of bytes by which the text behind an offset has moved.
type shift struct{ from, by int }

// chunkSize is the least size of a chunk in bytes, chunkCount about the largest number of
// them.
const (
	chunkSize  = 1 << 10
	chunkCount = 256
)

func newDraft(src []byte) *draft {
	d := &draft{}
	size := max(chunkSize, len(src)/chunkCount)
	for at := 0; at == 0 || at < len(src); at += size {
		d.chunks = append(d.chunks, &chunk{from: at, text: slices.Clone(src[at:min(len(src), at+size)])})
	}
	return d
}

// splice replaces old at an offset by text, behind that many bytes that were inserted there. It returns the present
// position of text; false if old is not there.
func (d *draft) splice(at, behind int, old, text string) (int, bool) {
	i := sort.Search(len(d.chunks), func(i int) bool { return d.chunks[i].from > at }) - 1
	c := d.join(i, at+len(old))
	from := at - c.from + behind
	k := 0
	for ; k < len(c.moved) && c.moved[k].from < at; k++ {
		from += c.moved[k].by
	}
	if from < 0 || from+len(old) > len(c.text) || string(c.text[from:from+len(old)]) != old {
		return 0, false
	}
	c.text = slices.Replace(c.text, from, from+len(old), []byte(text)...)
	if k == len(c.moved) || c.moved[k].from != at {
		c.moved = slices.Insert(c.moved, k, shift{from: at})
	}
	c.moved[k].by += len(text) - len(old)
	for _, before := range d.chunks[:i] {
		from += len(before.text)
	}
	return from, true
}

// join merges the chunks from the i-th on that have bytes before an offset.
func (d *draft) join(i, end int) *chunk {
	c := d.chunks[i]
	last := i + 1
	for ; last < len(d.chunks) && d.chunks[last].from < end; last++ {
		c.text, c.moved = append(c.text, d.chunks[last].text...), append(c.moved, d.chunks[last].moved...)
	}
	d.chunks = slices.Delete(d.chunks, i+1, last)
	return c
}

// slice returns a part of the present text.
func (d *draft) slice(from, to int) string {
	var out []byte
	at := 0
	for _, c := range d.chunks {
		if at >= to {
			break
		}
		if end := at + len(c.text); end > from {
			out = append(out, c.text[max(0, from-at):min(len(c.text), to-at)]...)
		}
		at += len(c.text)
	}
	return string(out)
}

// newline returns the present line end.
func (d *draft) newline() string {
	last := byte(0)
	for _, c := range d.chunks {
		if i := bytes.IndexByte(c.text, '\n'); i >= 0 {
			if i > 0 {
				last = c.text[i-1]
			}
			if last == '\r' {
				return "\r\n"
			}
			return "\n"
		}
		if len(c.text) > 0 {
			last = c.text[len(c.text)-1]
		}
	}
	return "\n"
}

func (d *draft) size() (n int) {
	for _, c := range d.chunks {
		n += len(c.text)
	}
	return n
}

func (d *draft) bytes() []byte {
	out := make([]byte, 0, d.size())
	for _, c := range d.chunks {
		out = append(out, c.text...)
	}
	return out
}
