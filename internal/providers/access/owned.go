package access

import (
	"context"
	"fmt"

	"converge/internal/edit"
	"converge/internal/resource"
	"converge/resources"
)

// RefusePart refuses a part of another kind that has keys, in a file of which a user declares all
// keys: each would undo the other in every run.
func (f *Files) RefusePart(ctx context.Context, w *resources.Part, at string) error {
	if !mayHoldKeys(w) {
		return nil
	}
	if r := f.ownersOf(ctx)[at]; r != nil {
		return fmt.Errorf("cannot edit %q: %s (%s:%d) declares all keys of it (ssh_keys), and each would undo the other in every run; declare the key by authorized_key, or in ssh_keys",
			at, r.Addr, r.Range.Filename, r.Range.Start.Line)
	}
	return nil
}

// mayHoldKeys reports whether a setting, a line or a block may be, or replace, a line with a key.
func mayHoldKeys(w *resources.Part) bool {
	switch w.Part {
	case resources.PartSetting:
		return true
	case resources.PartLine:
		return w.Match.Set || len(edit.AuthorizedLines([]byte(resource.DecodeBytes(w.Line.Value)))) > 0
	case resources.PartBlock:
		if w.Content == nil {
			return false
		}
		text, ok := w.Content.Bytes()
		return !ok || len(edit.AuthorizedLines(text)) > 0
	}
	return false
}

// ownersOf returns the users that declare all of their keys, by the physical paths of the files.
func (f *Files) ownersOf(ctx context.Context) map[string]*resource.Resource {
	f.mu.Lock()
	owners := f.owners
	f.mu.Unlock()
	if owners != nil {
		return owners
	}
	owners = map[string]*resource.Resource{}
	for _, r := range f.declared {
		if r.Off || r.Kind.Name != "user" {
			continue
		}
		u := resource.Must[resources.UserWant](r.Want)
		if u.IsAbsent() || !u.SSHKeys.Set {
			continue
		}
		if at, err := f.locate(ctx, u.Name, false); err == nil { // else the user itself fails
			owners[f.resolve(at)] = r
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.owners = owners
	return owners
}

// refuseParts refuses to manage the keys of a file in which a resource of another kind has some.
func (f *Files) refuseParts(at, user string) error {
	for _, r := range f.declared {
		switch r.Kind.Name {
		case resources.PartSetting, resources.PartLine, resources.PartBlock:
		default:
			continue
		}
		w := resource.Must[resources.Part](r.Want)
		if !r.Off && f.resolve(w.Path.Bytes()) == at && mayHoldKeys(&w) {
			return fmt.Errorf("cannot manage the keys of user %q: %s (%s:%d) edits keys in %q, and each would undo the other in every run; remove one of them", user, r.Addr, r.Range.Filename, r.Range.Start.Line, at)
		}
	}
	return nil
}
