// Package edit changes parts of a configuration file and leaves all other bytes as they are: one key, one line, one
// block between markers.
//
// Start with [Edit]: bytes and parts in, bytes out. [Look] returns the present state of a part. A [Part] is a
// [Setting], a [Line] or a [Block]. A setting is found by the grammar of its [Format] and spliced at the positions of
// its parser; nothing is ever encoded again. [Hunks] are what undoing an edit needs (record.go).
//
// The package reads no file and writes none, and knows nothing of manifests.
package edit

import (
	"bytes"
	"errors"
	"fmt"
)

// MaxSize is the size in bytes of the largest file that is edited.
const MaxSize = 16 << 20

// maxTree is the same for a file of toml or yaml: the time of toml's parser grows with the square of the number of
// keys, and that of yaml's with the number of aliases.
const maxTree = 512 << 10

// Part is the wanted state of one part of a file.
type Part interface {
	// look returns the state of the part in a file.
	look(src []byte) (State, error)

	// plan returns the splices that make the part as wanted.
	plan(src []byte) ([]Splice, error)
}

// State is the state of a part in a file.
type State struct {
	Present bool
	Right   bool // it is as wanted
	Value   any  // of a setting its value, of a line or a block the text
	Line    int  // where it begins, counted from 1; if it is missing, where it would be inserted

	Others  []string // of a setting: the lines of other assignments of the key
	Besides []string // of a line, a key and a host: the other lines that a change removes or replaces with the one at Line
}

// structured is a Part of a file that can be parsed as a whole.
type structured interface {
	// tree parses a file.
	tree(src []byte) (any, error)

	// expect makes in a tree the change that the edit makes in the file.
	expect(tree any) any
}

// PartError explains why one of the parts cannot be edited.
type PartError struct {
	Index int // of the part
	Err   error
}

func (e *PartError) Error() string { return e.Err.Error() }
func (e *PartError) Unwrap() error { return e.Err }

// LineError is a problem at a line.
type LineError struct {
	Line int
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *LineError) Unwrap() error { return e.Err }

// utf8BOM is the byte order mark that some editors put in front of a file.
const utf8BOM = "\ufeff"

// Look returns the state of a part in a file.
func Look(src []byte, p Part) (State, error) { return NewMemo(src).Look(p) }

// Edit makes all parts of one file as wanted. It accepts a candidate only if every part is right in it, a second edit
// would change nothing and, for a format with a grammar for the whole file, the rest of the file means the same as
// before. Otherwise it fails with a [PartError].
func Edit(src []byte, parts []Part) ([]byte, error) {
	m := NewMemo(src)
	made, err := m.make(parts)
	if err != nil {
		return nil, err
	}
	return m.file(made.out), nil
}

func makeOneByOne(m *Memo, parts []Part) ([]byte, error) {
	now := m
	for i, p := range parts {
		next, err := now.edited(p)
		if err != nil {
			return nil, &PartError{i, err}
		}
		now = next
	}
	for i, p := range parts {
		if err := now.holds(p); err != nil {
			return nil, &PartError{i, err}
		}
	}
	return now.body, nil
}

func check(src []byte) error {
	switch {
	case len(src) > MaxSize:
		return errors.New("it is larger than 16 MiB")
	case bytes.IndexByte(src, 0) >= 0:
		return errors.New("it contains NUL bytes, so it is no text in an encoding that can be edited")
	}
	return nil
}

// edited is the file with one part right.
func (m *Memo) edited(p Part) (*Memo, error) {
	splices, err := m.plan(p)
	if err != nil || len(splices) == 0 {
		return m, err
	}
	out, err := apply(m.body, splices)
	if err != nil {
		return nil, err
	}
	now := newMemo(out)
	before, ok := m.with(p).(structured)
	if !ok {
		return now, nil
	}
	after, _ := now.with(p).(structured)
	return now, sameTree(before, after, m.body, out)
}

// Alike reports whether two versions of a file mean the same, except for the settings among the parts.
func Alike(a, b []byte, parts []Part) bool { return NewMemo(a).isLike(NewMemo(b), parts) }

// isLike is [Alike] for two memos.
func (m *Memo) isLike(o *Memo, parts []Part) bool {
	type grammar struct {
		format  Format
		dialect Dialect
	}
	done := map[grammar]bool{}
	for _, p := range parts {
		s, ok := p.(*Setting)
		if !ok || done[grammar{s.Format, s.Dialect}] {
			continue
		}
		done[grammar{s.Format, s.Dialect}] = true
		x, err := m.others(s, parts)
		if err != nil {
			return false
		}
		y, err := o.others(s, parts)
		if err != nil || !equal(x, y) {
			return false
		}
	}
	return true
}

// others returns the meaning of a file, by the grammar of a setting, without the settings among the parts.
func (m *Memo) others(like *Setting, parts []Part) (any, error) {
	s, _ := m.with(like).(*Setting)
	tree, err := s.tree(m.body)
	if err != nil {
		return nil, err
	}
	all, _ := tree.(map[string]any)
	for _, p := range parts {
		switch o, ok := p.(*Setting); {
		case !ok || all == nil || o.Format != s.Format:
		case s.Format.IsTyped():
			all = without(all, o.path())
		default:
			delete(all, flat{o, o.Dialect.rules(o.Format)}.own())
		}
	}
	return all, nil
}

var errMeaning = errors.New("the file would mean something else besides")

// sameTree compares the meaning of a file before and after an edit, read by the part of each version.
func sameTree(s, then structured, before, after []byte) error {
	old, err := s.tree(before)
	if err != nil {
		return err
	}
	now, err := then.tree(after)
	if err != nil {
		var at *LineError
		if errors.As(err, &at) { // the line number is not one of the original file
			err = at.Err
		}
		return fmt.Errorf("the edited file cannot be parsed: %w", err)
	}
	if !equal(s.expect(old), now) {
		return errMeaning
	}
	return nil
}

// holds checks that a part is right in the file, and stays as it is.
func (m *Memo) holds(p Part) error {
	state, err := m.Look(p)
	if err != nil {
		return err
	}
	again, err := m.plan(p)
	switch {
	case err != nil:
		return err
	case !state.Right, len(again) > 0:
		return errors.New("it contradicts another part of the file: each would undo the other")
	}
	return nil
}
