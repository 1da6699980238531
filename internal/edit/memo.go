package edit

import (
	"bytes"
	"slices"
	"sync"
)

// Memo is a file, with the results of reading it so far, for many parts. It is safe for concurrent use.
type Memo struct {
	src   []byte // the file
	body  []byte // of whole lines
	bom   int    // how many bytes precede the body
	added int    // how many bytes of the body are missing in the file, see [closeLast]
	err   error  // why no part of it can be edited
	mu    sync.Mutex
	made  map[any]remembered
	// searches counts the searches in lines and names; see isIndexed.
	searches int
}

type remembered struct {
	value any
	err   error
}

// NewMemo returns the memo of a file, which must not change.
func NewMemo(src []byte) *Memo {
	body := bytes.TrimPrefix(src, []byte(utf8BOM))
	m := newMemo(body)
	m.src, m.bom, m.err = src, len(src)-len(body), check(src)
	return m
}

// newMemo is NewMemo for a file without a mark in front.
func newMemo(body []byte) *Memo {
	closed, added := closeLast(body)
	return &Memo{src: body, body: closed, added: added, made: map[any]remembered{}}
}

// Bytes is the file without a byte order mark. Callers must not change it.
func (m *Memo) Bytes() []byte { return m.body }

// Source is the file. Callers must not change it.
func (m *Memo) Source() []byte { return m.src }

// file returns the file with a new body.
func (m *Memo) file(body []byte) []byte { return slices.Concat(m.src[:m.bom], openLast(body, m.added)) }

// Look returns the state of a part in the file.
func (m *Memo) Look(p Part) (State, error) {
	if m.err != nil {
		return State{}, m.err
	}
	return m.with(p).look(m.body)
}

// Record returns what undoing a part needs.
func (m *Memo) Record(p Part) ([]Hunk, error) {
	splices, err := m.plan(p)
	if err != nil {
		return nil, err
	}
	made, out, err := hunks(m.body, splices)
	return m.inFile([][]Hunk{scoped(p, made)}, out)[0], err
}

// plan returns the splices of the file that make a part as wanted.
func (m *Memo) plan(p Part) ([]Splice, error) {
	if m.err != nil {
		return nil, m.err
	}
	return m.with(p).plan(m.body)
}

// with is a part that reads the file through the memo.
func (m *Memo) with(p Part) Part {
	switch p := p.(type) {
	case *Setting:
		read := *p
		read.memo = m
		return &read
	case Line:
		p.memo = m
		return p
	case Block:
		p.memo = m
		return p
	case FstabLine:
		p.memo = m
		return p
	case AuthorizedKey:
		p.memo = m
		return p
	case KeySet:
		p.memo = m
		return p
	case KnownHost:
		p.memo = m
		return p
	}
	return p
}

// isOf reports whether src is the file of the memo.
func (m *Memo) isOf(src []byte) bool {
	return m != nil && len(src) > 0 && len(src) == len(m.body) && &src[0] == &m.body[0]
}

// indexFrom is the number of searches from which on an index is faster: making one costs as much as about as many
// searches.
const indexFrom = 8

// isIndexed counts a search in src, and reports whether to use an index.
func (m *Memo) isIndexed(src []byte) bool {
	if !m.isOf(src) {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.searches++
	return m.searches > indexFrom
}

// recall returns the result of read for src; it calls read only once if src is the file of the memo. Callers must not
// change the value.
func recall[T any](m *Memo, src []byte, key any, read func() (T, error)) (T, error) {
	if !m.isOf(src) {
		return read()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if known, ok := m.made[key]; ok {
		value, _ := known.value.(T)
		return value, known.err
	}
	value, err := read()
	m.made[key] = remembered{value, err}
	return value, err
}
