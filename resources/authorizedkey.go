package resources

import (
	"errors"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
)

// AuthorizedKeyWant is the struct of the kind authorized_key. A wanted key has its options
// as text.
type AuthorizedKeyWant struct {
	PartPlace
	PartUser
	Key string `attr:"key"`
	KeyOptions
}

const authorizedKeyDoc = "One public key with which a user may log in by SSH: a line of the file of keys that sshd reads. Other lines of the file are left alone; " +
	"`ssh_keys` of a `user` is for all keys of that user.\n\n" +
	"A key is known by its file, the key itself and its options, so one key with two sets of options is two lines, and sshd takes the first of them. Its comment is written if it has one, and does not count otherwise. " +
	"A changed `options` is another thing: the old line stays until `--prune`, and the plan says so.\n\n" +
	"The file of a `user` is the first one that `AuthorizedKeysFile` names in sshd_config, with `%h`, `%u`, `%U` and `%%` replaced, `Include` followed and `Match` blocks considered; without it, it is `~/.ssh/authorized_keys`. A key that is to be absent is removed from that file alone; every plan says if it is in another one that sshd reads. " +
	"Where that depends on more than the user (`Match Address`), converge asks for `path`. A file or folder that the user controls is never followed to anything that belongs to somebody else."

// AuthorizedKey is the kind of one key of a user. A provider of nil serves documentation
// and validation.
func AuthorizedKey(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "authorized_key",
		Doc:  authorizedKeyDoc,
		Example: "authorized_key \"backup\" {\n  user    = \"root\"\n  key     = \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKtyzZ/BXeVPE/2UnEYnwpJjXMiP9Dc5ph2fqPgoEQEQ backup@store\"\n" +
			"  options = [\"restrict\", \"from=10.0.0.0/8\", \"command=/usr/bin/rrsync -ro /srv\"]\n}\n",
		Label: "path",
		Attrs: resource.Typing[AuthorizedKeyWant](accessAttrs("authorized_key",
			"The absolute path of the file of keys. Unset: the label if it begins with `/`, and else the file of `user`. A symbolic link is followed.",
			"The user who may log in, as whose the file and its folder are made. Required without `path`.",
			[]string{"key", "options", "sensitive"},
			resource.Attr{Name: "key", Required: true, Wording: true, Check: checkAuthorizedKey, Doc: "The public key in one line: type, key and, if you like, a comment, as in `~/.ssh/id_ed25519.pub`. With `ensure = \"absent\"` also its fingerprint, `\"SHA256:…\"`."},
			resource.Attr{Name: "options", Public: true, Check: checkKeyOptions, Doc: "Options that limit the key: a list such as `[\"restrict\", \"command=/usr/bin/uptime\"]`, in which values need no quotes, or a string as in the file. See AUTHORIZED_KEYS FILE FORMAT in sshd(8). An option that sshd does not know is refused, because sshd would ignore the key. With `ensure = \"absent\"`: only the line with these options is removed, with `[]` the one without options; unset, every line of the key is."},
		)),
		Prepare:     resource.Preparing(prepareAuthorizedKey),
		Links:       resource.Reading(authorizedKeyLinks),
		Moves:       movesPackages,
		Asks:        resource.Reading(func(w AuthorizedKeyWant) bool { return w.Path == "" }), // sshd_config
		Inert:       true,
		ContentAttr: "key", TextContent: true,
		Apart:    func(key, other string) bool { return key != other }, // each has lines of its own
		Restores: true, RecordAttr: "was",
		JoinRecords:    JoinPartPasts,
		BareRecord:     barePartPast,
		RecordDestroys: destroyedByPart,
		Revert: resource.Reverting(func(p resource.Past, before, after AuthorizedKeyWant) ([]resource.RevertTarget, error) {
			return revertPart(p, before.asPart(), after.asPart())
		}),
		Named:    accessNamed(authorizedKeyNamed),
		Provider: p,
	}
}

func (w *AuthorizedKeyWant) asPart() Part {
	return Part{PartPlace: w.PartPlace, PartUser: w.PartUser, SettingAttrs: SettingAttrs{Key: w.Key}, KeyOptions: w.KeyOptions}
}

func prepareAuthorizedKey(_ resource.Input, w *AuthorizedKeyWant) error {
	w.prepareAccess(PartAuthorizedKey)
	if w.Path == "" && !w.User.Set {
		return attrError("user", "is needed, or path")
	}
	if edit.IsFingerprint(w.Key) && !w.IsAbsent() {
		return attrError("key", `must be the key itself: a fingerprint is enough only with ensure = "absent"`)
	}
	options, err := joinKeyOptions(w.Options)
	if err != nil {
		return &resource.AttrError{Attr: "options", Err: err}
	}
	unset := w.Options == cty.NilVal || w.Options.IsNull()
	if w.Options = cty.NilVal; options != "" || w.IsAbsent() && !unset {
		w.Options = cty.StringVal(resource.EncodeText(string(options)))
	}
	if key, err := edit.ParseSSHKey(resource.DecodeBytes(w.Key)); err == nil {
		w.Key = resource.EncodeText(key.String())
	}
	return nil
}

// joinKeyOptions returns options that are a list or a text.
func joinKeyOptions(v cty.Value) (edit.KeyOptions, error) {
	words, isText := wordsOf(v)
	switch {
	case isText:
		return edit.ParseKeyOptions(resource.DecodeBytes(words[0]))
	case len(words) == 0:
		return "", nil
	}
	for i := range words {
		words[i] = resource.DecodeBytes(words[i])
	}
	return edit.JoinKeyOptions(words)
}

func checkKeyOptions(v cty.Value) error {
	if t := v.Type(); t != cty.String && !t.IsTupleType() && !t.IsListType() && !t.IsSetType() {
		return errors.New("must be a list of options, or a string")
	}
	if v.Type() != cty.String {
		for _, e := range v.AsValueSlice() {
			if e.IsNull() || e.Type() != cty.String {
				return errors.New("must be a list of strings")
			}
		}
	}
	_, err := joinKeyOptions(v)
	return err
}

// checkAuthorizedKey refuses a text that is not a key, or has options.
func checkAuthorizedKey(v cty.Value) error {
	text := resource.DecodeBytes(v.AsString())
	if edit.IsFingerprint(text) {
		return nil
	}
	_, err := edit.ParseSSHKey(text)
	if l, ok := edit.ParseAuthorizedLine(text); err != nil && ok && l.Options != "" {
		return errors.New("has options before the key: give them in the attribute options")
	}
	return err
}

// Wish is the key in the form of package edit.
func (w *AuthorizedKeyWant) Wish() (a edit.AuthorizedKey, err error) {
	a = edit.AuthorizedKey{Fingerprint: w.Key, Absent: w.IsAbsent()}
	isSet := w.Options != cty.NilVal && !w.Options.IsNull()
	if a.AnyOptions = a.Absent && !isSet; isSet {
		a.Options = edit.KeyOptions(resource.DecodeBytes(w.Options.AsString()))
	}
	if edit.IsFingerprint(w.Key) {
		return a, nil
	}
	if a.Key, err = edit.ParseSSHKey(resource.DecodeBytes(w.Key)); err == nil {
		a.Fingerprint = a.Key.Fingerprint()
	}
	return a, err
}

const authorizedKeyID = "authorized_key "

func (w *AuthorizedKeyWant) id() string {
	a, err := w.Wish()
	if err != nil { // the check has refused it
		return authorizedKeyID + w.Key
	}
	return authorizedKeyID + resource.EncodeText(a.ID())
}

// CutAuthorizedID returns the fingerprint and the options of the ID of a part, if the part is an authorized key.
func CutAuthorizedID(id string) (string, bool) {
	rest, ok := strings.CutPrefix(id, authorizedKeyID)
	return resource.DecodeBytes(rest), ok
}

func authorizedKeyLinks(w AuthorizedKeyWant) resource.Links {
	return accessLinks(w.PartPlace, w.User.Value, userKeysKey, w.id())
}

func authorizedKeyNamed(id string) map[string]cty.Value {
	fingerprint, options := edit.CutAuthorizedID(strings.TrimPrefix(id, authorizedKeyID))
	return map[string]cty.Value{"key": cty.StringVal(fingerprint), "options": cty.StringVal(string(options))}
}
