package edit

import (
	"bytes"
	"cmp"
	"slices"
)

// series is a file in which parts are made one after the other. It is read again only for a part that may depend on
// earlier ones.
type series struct {
	like *Setting // has the grammar of all settings; nil: there are none
	read *Memo
	now  *draft
	made changes // since then

	stale     bool // others may follow a setting that replaced a comment, or be written differently
	unsettled bool // a line or a block may have changed what a setting is, or where

	texts    []Splice // made for lines and blocks since then
	settings []Part   // made since then
}

func newSeries(m *Memo, like *Setting) *series {
	return &series{like: like, read: m, now: newDraft(m.body), made: changes{src: m.body}}
}

// add makes a part.
func (s *series) add(p Part) ([]Hunk, bool) {
	splices, err := s.read.plan(p)
	if s.comesBack(p, splices) {
		return nil, false
	}
	placed, meets := s.place(p, splices)
	if (err != nil || meets) && !s.made.isEmpty() {
		if !s.readAgain() {
			return nil, false
		}
		splices, err = s.read.plan(p)
		placed, meets = s.place(p, splices)
	}
	if err != nil || meets {
		return nil, false
	}
	s.note(p, splices, placed)
	made, ok := s.now.hunks(placed)
	return scoped(p, made), ok
}

// comesBack reports whether splices add a setting in its old form, unless that is one line of a file of lines: the
// text may have several lines, and any form.
func (s *series) comesBack(p Part, splices []Splice) bool {
	set, ok := p.(*Setting)
	if !ok || set.written == "" || len(splices) == 0 || set.isWrittenAlone() {
		return false
	}
	state, err := s.read.Look(p)
	return err == nil && !state.Present
}

// place returns where the splices of a part are to be made in the present file; true if the present file may need
// other splices.
func (s *series) place(p Part, splices []Splice) ([]made, bool) {
	inserts := slices.ContainsFunc(splices, func(sp Splice) bool { return sp.Old == "" })
	_, isSetting := p.(*Setting)
	switch {
	case s.made.isEmpty():
	case isSetting && s.unsettled, inserts && s.stale, s.made.finds(p),
		inserts && s.isBetween(p),
		inserts && s.made.replaces && newline(s.read.body) != s.now.newline(): // the line that shows the end of lines is gone
		return nil, true
	}
	splices = slices.Clone(splices)
	slices.SortStableFunc(splices, func(a, b Splice) int { return cmp.Compare(a.At, b.At) })
	out := make([]made, len(splices))
	for i, sp := range splices {
		var ok bool
		if out[i], ok = s.made.fit(p, sp, len(splices) > 1); !ok {
			return nil, true
		}
	}
	return out, false
}

func (s *series) isBetween(p Part) bool {
	f, ok := s.read.with(p).(*Setting)
	return ok && f.isBetween(s.read.body)
}

// note records that a part was made.
func (s *series) note(p Part, splices []Splice, placed []made) {
	if _, ok := p.(*Setting); ok {
		s.settings = append(s.settings, p)
		s.stale = s.stale || s.uncomments(p, splices) || s.changesModel(p, splices) || s.isBetween(p)
	} else {
		s.texts = append(s.texts, splices...)
	}
	for _, m := range placed {
		rows := s.made.note(p, m)
		if _, ok := p.(*Setting); !ok && s.like != nil {
			s.unsettled = s.unsettled || !s.like.isNeutral(rows)
		}
	}
}

// readAgain reads the present file. It is false if the settings that were made since the last reading have changed
// anything else.
func (s *series) readAgain() bool {
	body := s.now.bytes()
	if bytes.Equal(body, s.read.body) && len(s.texts) == 0 {
		*s = *newSeries(s.read, s.like)
		return true
	}
	now := newMemo(body)
	if len(s.settings) > 0 {
		base, err := s.withTexts()
		if err != nil || !base.isLike(now, s.settings) {
			return false
		}
	}
	*s = *newSeries(now, s.like)
	return true
}

// withTexts is the file that was read, with the changes of lines and blocks only.
func (s *series) withTexts() (*Memo, error) {
	if len(s.texts) == 0 {
		return s.read, nil
	}
	base, err := apply(s.read.body, s.texts)
	return newMemo(base), err
}
