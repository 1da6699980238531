package access

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
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

// UserKeys reads and writes all keys of a user at once, except those with resources of their own. The lines of a user
// are those of [resources.UserWant].
type UserKeys struct {
	files *Files
	parts Parts
}

// NewUserKeys returns the keys of the users of files, which parts changes.
func NewUserKeys(files *Files, parts Parts) *UserKeys { return &UserKeys{files, parts} }

// Read returns the lines of a user's file, in the wanted words if they mean the same.
func (k *UserKeys) Read(ctx context.Context, want resources.UserWant) ([]string, error) {
	part, _, err := k.part(ctx, want)
	if err != nil {
		return nil, err
	}
	have, err := k.parts.Observe(ctx, resource.Encode(part))
	if err != nil || have.IsNull() {
		return []string{}, err
	}
	wanted := map[string]edit.AuthorizedLine{}
	for _, text := range want.SSHKeys.Value {
		if l, ok := edit.ParseAuthorizedLine(resource.DecodeBytes(text)); ok {
			wanted[l.ID()] = l
		}
	}
	out := []string{}
	found, err := resource.Decode[resources.Part](have)
	if err != nil {
		return nil, err
	}
	text, _ := found.Content.Bytes() // the provider holds it in memory
	for _, l := range edit.AuthorizedLines(text) {
		w, ok := wanted[l.ID()]
		if ok && (w.Key.Comment == "" || w.Key.Comment == l.Key.Comment) {
			l = w
		}
		out = append(out, resource.EncodeText(l.String()))
	}
	return out, nil
}

// Identify implements the part of assembly.Names that is about files of users.
func (k *UserKeys) Identify(ctx context.Context, keys []string) (map[string]string, error) {
	return k.files.Identify(ctx, keys)
}

// LocateNow returns the present physical path of the file with the keys of a user, in the form of manifests; "": it is
// not known.
func (k *UserKeys) LocateNow(ctx context.Context, user string) string {
	return LocateKeysNow(ctx, k.files, user)
}

// Write makes the lines those of the file.
func (k *UserKeys) Write(ctx context.Context, want resources.UserWant) error {
	k.files.Forget() // the user may have been made since
	part, _, err := k.part(ctx, want)
	if err != nil {
		return err
	}
	have, err := k.parts.Observe(ctx, resource.Encode(part))
	if err != nil {
		return err
	}
	return k.parts.ApplyAll(ctx, []resource.Change{change(part, have)}, resource.Forecast{}).Err(0)
}

// Record returns what undoing a change needs.
func (k *UserKeys) Record(ctx context.Context, want resources.UserWant) (string, error) {
	part, place, err := k.part(ctx, want)
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
	past := before.Past()
	if past == nil {
		return "", nil
	}
	past.Of, past.Now = resource.EncodeBytes(place.real), resource.EncodeBytes(place.moved)
	text, err := json.Marshal(past)
	return resource.EncodeText(string(text)), err
}

// reviewContent lists the file that is removed with the last of the keys.
func (k *UserKeys) reviewContent(ctx context.Context, want resources.UserWant, o resource.Outlook) (r resource.Review) {
	parts, ok := k.parts.(resource.Reviewer)
	part, _, err := k.part(ctx, want)
	if err != nil || !ok {
		return r
	}
	have, err := k.parts.Observe(ctx, resource.Encode(part))
	if err != nil {
		return r // the change itself reports that
	}
	return parts.Review(ctx, change(part, have), o)
}

// Review describes the keys that are removed, and why the file is certain not to be written.
func (k *UserKeys) Review(ctx context.Context, want resources.UserWant, o resource.Outlook) (r resource.Review) {
	if o.Ask == resource.AskContent {
		return k.reviewContent(ctx, want, o)
	}
	a, err := k.files.find(ctx, want.Name)
	if err != nil {
		return resource.Review{Blocked: err}
	}
	part, place, err := k.part(ctx, want)
	if err != nil && !a.exists { // its number and its groups are not known yet
		return resource.Review{Notes: []string{"which keys are removed is not known yet: " + err.Error()}}
	}
	if err != nil {
		return resource.Review{Blocked: err}
	}
	text, err := k.read(place.real)
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
	r.Notes = append(k.remarks(ctx, a.name, place.real), k.files.noteSession(a.name, prints)...)
	if o.Ask == resource.AskForecast && o.Pending == resource.NothingPending && (a.exists || !want.CreatesHome()) {
		r.Blocked = declarations{k.files}.checkHome(a, part.Path.Bytes())
	}
	return r
}

// Remarks names the other files whose keys give the user access.
func (k *UserKeys) Remarks(ctx context.Context, user string) []string {
	at, err := k.files.locate(ctx, user, false)
	if err != nil {
		return nil // observing it has reported that
	}
	return k.remarks(ctx, user, k.files.resolve(at))
}

func (k *UserKeys) remarks(ctx context.Context, user, at string) (notes []string) {
	for _, other := range k.files.otherFiles(ctx, user, at) {
		notes = append(notes, fmt.Sprintf("%q has keys too, which sshd reads as well, and which stay", other.path))
	}
	return notes
}

// read reads a file of keys.
func (k *UserKeys) read(at string) ([]byte, error) {
	text, err := k.files.FS.ReadFile(at, edit.MaxSize)
	if errors.Is(err, fs.ErrNotExist) { // nor are there keys
		return nil, nil
	}
	return text, err
}

// part is the keys of a user as a part of a file.
func (k *UserKeys) part(ctx context.Context, want resources.UserWant) (w resources.Part, at keysPlace, err error) {
	w = resources.Part{PartPlace: resources.PartPlace{Part: resources.PartUserKeys}}
	if want.SSHWas.Value != "" {
		w.Was = resource.BytesBlob([]byte(resource.DecodeBytes(want.SSHWas.Value)))
	}
	if at, err = (keysFinder{k.files}).find(ctx, want, w.Past()); err != nil {
		return w, at, err
	}
	if err := (declarations{k.files}).refuseOthers(at.real, want.Name); err != nil {
		return w, at, err
	}
	w.Path, w.Create, w.User = resource.Text(resource.EncodeBytes(at.name)), resource.Some(true), resource.Some(want.Name)
	others := []string{}
	for id := range k.files.Others(ctx, at.real) {
		others = append(others, resource.EncodeText(id))
	}
	w.Keys = resource.Some(others)
	w.Content = resource.BytesBlob([]byte(resource.DecodeBytes(strings.Join(append(slices.Clip(want.SSHKeys.Value), ""), "\n"))))
	return w, at, nil
}

func change(w resources.Part, have cty.Value) resource.Change {
	c := resource.Change{Addr: resource.Addr{Kind: "user", Name: w.User.Value}, Action: resource.Update, Have: have, Want: resource.Encode(w)}
	if have.IsNull() {
		c.Action = resource.Create
	}
	return c
}
