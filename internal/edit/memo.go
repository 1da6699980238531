package edit

import (
	"bytes"
	"sync"
)

// Memo keeps what was read of one file, for many parts of it. It is safe for
// concurrent use.
type Memo struct {
	body []byte
	mu   sync.Mutex
	made map[any]remembered
}

type remembered struct {
	value any
	err   error
}

// NewMemo returns the memo of a file, which must not change.
func NewMemo(src []byte) *Memo {
	return &Memo{body: bytes.TrimPrefix(src, []byte(utf8BOM)), made: map[any]remembered{}}
}

// isOf reports whether src is the file of the memo.
func (m *Memo) isOf(src []byte) bool {
	return m != nil && len(src) > 0 && len(src) == len(m.body) && &src[0] == &m.body[0]
}

// recall returns the result of read for src; it calls read only once if src is the file
// of the memo. Callers must not change the value.
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
