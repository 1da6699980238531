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

// listed is the record of the entries that a change removes from a directory, or whose mode or owner it changes, by
// their paths below the directory: "/a/b".
type listed struct {
	access access
	left   map[string]resources.Listed // entries not seen yet
}

// listGoing reads the record of the entries that are removed from the directory at path; nil: there is none.
func (s *staging) listGoing(path string) (*listed, error) {
	if s.keep.keeper == nil {
		return nil, nil
	}
	return s.listBelow(path, true)
}

// listBelow reads the record of the entries that are removed from the directory at path, or of those that stay; nil:
// there is none.
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

// refuse refuses to change or remove an entry that differs from its record. It takes recorded entries off the list.
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

// refuseGone refuses a removal unless all listed entries have been seen: an entry that has vanished since is not kept,
// and could not be restored. going are the paths that the changes themselves remove.
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
