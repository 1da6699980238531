package files

import (
	"fmt"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// recorded is what was at the paths of the changes that come next, as the journal has it. What
// somebody puts there between that look and the staging of the change is in no record: it must
// not be replaced, or nothing could bring it back. A change whose path is not in at begins where
// nothing is or replaces nothing; at is nil while no change is recorded.
type recorded struct{ at map[string]prior }

// prior is what was at one path.
type prior struct {
	gone    bool
	info    fsys.Info
	content *resource.Blob // what the journal says a file holds; nil: it says nothing
	below   *resource.Blob // the listing of what goes from a directory; nil: nothing does
}

// begin makes it known that changes are recorded.
func (r *recorded) begin() {
	if r.at == nil {
		r.at = map[string]prior{}
	}
}

// note remembers what was at a path.
func (r *recorded) note(path string, was prior) {
	r.begin()
	r.at[path] = was
}

// forget ends what was recorded with the changes that it was recorded for.
func (r *recorded) forget() { r.at = nil }

// refuseUnrecorded refuses to change an entry that is not the one of the record: something has
// come there, it has gone, or it has become something else.
func (s *staging) refuseUnrecorded(at location) error {
	was, known := s.recorded.at[at.path]
	if !known {
		was = prior{gone: s.change.Have.IsNull(), info: at.info}
	}
	switch {
	case s.recorded.at == nil:
		return nil
	case at.gone != was.gone, at.info.Type != was.info.Type:
	case at.info.Type == fsys.Symlink && !at.info.SameContent(was.info): // it has another target
	case at.gone || permissionsOf(at.info) == permissionsOf(was.info):
		return nil
	}
	return refuseChanged(s.verb(), at.path)
}

// verb is what a change does, for errors.
func (s *staging) verb() string {
	switch s.change.Action {
	case resource.Create:
		return "create"
	case resource.Delete:
		return "remove"
	}
	return "change"
}

// refuseChanged is the error for an entry that is not as it was recorded. Nothing of the change has
// been made: it is staged.
func refuseChanged(verb, path string) error {
	return resource.Untouched(&fsys.Error{Verb: verb, Path: path, Err: fsys.ErrChanged, Hint: "apply again"})
}

// refuseOtherContent refuses to lose the content of a file that is not the one of the record.
// digest is of what was kept of it; "": nothing was.
func (s *staging) refuseOtherContent(path string, info fsys.Info, digest string) error {
	was, known := s.recorded.at[path]
	if !known || s.contents.isVirtual(path) {
		return nil
	}
	same := info.SameContent(was.info)
	if same && was.content != nil && digest != "" {
		recorded, err := was.content.Digest()
		if err != nil {
			return fmt.Errorf("cannot compare %q with what was recorded of it: %w", path, err)
		}
		same = recorded == digest
	}
	if !same {
		return refuseChanged(s.verb(), path)
	}
	return nil
}
