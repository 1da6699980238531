package edit

import (
	"errors"
	"fmt"
	"slices"

	"converge/internal/edit"
	"converge/internal/resource"
)

// build makes the candidate. It omits the parts that cannot be made, and returns their errors by the index of the
// member. Of parts that contradict each other it makes none; where names one for people.
func (s *set) build(where func(resource.Addr) string) map[int]error {
	errs, settled := map[int]error{}, s.settled
	s.refuseTakeovers(errs, where)
	for len(errs) < len(s.members) {
		s.made = madeParts{back: edit.Back{Layout: s.layout}}
		for i, m := range s.members {
			if errs[i] == nil {
				s.made.add(i, m.wish, m.key, m.back, m.ground)
			}
		}
		for _, m := range settled {
			s.made.add(-1, m.wish, "", nil, nil)
		}
		at, parts := s.made.members(), s.made.parts
		edited, err := s.src.memo.EditBack(parts, s.made.back)
		var one *edit.PartError
		switch {
		case err == nil:
			s.edited, s.candidate = edited, edited.Bytes()
			return errs
		case errors.As(err, &one) && s.refuse(errs, at, settled, parts, one, where):
		case errors.As(err, &one): // no member is responsible
			settled = nil
		default:
			for _, i := range at {
				errs[i] = s.scrub(i, err)
			}
		}
	}
	s.candidate, s.made, s.edited = s.src.bytes, madeParts{}, nil
	return errs
}

// scrub adds the location to an error about a member, and omits quotations of secrets.
func (s *set) scrub(i int, err error) error {
	why := s.whySecret()
	if s.members[i].secret {
		why = ownSecret
	}
	return scrubbed(place(s.src.path, err), why, s.src.path)
}

// madeParts are the parts with which a candidate is made, in order.
type madeParts struct {
	of    []int // the member of each part; -1: none, a part that only has to stay right
	parts []edit.Part
	back  edit.Back // what each takes back
}

func (m *madeParts) add(of int, p edit.Part, key string, back []edit.Hunk, ground *edit.Ground) {
	m.of, m.parts, m.back.Keys = append(m.of, of), append(m.parts, p), append(m.back.Keys, key)
	m.back.Hunks, m.back.Ground = append(m.back.Hunks, back), append(m.back.Ground, ground)
}

// members lists the members that the first parts are.
func (m *madeParts) members() []int {
	if i := slices.Index(m.of, -1); i >= 0 {
		return m.of[:i]
	}
	return m.of
}

// refuse records why a part cannot be made, and the same for the one that it contradicts. at are the members of the
// parts, followed by the settled ones. It is false if none of the members fails.
func (s *set) refuse(errs map[int]error, at []int, settled []member, parts []edit.Part, one *edit.PartError, where func(resource.Addr) string) bool {
	member := func(i int) member {
		if i < len(at) {
			return s.members[at[i]]
		}
		return settled[i-len(at)]
	}
	other := edit.Opponent(s.src.bytes, parts, one.Index)
	if other < 0 && one.Index < len(at) {
		i := at[one.Index]
		errs[i] = s.scrub(i, one.Err)
		return true
	}
	n := len(errs)
	for _, pair := range [][2]int{{one.Index, other}, {other, one.Index}} {
		if i := pair[0]; i >= 0 && i < len(at) && pair[1] >= 0 {
			errs[at[i]] = place(s.src.path, fmt.Errorf("it contradicts %s: each would undo the other in every run; remove one of them", where(member(pair[1]).addr)))
		}
	}
	return len(errs) > n
}
