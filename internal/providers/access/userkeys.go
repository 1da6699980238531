package access

import (
	"cmp"
	"context"
	"fmt"
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

// Write makes the lines those of the file. was is what a former change has recorded, which is
// taken back; "" if none is.
func (k *UserKeys) Write(ctx context.Context, user string, want []string, was string) error {
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

// Removes describes the keys that a change removes, and what a plan should say of it.
func (k *UserKeys) Removes(ctx context.Context, user string, want []string) (removed, notes []string, err error) {
	part, at, err := k.part(ctx, user, want, "")
	if err != nil {
		return nil, nil, err
	}
	text, err := k.read(at)
	if err != nil {
		return nil, nil, err
	}
	wish, err := resources.UserKeysWish(&part)
	if err != nil {
		return nil, nil, err
	}
	var prints []string
	set, _ := wish.(edit.KeySet)
	for _, l := range set.Surplus(text) {
		removed = append(removed, "authorized_keys "+user+"  "+l.Key.Describe())
		prints = append(prints, l.Key.Fingerprint())
	}
	for _, other := range k.files.otherFiles(ctx, user, at) {
		notes = append(notes, fmt.Sprintf("%q has keys too, which sshd reads as well, and which stay", other.path))
	}
	return removed, append(notes, k.files.noteSession(ctx, user, prints)...), nil
}

func (k *UserKeys) read(at string) ([]byte, error) {
	text, err := k.files.FS.ReadFile(at, edit.MaxSize)
	if isMissing(err) {
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
	if err := k.files.refuseWhole(real, user); err != nil {
		return w, "", err
	}
	if err := k.files.refuseParts(real, user); err != nil {
		return w, "", err
	}
	w = resources.Part{PartPlace: resources.PartPlace{Part: resources.PartUserKeys}}
	if was != "" {
		w.Was = resource.BytesBlob([]byte(resource.DecodeBytes(was)))
	}
	w.Path, w.Create, w.User = resource.Text(resource.EncodeBytes(at)), resource.Some(true), resource.Some(user)
	others := []string{}
	for id := range k.files.Others(ctx, real, user) {
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
