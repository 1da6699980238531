package access

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"converge/internal/edit"
	"converge/internal/resource"
	"converge/resources"
)

// The keys of declarations about files, by their physical paths.
type (
	keysOf   struct{} // of authorized keys
	ownersOf struct{} // users that declare all of their keys
	partsOf  struct{} // of other kinds, that may hold keys
	wholesOf struct{} // resources that declare the whole of a file
)

// declarations holds declarations of this site and others about files.
type declarations struct{ *Files }

// Others returns the IDs of the lines of a file that resources of their own declare, here or in
// other sites.
func (f *Files) Others(ctx context.Context, at string) map[string]bool {
	all, _ := recall(f, keysOf{}, func() (map[string]map[string]bool, error) { return declarations{f}.listKeys(ctx), nil }) // which never fails
	return all[at]
}

// listKeys returns the IDs of all declared keys by their files. The place of a file may have changed since a resource
// got its key.
func (f declarations) listKeys(ctx context.Context) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	add := func(file, user, id string) {
		if file == "" {
			var err error
			if file, err = f.locate(ctx, user, false); err != nil { // then no key is written to it
				return
			}
		}
		file = f.resolve(file)
		if out[file] == nil {
			out[file] = map[string]bool{}
		}
		out[file][id] = true
	}
	for _, r := range f.declared {
		if r.Kind.Name != resources.PartAuthorizedKey || r.WantsAbsent() {
			continue // a switched-off key is declared, and stays
		}
		w := resource.Must[resources.AuthorizedKeyWant](r.Want)
		if a, err := w.Wish(); err == nil {
			add(w.Path.Bytes(), w.User.Value, a.ID())
		}
	}
	if f.OtherSites == nil {
		return out
	}
	for _, key := range f.OtherSites() {
		file, id, isPart := resource.CutPartKey(key)
		k, isUsers := resources.CutUserFileKey(key)
		switch {
		case isUsers && !k.Hosts:
			file, id = "", k.ID
		case isUsers || !isPart:
			continue
		}
		if id, isKey := resources.CutAuthorizedID(id); isKey {
			add(resource.DecodeBytes(file), k.User, id)
		}
	}
	return out
}

// RefusePart refuses a part of another kind with keys in a file whose keys a user declares completely: each would undo
// the other in every run.
func (f *Files) RefusePart(ctx context.Context, w *resources.Part, at string) error {
	if !mayHoldKeys(w) {
		return nil
	}
	owners, _ := recall(f, ownersOf{}, func() (map[string]*resource.Resource, error) { return declarations{f}.listOwners(ctx), nil }) // which never fails
	if r := owners[at]; r != nil {
		return fmt.Errorf("cannot edit %q: %s (%s) declares all keys of it (ssh_keys), and each would undo the other in every run; declare the key by authorized_key, or in ssh_keys", at, r.Addr, placeOf(r))
	}
	return nil
}

func placeOf(r *resource.Resource) string {
	return fmt.Sprintf("%s:%d", r.Range.Filename, r.Range.Start.Line)
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

func (f declarations) listOwners(ctx context.Context) map[string]*resource.Resource {
	out := map[string]*resource.Resource{}
	for _, r := range f.declared {
		if !r.IsEnforced() || r.Kind.Name != "user" {
			continue
		}
		u := resource.Must[resources.UserWant](r.Want)
		if u.IsAbsent() || !u.SSHKeys.Set {
			continue
		}
		if at, err := f.locate(ctx, u.Name, false); err == nil { // otherwise the user itself fails
			out[f.resolve(at)] = r
		}
	}
	return out
}

// refuseOthers refuses to manage all keys in a user's file that a resource declares as a whole, or in which a resource
// of another kind has keys.
func (f declarations) refuseOthers(at, user string) error {
	wholes, _ := recall(f.Files, wholesOf{}, func() (map[string]*resource.Resource, error) { return f.listWholes(), nil }) // nor does this
	if r := wholes[at]; r != nil {
		return fmt.Errorf("cannot manage the keys of user %q: %s (%s) declares the whole of %q; remove one of them", user, r.Addr, placeOf(r), at)
	}
	parts, _ := recall(f.Files, partsOf{}, func() (map[string]*resource.Resource, error) { return f.listParts(), nil }) // nor does this
	if r := parts[at]; r != nil {
		return fmt.Errorf("cannot manage the keys of user %q: %s (%s) edits keys in %q, and each would undo the other in every run; remove one of them", user, r.Addr, placeOf(r), at)
	}
	return nil
}

func (f declarations) listWholes() map[string]*resource.Resource {
	out := map[string]*resource.Resource{}
	for _, r := range f.declared {
		if r.Audit {
			continue
		}
		for _, whole := range resources.WholeFiles(r) {
			out[resource.DecodeBytes(whole)] = r
		}
	}
	return out
}

func (f declarations) listParts() map[string]*resource.Resource {
	out := map[string]*resource.Resource{}
	for _, r := range f.declared {
		switch r.Kind.Name {
		case resources.PartSetting, resources.PartLine, resources.PartBlock:
		default:
			continue
		}
		if w := resource.Must[resources.Part](r.Want); r.IsEnforced() && mayHoldKeys(&w) {
			out[f.resolve(w.Path.Bytes())] = r
		}
	}
	return out
}

// checkHome refuses a file of keys in a home that nothing makes before the keys are written.
func (f declarations) checkHome(a account, at string) error {
	if a.former != "" || !strings.HasPrefix(at, a.home+"/") {
		return nil // the home is moved, or does not contain the keys
	}
	if _, err := f.FS.Stat(a.home); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, r := range f.declared {
		if r.IsEnforced() && r.Key == "path:"+resource.CanonicalPath(resource.EncodeBytes(a.home)) && !r.WantsAbsent() {
			return fmt.Errorf("cannot write the keys of user %q: there is no directory %q, and %s (%s) makes it only after the user: let the user make it (create_home = true), or declare the keys by authorized_key, which come after it", a.name, a.home, r.Addr, placeOf(r))
		}
	}
	return fmt.Errorf("cannot write the keys of user %q: there is no directory %q: let the user make it (create_home = true, for a new user), or declare it and the keys by authorized_key, which come after it", a.name, a.home)
}
