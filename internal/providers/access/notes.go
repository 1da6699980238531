package access

import (
	"context"
	"fmt"

	"converge/internal/edit"
	"converge/resources"
)

// Notes returns the notes of a plan on a change of an authorized key; src is the file, which is
// at a path.
func (f *Files) Notes(ctx context.Context, w *resources.Part, at string, src *edit.Memo) []string {
	if w.Part != resources.PartAuthorizedKey {
		return nil
	}
	want := resources.AuthorizedKeyWant{PartPlace: w.PartPlace, Key: w.Key, KeyOptions: w.KeyOptions}
	a, err := want.Wish()
	if err != nil {
		return nil
	}
	var notes []string
	if note := f.noteOtherLine(ctx, a, at, src); note != "" {
		notes = append(notes, note)
	}
	if !a.Absent {
		return notes
	}
	notes = append(notes, f.noteElsewhere(ctx, w, a, at)...)
	return append(notes, f.noteSession(w.User.Value, []string{a.Fingerprint})...)
}

// Remarks returns the notes of a plan on an authorized key that is as declared: an absent key may still give its owner
// access.
func (f *Files) Remarks(ctx context.Context, w *resources.Part, at string) []string {
	if w.Part != resources.PartAuthorizedKey || !w.IsAbsent() {
		return nil
	}
	want := resources.AuthorizedKeyWant{PartPlace: w.PartPlace, Key: w.Key, KeyOptions: w.KeyOptions}
	a, err := want.Wish()
	if err != nil {
		return nil
	}
	return f.noteElsewhere(ctx, w, a, at)
}

// noteElsewhere names the other files by which an absent key gives its owner access.
func (f *Files) noteElsewhere(ctx context.Context, w *resources.Part, a edit.AuthorizedKey, at string) (notes []string) {
	if !w.User.Set {
		return nil
	}
	for _, other := range f.otherFiles(ctx, w.User.Value, at) {
		if len(other.keys.LinesOf(a.Fingerprint)) > 0 {
			notes = append(notes, fmt.Sprintf("the key is in %q too, which sshd reads as well, and stays there: name that file as path of another authorized_key", other.path))
		}
	}
	return notes
}

// noteOtherLine names another line by which the same key gives its owner access.
func (f *Files) noteOtherLine(ctx context.Context, a edit.AuthorizedKey, at string, src *edit.Memo) string {
	if a.AnyOptions { // all of them are removed
		return ""
	}
	declared := f.Others(ctx, at)
	for _, l := range src.LinesOf(a.Fingerprint) {
		if l.Options == a.Options || declared[l.ID()] {
			continue
		}
		options := "without options"
		if l.Options != "" {
			options = "with the options " + string(l.Options)
		}
		return "the same key is in that file " + options + ", and this change leaves that line: sshd takes the first of them"
	}
	return ""
}

// keyFile is a file of keys as it was read.
type keyFile struct {
	path, real string
	keys       *edit.Memo
}

// keyFilesOf is the key of the files of keys of a user.
type keyFilesOf struct{ user string }

// otherFiles returns the further existing files in which sshd looks for keys of a user.
func (f *Files) otherFiles(ctx context.Context, user, at string) (out []keyFile) {
	all, _ := recall(f, keyFilesOf{user}, func() ([]keyFile, error) { return f.readKeyFiles(ctx, user) }) // a failed search finds none
	for _, file := range all {
		if file.real != at {
			out = append(out, file)
		}
	}
	return out
}

// readKeyFiles reads the files of keys of a user that have keys.
func (f *Files) readKeyFiles(ctx context.Context, user string) (out []keyFile, err error) {
	a, err := f.find(ctx, user)
	if err != nil {
		return nil, err
	}
	names, err := f.keyFiles(ctx, a)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		real, err := f.FS.Resolve(name)
		if err != nil {
			continue
		}
		if text, err := f.FS.ReadFile(real, edit.MaxSize); err == nil && len(edit.AuthorizedLines(text)) > 0 {
			out = append(out, keyFile{name, real, edit.NewMemo(text)})
		}
	}
	return out, nil
}
