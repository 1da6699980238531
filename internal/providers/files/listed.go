package files

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// listed is the record of what goes from a directory, or what gets another mode or owner in it, by path
// below it: "/a/b".
type listed struct {
	access access
	left   map[string]resources.Listed // of what has not been seen yet
}

// listGoing reads the record of what goes from the directory at path; nil: there is none.
func (s *staging) listGoing(path string) (*listed, error) {
	if s.keep.keeper == nil {
		return nil, nil
	}
	return s.listBelow(path, true)
}

// listBelow reads the record of what goes from the directory at path, or of what stays; nil: there is none.
func (s *staging) listBelow(path string, goes bool) (*listed, error) {
	if !s.isRecorded {
		return nil, nil
	}
	out, selects := &listed{s.access, map[string]resources.Listed{}}, selectBelow(s.change)
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
			return nil, fmt.Errorf("cannot read what was recorded below %q: %w", path, err)
		}
		at := resource.DecodeBytes(e.Path)
		if _, gone := selects(at); gone == goes {
			out.left[strings.TrimPrefix(at, s.request.path)] = e
		}
	}
}

// refuse refuses to change or remove an entry that the record does not have as it is. What it has is taken
// from the list.
func (l *listed) refuse(verb, below string, now resources.Listed, info fsys.Info) error {
	if l == nil {
		return nil
	}
	was, known := l.left[below]
	if !known || was.Type != now.Type || was.Digest != now.Digest || was.Target != now.Target || !l.access.isAsRecorded(was, info) {
		return errChangedSince(verb, now.Path)
	}
	delete(l.left, below)
	return nil
}

// refuseGone refuses a removal if not all that was listed has been seen: what has gone since is not
// kept, and could not be put back. going are paths that the changes themselves remove.
func (l *listed) refuseGone(going map[string]bool) error {
	if l == nil {
		return nil
	}
	for _, was := range l.left {
		if !going[resource.DecodeBytes(was.Path)] {
			return errChangedSince("remove", was.Path)
		}
	}
	return nil
}
