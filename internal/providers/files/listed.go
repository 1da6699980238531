package files

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"converge/internal/resource"
	"converge/resources"
)

// listed is the record of what goes from a directory, by path below it: "/a/b".
type listed map[string]resources.Listed

// listedBelow reads the record of what goes from the directory at path; nil: there is none.
func (s *staging) listedBelow(path string) (listed, error) {
	if !s.isRecorded || s.keep.keeper == nil {
		return nil, nil
	}
	out, selects := listed{}, selectBelow(s.change)
	if s.was.Below == nil {
		return out, nil
	}
	r, err := s.was.Below.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for lines := json.NewDecoder(r); ; {
		var e resources.Listed
		switch err := lines.Decode(&e); {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, fmt.Errorf("cannot read what goes from %q: %w", path, err)
		}
		at := resource.DecodeBytes(e.Path)
		if _, gone := selects(at); gone {
			out[strings.TrimPrefix(at, s.request.path)] = e
		}
	}
}

// refuse refuses to remove an entry that the record does not have as it is. What it has is taken
// from the list.
func (l listed) refuse(below string, now resources.Listed) error {
	if l == nil {
		return nil
	}
	was, known := l[below]
	if !known || was.Type != now.Type || was.Digest != now.Digest || was.Target != now.Target {
		return errChangedSince("remove", now.Path)
	}
	delete(l, below)
	return nil
}

// refuseGone refuses a removal if not all that was listed has been seen: what has gone since is not
// kept, and could not be put back. going are paths that the changes themselves remove.
func (l listed) refuseGone(going map[string]bool) error {
	for _, was := range l {
		if !going[resource.DecodeBytes(was.Path)] {
			return errChangedSince("remove", was.Path)
		}
	}
	return nil
}
