package files

import (
	"cmp"
	"fmt"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// recorded is the state before a change, from the journal. An entry made between that observation and the staging of
// the change is in no record: it must not be replaced, or nothing could restore it.
type recorded struct {
	isRecorded bool
	was        resources.Entry   // the zero Entry: nothing
	beside     []resource.Change // what the change makes in addition
}

func readRecorded(f resource.Forecast, i int) (recorded, error) {
	if f.Recorded == nil {
		return recorded{}, nil
	}
	full, also := f.Recorded(i)
	was, err := resource.DecodeRecorded[resources.Entry](full.Have)
	return recorded{true, was, also}, err
}

// refuseUnrecorded refuses to change an entry that is not the recorded one: it was made, removed or replaced since.
func (s *staging) refuseUnrecorded(at location) error {
	wasGone := s.was.Type == ""
	switch {
	case !s.isRecorded || at.gone && wasGone:
		return nil
	case at.gone != wasGone:
		return errChangedSince(s.verb(), at.path)
	}
	target := ""
	if at.info.Type == fsys.Symlink {
		var err error
		if target, err = s.held.Readlink(at.path); err != nil {
			return err
		}
	}
	if typeName(at.info.Type) != s.was.Type || target != s.was.Target.Bytes() {
		return errChangedSince(s.verb(), at.path)
	}
	if s.isReplaced() {
		return s.refuseOtherAccess(at, fsys.Perm{})
	}
	return nil
}

// refuseOtherContent refuses to lose a content of a file that is not the recorded one. digest is that of the kept
// content; "": none was kept.
func (s *staging) refuseOtherContent(path, digest string) error {
	if digest == "" || s.was.Content == nil || !s.isReplaced() && !s.change.Differs("content") || s.contents.isVirtual(path) {
		return nil
	}
	recorded, err := s.was.Content.Digest()
	if err != nil {
		return fmt.Errorf("cannot compare %q with what was recorded of it: %w", path, err)
	}
	if recorded != digest {
		return errChangedSince(s.verb(), path)
	}
	return nil
}

// isReplaced reports whether the change ends the present entry.
func (s *staging) isReplaced() bool {
	return s.change.Action == resource.Delete || s.was.Type != s.request.Type
}

// lookBeside observes a file that a change writes in addition. It must be as recorded.
func (s *staging) lookBeside(path string) (at location, err error) {
	at.path = path
	at.info, err = s.held.Lstat(path)
	if isMissing(err) {
		at.gone, at.info, err = true, fsys.Info{}, nil
	}
	if err != nil {
		return at, err
	}
	for i := range s.beside {
		r, err := decodeRequest(s.beside[i].Want) // the key may have another name of the folder
		if err != nil || r.path == path {
			return at, cmp.Or(err, s.refuseOtherBeside(at, s.beside[i]))
		}
	}
	return at, nil
}

func (s *staging) refuseOtherBeside(at location, c resource.Change) error {
	if at.gone != c.Have.IsNull() {
		return errChangedSince(s.verb(), at.path)
	}
	was, err := resource.DecodeRecorded[resources.Entry](c.Have)
	if err != nil || was.Content == nil {
		return err
	}
	if same, err := isSameDigest(s.contents.readBlob(at), was.Content); err != nil || !same {
		return errChangedSince(s.verb(), at.path)
	}
	return nil
}

// verb is the operation of a change, for errors.
func (s *staging) verb() string {
	switch {
	case s.change.Action == resource.Create:
		return "create"
	case s.change.Action == resource.Delete:
		return "remove"
	case s.isReplaced() || s.change.Differs("content") || s.change.Differs("target"):
		return "replace"
	}
	return "change"
}
