package edit

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Line is a Part: one whole line.
type Line struct {
	Text          string
	Match         *regexp.Regexp // the line that Text replaces; nil: Text identifies the line
	After, Before *regexp.Regexp // where a new line is placed; nil: at the end
	Multiple      string         // how to treat several matching lines: "error", "all" or "first"
	Absent        bool           // every matching or equal line is removed

	// Back means that Text is an earlier text of the line, or the result of one, and that Match may match further lines
	// that belong to others now. Least is the least number of lines with that text, if several became them, and Removed
	// contains the lines that were made absent, each with its line end.
	Back    bool
	Least   int
	Removed string

	memo *Memo
}

// Check refuses a text that is not a single line, or that the next run would not find again.
func (l Line) Check() error {
	switch {
	case strings.ContainsAny(l.Text, "\r\n\x00"):
		return errors.New("must be one line")
	case l.Text == "" && l.Match == nil:
		return errors.New("must not be empty")
	case l.Match != nil && !l.Absent && !l.Match.MatchString(l.Text):
		return errors.New("must itself match what match says, because the next run would add another line otherwise")
	}
	return nil
}

func (l Line) matches(text string) bool {
	if l.Match != nil {
		return l.Match.MatchString(text)
	}
	return text == l.Text
}

// find returns the lines that the part concerns.
func (l Line) find(src []byte) ([]row, error) {
	var out []row
	candidates := readRows(l.memo, src)
	if l.Match == nil {
		candidates = findRows(l.memo, src, trimEnd(l.Text))
	}
	for _, r := range candidates {
		if l.matches(r.text) {
			out = append(out, r)
		}
	}
	if l.Back && l.Match != nil {
		return l.findOwn(out), nil
	}
	if l.Absent || len(out) < 2 || l.Match == nil || l.Multiple == "all" {
		return out, nil
	}
	if l.Multiple == "first" {
		return out[:1], nil
	}
	return nil, &LineError{out[1].number, fmt.Errorf("match fits this line and line %d; say with multiple which are meant, or make match more exact", out[0].number)}
}

// findOwn returns the matching lines with the text. If there are none, the text replaces another matching line.
func (l Line) findOwn(matching []row) (own []row) {
	for _, r := range matching {
		if l.isOwn(r) {
			own = append(own, r)
		}
	}
	switch {
	case len(own) >= max(1, l.Least), l.Absent && (l.Text != "" || l.Removed != ""):
		return own
	case l.Absent || l.Least > 1:
		return matching
	}
	return matching[:min(1, len(matching))]
}

// isOwn reports whether a row has a text that the line had at some time.
func (l Line) isOwn(r row) bool {
	return r.text == l.Text || strings.Contains("\n"+l.Removed, "\n"+r.text+"\n")
}

func (l Line) look(src []byte) (State, error) {
	found, err := l.find(src)
	if err != nil {
		return State{}, err
	}
	s := State{Present: len(found) > 0, Right: (len(found) > 0) != l.Absent}
	if !s.Present {
		at, err := l.place(src)
		s.Line = lineAt(src, at)
		if l.Absent {
			err = nil
		}
		return s, err
	}
	s.Value, s.Line = found[0].text, found[0].number
	var changed []row
	for _, r := range found {
		if r.text != l.Text {
			if s.Right {
				s.Value, s.Line = r.text, r.number
			}
			s.Right = false
			changed = append(changed, r)
		}
	}
	if l.Absent {
		changed = found
	}
	if len(changed) > 0 {
		s.Besides = listTexts(changed[1:], func(r row) row { return r })
	}
	return s, nil
}

// place returns the offset of a new line.
func (l Line) place(src []byte) (int, error) {
	return placeNew(l.memo, src, l.After, l.Before)
}

// placeNew returns the offset behind the last line of a file that after matches, or of the first one that before
// matches. If that is in a block, it returns a place behind or before the block, whose content belongs to others.
func placeNew(m *Memo, src []byte, after, before *regexp.Regexp) (int, error) {
	if after == nil && before == nil {
		return len(src), nil
	}
	at, err := placeBeside(readRows(m, src), after, before)
	if in, ok := blockAt(readBlocks(m, src), at); err == nil && ok {
		if at = in.begin.start; after != nil {
			at = in.end.end
		}
	}
	return at, err
}

// placeBeside is placeNew for lines without blocks.
func placeBeside(lines []row, after, before *regexp.Regexp) (int, error) {
	at := -1
	for _, r := range lines {
		if after != nil && after.MatchString(r.text) {
			at = r.end
		}
		if after == nil && before != nil && before.MatchString(r.text) {
			return r.start, nil
		}
	}
	switch {
	case at >= 0:
		return at, nil
	case after != nil:
		return 0, errors.New("no line fits after, so that the place is not known")
	}
	return 0, errors.New("no line fits before, so that the place is not known")
}

func (l Line) plan(src []byte) (out []Splice, err error) {
	found, err := l.find(src)
	if err != nil {
		return nil, err
	}
	switch {
	case l.Absent:
		return removeAll(src, found), nil
	case len(found) == 0:
		at, err := l.place(src)
		if err != nil {
			return nil, err
		}
		return insertLines(src, at, l.Text), nil
	}
	for _, r := range found {
		out = append(out, replace(src, r.start, r.stop(), l.Text)...)
	}
	return out, nil
}
