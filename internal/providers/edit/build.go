package edit

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"converge/internal/edit"
	"converge/internal/resource"
	"converge/resources"
)

// Declare records what the manifest declares: parts that are right must stay so, and messages
// name their places.
func (p *Provider) Declare(rs []*resource.Resource) { p.declared = rs }

// where is an address with the place of its block, if that is known.
func (p *Provider) where(a resource.Addr) string {
	for _, r := range p.declared {
		if r.Addr == a && r.Range.Filename != "" {
			return fmt.Sprintf("%s (%s:%d)", a, r.Range.Filename, r.Range.Start.Line)
		}
	}
	return a.String()
}

// settledIn returns the declared parts of a file that are right, and are not among the changes.
func (p candidates) settledIn(ctx context.Context, src *source, cs []resource.Change) (out []member) {
	changes := make(map[resource.Addr]bool, len(cs))
	for _, c := range cs {
		changes[c.Addr] = true
	}
	for _, r := range p.declared {
		if r.Off || changes[r.Addr] || !isPart(r.Kind.Name) {
			continue
		}
		w, err := p.decode(ctx, r.Want)
		if err != nil {
			continue // its own change reports that
		}
		if at, err := p.readPath(w.Path.Bytes()); err != nil || at.path != src.path {
			continue
		}
		if wanted, err := wish(&w); err == nil && src.memo.Holds(wanted) {
			out = append(out, member{addr: r.Addr, want: w, wish: wanted})
		}
	}
	return out
}

// isPart reports whether a kind is one of this provider.
func isPart(kind string) bool {
	switch kind {
	case resources.PartSetting, resources.PartLine, resources.PartBlock, resources.PartAuthorizedKey, resources.PartKnownHost:
		return true
	}
	return false
}

// build makes the candidate. It leaves out the parts that cannot be made, and
// returns their errors by the index of the member. Of parts that contradict each other it
// makes none; where names one for people.
func (s *set) build(where func(resource.Addr) string) map[int]error {
	errs, settled := map[int]error{}, s.settled
	for len(errs) < len(s.members) {
		var at []int
		var parts []edit.Part
		for i, m := range s.members {
			if errs[i] == nil {
				at, parts = append(at, i), append(parts, m.wish)
			}
		}
		for _, m := range settled {
			parts = append(parts, m.wish)
		}
		candidate, err := edit.Edit(s.src.bytes, parts)
		if exact := s.restored(at); !bytes.Equal(exact, s.src.bytes) {
			candidate, err = better(s.src.bytes, exact, candidate, err, parts)
		}
		var one *edit.PartError
		switch {
		case err == nil:
			s.candidate = candidate
			return errs
		case errors.As(err, &one) && s.refuse(errs, at, settled, parts, one, where):
		case errors.As(err, &one): // no member is to blame
			settled = nil
		default:
			for _, i := range at {
				errs[i] = place(s.src.path, err)
			}
		}
	}
	s.candidate = s.src.bytes
	return errs
}

// refuse notes why a part cannot be made, and the same of the one that it contradicts. at are
// the members of the parts, behind which are those that are settled. It is false if none of the
// members fails.
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
		errs[i] = scrubbed(place(s.src.path, one.Err), s.members[i].secret, s.src.path)
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

// better is the edit of a file with parts put back, unless that would change anything
// besides: what was taken for a part that others have moved may be theirs.
func better(src, restored, plain []byte, failed error, parts []edit.Part) ([]byte, error) {
	like := plain
	if failed != nil {
		like = src
	}
	candidate, err := edit.Edit(restored, parts)
	if err != nil || !edit.Alike(like, candidate, parts) {
		return plain, failed
	}
	return candidate, nil
}

// restored is the file with those of its parts put back, byte by byte, that a
// rollback wants as they were. What it cannot put back so, the edit sets right.
func (s *set) restored(at []int) []byte {
	var hunks [][]edit.Hunk
	for _, i := range at {
		if past := s.members[i].want.Past(); past != nil && len(past.Hunks) > 0 {
			hunks = append(hunks, past.Hunks)
		}
	}
	if len(hunks) == 0 {
		return s.src.bytes
	}
	out, _ := edit.Restore(s.src.bytes, hunks)
	return out
}
