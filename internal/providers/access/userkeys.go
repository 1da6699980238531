package access

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
	"converge/resources"
)

// Parts is the provider of parts of files.
type Parts interface {
	resource.Provider
	resource.Recorder
	resource.Transactor
}

// UserKeys reads and writes all keys of a user at once, but for those that are declared by
// themselves. The lines of a user are those of [resources.UserWant].
type UserKeys struct {
	files *Files
	parts Parts
}

// NewUserKeys returns the keys of the users of files, which parts changes.
func NewUserKeys(files *Files, parts Parts) *UserKeys { return &UserKeys{files, parts} }

// Read returns the lines that the file of a user has, in the wanted words where they mean the
// same.
func (k *UserKeys) Read(ctx context.Context, user string, want []string) ([]string, error) {
	part, _, err := k.part(ctx, user, want, "")
	if err != nil {
		return nil, err
	}
	have, err := k.parts.Observe(ctx, resource.Encode(part))
	if err != nil || have.IsNull() {
		return []string{}, err
	}
	wanted := map[string]edit.AuthorizedLine{}
	for _, text := range want {
		if l, ok := edit.ParseAuthorizedLine(resource.DecodeBytes(text)); ok {
			wanted[l.ID()] = l
		}
	}
	out := []string{}
	found, err := resource.Decode[resources.Part](have)
	if err != nil {
		return nil, err
	}
	text, _ := found.Content.Bytes() // the provider has it in memory
	for _, l := range edit.AuthorizedLines(text) {
		w, ok := wanted[l.ID()]
		if ok && (w.Key.Comment == "" || w.Key.Comment == l.Key.Comment) {
			l = w
		}
		out = append(out, resource.EncodeText(l.String()))
	}
	return out, nil
}

// LocateNow returns the physical path of the file that has the keys of a user now, as manifests write paths; "": it is not known.
func (k *UserKeys) LocateNow(ctx context.Context, user string) string {
	return LocateKeysNow(ctx, k.files, user)
}

// Write makes the lines those of the file. was is what a former change has recorded, which is
// taken back; "" if none is.
func (k *UserKeys) Write(ctx context.Context, user string, want []string, was string) error {
	k.files.Forget() // the user may be one that was made since
	part, _, err := k.part(ctx, user, want, was)
	if err != nil {
		return err
	}
	have, err := k.parts.Observe(ctx, resource.Encode(part))
	if err != nil {
		return err
	}
	return k.parts.ApplyAll(ctx, []resource.Change{change(part, have)}, resource.Forecast{}).Err(0)
}

// Record returns what taking a change back needs.
func (k *UserKeys) Record(ctx context.Context, user string, want []string) (string, error) {
	part, _, err := k.part(ctx, user, want, "")
	if err != nil {
		return "", err
	}
	have, err := k.parts.Observe(ctx, resource.Encode(part))
	if err != nil {
		return "", err
	}
	full, _, err := k.parts.Record(ctx, change(part, have))
	if err != nil {
		return "", err
	}
	before, err := resource.Decode[resources.Part](full.Have)
	after, err2 := resource.Decode[resources.Part](full.Want)
	if before.Was == nil {
		before.Was = after.Was
	}
	if err := cmp.Or(err, err2); err != nil || before.Was == nil {
		return "", err
	}
	text, _ := before.Was.Bytes() // see above
	return resource.EncodeText(string(text)), nil
}

// Review describes the keys that are removed, and why the file is certain not to be written.
func (k *UserKeys) Review(ctx context.Context, want resources.UserWant, o resource.Outlook) (r resource.Review) {
	a, err := k.files.find(ctx, want.Name)
	if err != nil {
		return resource.Review{Blocked: err}
	}
	part, at, err := k.part(ctx, a.name, want.SSHKeys.Value, "")
	if err != nil && !a.exists { // its number and its groups are not known yet
		return resource.Review{Notes: []string{"which keys are removed is not known yet: " + err.Error()}}
	}
	if err != nil {
		return resource.Review{Blocked: err}
	}
	text, err := k.read(a, part.Path.Bytes())
	if err != nil {
		return resource.Review{Blocked: err}
	}
	wish, err := resources.UserKeysWish(&part)
	if err != nil {
		return resource.Review{Blocked: err}
	}
	var prints []string
	set, _ := wish.(edit.KeySet)
	for _, l := range set.Surplus(text) {
		r.Removes = append(r.Removes, "authorized_keys "+a.name+"  "+l.Key.Describe())
		prints = append(prints, l.Key.Fingerprint())
	}
	r.Notes = append(k.remarks(ctx, a.name, at), k.files.noteSession(a.name, prints)...)
	if o.Ask == resource.AskForecast && o.Pending == resource.NothingPending && (a.exists || !want.CreatesHome()) {
		r.Blocked = declarations{k.files}.checkHome(a, part.Path.Bytes())
	}
	return r
}

// Remarks names the other files whose keys let the user in.
func (k *UserKeys) Remarks(ctx context.Context, user string) []string {
	at, err := k.files.locate(ctx, user, false)
	if err != nil {
		return nil // observing it has said so
	}
	return k.remarks(ctx, user, k.files.resolve(at))
}

func (k *UserKeys) remarks(ctx context.Context, user, at string) (notes []string) {
	for _, other := range k.files.otherFiles(ctx, user, at) {
		notes = append(notes, fmt.Sprintf("%q has keys too, which sshd reads as well, and which stay", other.path))
	}
	return notes
}

// read reads the file of keys of a user. One in a home that is moved is still in the former one.
func (k *UserKeys) read(a account, at string) ([]byte, error) {
	text, err := k.files.FS.ReadFile(k.files.resolve(at), edit.MaxSize)
	if errors.Is(err, fs.ErrNotExist) && a.former != "" && strings.HasPrefix(at, a.home+"/") {
		text, err = k.files.FS.ReadFile(k.files.resolve(a.former+at[len(a.home):]), edit.MaxSize)
	}
	if errors.Is(err, fs.ErrNotExist) { // nor are there keys
		return nil, nil
	}
	return text, err
}

// part is the keys of a user as a part of a file. at is its physical path.
func (k *UserKeys) part(ctx context.Context, user string, want []string, was string) (w resources.Part, at string, err error) {
	if at, err = k.files.locate(ctx, user, false); err != nil {
		return w, "", err
	}
	real := k.files.resolve(at)
	if err := (declarations{k.files}).refuseOthers(real, user); err != nil {
		return w, "", err
	}
	w = resources.Part{PartPlace: resources.PartPlace{Part: resources.PartUserKeys}}
	if was != "" {
		w.Was = resource.BytesBlob([]byte(resource.DecodeBytes(was)))
	}
	w.Path, w.Create, w.User = resource.Text(resource.EncodeBytes(at)), resource.Some(true), resource.Some(user)
	others := []string{}
	for id := range k.files.Others(ctx, real) {
		others = append(others, resource.EncodeText(id))
	}
	w.Keys = resource.Some(others)
	w.Content = resource.BytesBlob([]byte(resource.DecodeBytes(strings.Join(append(want, ""), "\n"))))
	return w, real, nil
}

func change(w resources.Part, have cty.Value) resource.Change {
	c := resource.Change{Addr: resource.Addr{Kind: "user", Name: w.User.Value}, Action: resource.Update, Have: have, Want: resource.Encode(w)}
	if have.IsNull() {
		c.Action = resource.Create
	}
	return c
}
