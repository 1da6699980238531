package edit

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Block is a Part: lines between two marker lines.
type Block struct {
	Marker        string // names the block in its marker lines
	Comment       string // begins a comment
	Content       string // lines, the last one with or without a newline
	After, Before *regexp.Regexp
	Absent        bool
	memo          *Memo
}

// Begin is the line before the content.
func (b Block) Begin() string { return b.Comment + " BEGIN " + b.Marker }

// End is the line behind the content.
func (b Block) End() string { return b.Comment + " END " + b.Marker }

// find returns the marker lines; found is false if there are none.
func (b Block) find(src []byte) (begin, end row, found bool, err error) {
	begins, ends := findRows(b.memo, src, b.Begin()), findRows(b.memo, src, b.End())
	at := func(r row, what string) error { return &LineError{r.number, errors.New(what)} }
	switch {
	case len(begins) == 0 && len(ends) == 0:
		return begin, end, false, nil
	case len(begins) > 1:
		return begin, end, false, at(begins[1], fmt.Sprintf("the block %q begins a second time", b.Marker))
	case len(ends) == 0:
		return begin, end, false, at(begins[0], fmt.Sprintf("the block %q begins and has no end: there is no line %q", b.Marker, b.End()))
	case len(begins) == 0:
		return begin, end, false, at(ends[0], fmt.Sprintf("the block %q ends and has no beginning: there is no line %q", b.Marker, b.Begin()))
	case len(ends) > 1:
		return begin, end, false, at(ends[1], fmt.Sprintf("the block %q ends a second time", b.Marker))
	case ends[0].start < begins[0].start:
		return begin, end, false, at(ends[0], fmt.Sprintf("the block %q ends before it begins", b.Marker))
	}
	return begins[0], ends[0], true, nil
}

func (b Block) look(src []byte) (State, error) {
	begin, end, found, err := b.find(src)
	if err != nil {
		return State{}, err
	}
	if !found {
		at, err := placeNew(b.memo, src, b.After, b.Before)
		if b.Absent {
			err = nil
		}
		return State{Right: b.Absent, Line: lineAt(src, at)}, err
	}
	content := strings.ReplaceAll(string(src[begin.end:end.start]), "\r\n", "\n")
	return State{Present: true, Right: !b.Absent && content == b.Text(), Value: content, Line: begin.number}, nil
}

// Text is the content with a newline at the end of each line, even if lines of the file end otherwise.
func (b Block) Text() string {
	text := b.Content
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return strings.ReplaceAll(text, "\r\n", "\n")
}

// Check refuses a content with a line that is a marker of the block itself.
func (b Block) Check() error {
	if strings.ContainsAny(b.Marker, "\r\n\x00") || strings.TrimSpace(b.Marker) != b.Marker || b.Marker == "" {
		return errors.New("the marker must be one line without blanks around it")
	}
	if strings.Contains(b.Content, "\x00") || strings.ContainsAny(b.Comment, "\r\n\x00") || strings.TrimSpace(b.Comment) != b.Comment || b.Comment == "" {
		return errors.New("the content must be text, and what begins a comment a word")
	}
	for i, line := range strings.Split(b.Content, "\n") {
		if line = strings.TrimRight(line, " \t\r"); line == b.Begin() || line == b.End() {
			return fmt.Errorf("its line %d is %q, which marks the block itself", i+1, line)
		}
	}
	return nil
}

func (b Block) plan(src []byte) ([]Splice, error) {
	if err := b.Check(); err != nil {
		return nil, err
	}
	begin, end, found, err := b.find(src)
	if err != nil {
		return nil, err
	}
	switch {
	case b.Absent && !found:
		return nil, nil
	case b.Absent:
		return removeRows(src, begin.start, end.end), nil
	case found:
		if strings.ReplaceAll(string(src[begin.end:end.start]), "\r\n", "\n") == b.Text() {
			return nil, nil
		}
		return replace(src, begin.end, end.start, strings.ReplaceAll(b.Text(), "\n", newline(src))), nil
	}
	at, err := placeNew(b.memo, src, b.After, b.Before)
	if err != nil {
		return nil, err
	}
	lines := append([]string{b.Begin()}, strings.Split(strings.TrimSuffix(b.Text(), "\n"), "\n")...)
	if b.Text() == "" {
		lines = lines[:1]
	}
	return insertLines(src, at, append(lines, b.End())...), nil
}
