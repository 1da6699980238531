package access

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"converge/internal/edit"
	"converge/internal/resource"
	"converge/resources"
)

// Notes returns the notes of a plan on a change of an authorized key; src is the content of the
// file at a path.
func (f *Files) Notes(ctx context.Context, w *resources.Part, at string, src []byte) []string {
	if w.Part != resources.PartAuthorizedKey {
		return nil
	}
	want := resources.AuthorizedKeyWant{PartPlace: w.PartPlace, Key: w.Key, KeyOptions: w.KeyOptions}
	a, err := want.Wish()
	if err != nil {
		return nil
	}
	notes := f.noteOthers(ctx, w, a, at, src)
	if a.Absent {
		notes = append(notes, f.noteSession(ctx, w.User.Value, []string{a.Fingerprint})...)
	}
	return notes
}

// noteOthers names other lines by which the same key lets its owner in.
func (f *Files) noteOthers(ctx context.Context, w *resources.Part, a edit.AuthorizedKey, at string, src []byte) (notes []string) {
	declared := f.Others(ctx, at, w.User.Value)
	for _, l := range edit.AuthorizedLines(src) {
		if a.AnyOptions {
			break // all of them are removed
		}
		if l.Key.Fingerprint() != a.Fingerprint || l.ID() == a.ID() || declared[l.ID()] {
			continue
		}
		options := "without options"
		if l.Options != "" {
			options = "with the options " + string(l.Options)
		}
		notes = append(notes, "the same key is in that file "+options+", and stays: sshd takes the first of its lines")
		break
	}
	if !a.Absent || !w.User.Set {
		return notes
	}
	for _, other := range f.otherFiles(ctx, w.User.Value, at) {
		if slices.ContainsFunc(other.lines, func(l edit.AuthorizedLine) bool { return l.Key.Fingerprint() == a.Fingerprint }) {
			notes = append(notes, fmt.Sprintf("the key is in %q too, which sshd reads as well", other.path))
		}
	}
	return notes
}

// keyFile is a file of keys as it was read.
type keyFile struct {
	path  string
	lines []edit.AuthorizedLine
}

// otherFiles returns the further files in which sshd looks for keys of a user, as far as
// they have some.
func (f *Files) otherFiles(ctx context.Context, user, at string) (out []keyFile) {
	a, err := f.find(ctx, user)
	if err != nil {
		return nil
	}
	names, err := f.keyFiles(ctx, a)
	if err != nil {
		return nil
	}
	for _, name := range names {
		real, err := f.FS.Resolve(name)
		if err != nil || real == at {
			continue
		}
		if text, err := f.FS.ReadFile(real, edit.MaxSize); err == nil {
			if lines := edit.AuthorizedLines(text); len(lines) > 0 {
				out = append(out, keyFile{name, lines})
			}
		}
	}
	return out
}

// Others returns the IDs of the lines of a file, which is that of a user, that resources of
// their own declare, here or in other sites.
func (f *Files) Others(ctx context.Context, at, user string) map[string]bool {
	out := map[string]bool{}
	add := func(key string) {
		file, id, ok := resource.CutPartKey(key)
		if !ok {
			k, isUsers := resources.CutUserFileKey(key)
			file, id, ok = at, k.ID, isUsers && !k.Hosts && k.User == user
		}
		if id, isKey := resources.CutAuthorizedID(id); ok && isKey && resource.DecodeBytes(file) == at {
			out[id] = true
		}
	}
	for _, r := range f.declared {
		if r.Off || r.Kind.Name != resources.PartAuthorizedKey || resource.WantsAbsent(r.Want) {
			continue
		}
		w := resource.Must[resources.AuthorizedKeyWant](r.Want)
		if a, err := w.Wish(); err == nil && f.isIn(ctx, w, at) {
			out[a.ID()] = true
		}
	}
	if f.OtherSites != nil {
		for _, key := range f.OtherSites() {
			add(key)
		}
	}
	return out
}

// isIn reports whether a declared key is to be in a file. Where that is may have changed since
// the resource got its key.
func (f *Files) isIn(ctx context.Context, w resources.AuthorizedKeyWant, at string) bool {
	file := w.Path.Bytes()
	if file == "" {
		var err error
		if file, err = f.locate(ctx, w.User.Value, false); err != nil {
			return false
		}
	}
	return f.resolve(file) == at
}

// isMissing reports whether there is no file, so that it has no keys.
func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// refuseWhole refuses to manage the keys of a file that a resource declares as a whole.
func (f *Files) refuseWhole(at, user string) error {
	for _, r := range f.declared {
		for _, whole := range resources.WholeFiles(r) {
			if resource.DecodeBytes(whole) == at {
				return fmt.Errorf("cannot manage the keys of user %q: %s (%s:%d) declares the whole of %q; remove one of them", user, r.Addr, r.Range.Filename, r.Range.Start.Line, at)
			}
		}
	}
	return nil
}
