package files

import (
	"errors"
	"fmt"
	"io/fs"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// Ledger knows what converge wrote last. A key is the key of a resource:
// "path:/etc/motd".
type Ledger interface {
	// Wrote reports whether converge wrote a content with that SHA-256 (hex)
	// last; known is false if it never wrote one.
	Wrote(key, digest string) (same, known bool)
}

// edits recognises files that were edited since converge wrote them, and knows the files that are written beside them.
type edits struct {
	ledger   Ledger // nil: no edit is recognised
	held     *fsys.Held
	contents *contents
}

// isEdited reports whether the present content, known to differ from the wanted one, is not the one that converge
// wrote last either. A file that converge never wrote was not edited.
func (e *edits) isEdited(path string, live *resource.Blob) (bool, error) {
	isOurs := e.lookUpWritten(path)
	if isOurs == nil {
		return false, nil
	}
	digest, err := live.Digest()
	return err == nil && !isOurs(digest), err
}

// lookUpWritten returns a function that reports whether converge wrote a content of
// that digest last at the path; nil if it never wrote there.
func (e *edits) lookUpWritten(path string) func(digest string) bool {
	if e.ledger == nil {
		return nil
	}
	key := "path:" + resource.EncodeBytes(path)
	if _, known := e.ledger.Wrote(key, ""); !known {
		return nil
	}
	return func(digest string) bool {
		same, _ := e.ledger.Wrote(key, digest)
		return same
	}
}

// observedContent is the content to report for a file that differs from the wanted one: the present one or, if the
// edit is to be kept and ours is already parked beside it, the wanted one.
func (e *edits) observedContent(r *request, at location) (*resource.Blob, error) {
	live := e.contents.readBlob(at)
	switch r.OnEdit.Value {
	case "keep":
		parked, err := e.isParked(at.path, r.Content)
		if err != nil || parked {
			return r.Content, err
		}
	case "stop":
		if err := e.refuseEdited(r, at, live); err != nil {
			return nil, err
		}
	}
	return live, nil
}

// refuseEdited returns an error if the file was edited.
func (e *edits) refuseEdited(r *request, at location, live *resource.Blob) error {
	edited, err := e.isEdited(r.path, live)
	if err == nil && edited {
		return fmt.Errorf("cannot replace %q: %w", at.path, errEdited)
	}
	return err
}

var errEdited = errors.New(`it was edited since converge wrote it, and on_edit is "stop"; bring the edit into the manifest or undo it, or set on_edit to "keep" or "overwrite"`)

// findParked returns the path of our file beside an edited one that is kept; "" if there is none, or if that is not
// known.
func (e *edits) findParked(r *request) string {
	if r.OnEdit.Value != "keep" || r.IsAbsent() || r.Content == nil {
		return ""
	}
	at, err := locateFile(e.held, r, e.held.Lstat)
	if err != nil || !at.isRegular() {
		return ""
	}
	if parked, err := e.isParked(at.path, r.Content); err != nil || !parked {
		return ""
	}
	if same, err := e.contents.isSame(at, r.Content); err != nil || same {
		return ""
	}
	return at.path + resources.ParkedSuffix
}

// isParked reports whether our file is beside the edited one at path.
func (e *edits) isParked(path string, want *resource.Blob) (bool, error) {
	at := location{path: path + resources.ParkedSuffix}
	info, err := e.held.Lstat(at.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case info.Type != fsys.Regular:
		return false, nil
	}
	at.info = info
	return e.contents.isSame(at, want)
}

// findSideFile returns the file that a change writes beside its own, a parked file or a backup, and its content; "":
// none.
func (e *edits) findSideFile(c *change) (path string, content *resource.Blob, err error) {
	r := &c.request
	if !r.isFile() || c.Have.IsNull() {
		return "", nil, nil
	}
	if c.Differs("content") && c.WrittenContent(e.lookUpWritten(r.path)) == nil {
		return r.path + resources.ParkedSuffix, r.Content, nil
	}
	suffix := resource.DecodeBytes(r.Backup.Value)
	if suffix == "" || !c.Differs("content") && c.Action != resource.Delete {
		return "", nil, nil
	}
	at, err := locateAny(e.held, r)
	if err != nil || !at.isRegular() {
		return "", nil, err
	}
	return at.path + suffix, e.contents.readBlob(at), nil
}
