package resources

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
)

// UserKeysWish is the attribute ssh_keys of a user in the form of package edit. The lines are the content of the part;
// keys are the IDs of lines that are declared elsewhere.
func UserKeysWish(w *Part) (edit.Part, error) {
	k := edit.KeySet{Others: map[string]bool{}}
	for _, id := range w.Keys.Value {
		k.Others[resource.DecodeBytes(id)] = true
	}
	if w.Content == nil {
		return k, nil
	}
	text, err := contentText(w.Content)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(text) {
		if l, ok := edit.ParseAuthorizedLine(strings.TrimSuffix(line, "\n")); ok {
			k.Lines = append(k.Lines, l)
		}
	}
	return k, nil
}

const sshKeysDoc = "All public keys with which the user may log in by SSH, each a line as in authorized_keys: options if any, type, key, and a comment if you like. " +
	"It is the complete list: other keys of the file are removed, and the plan names each by its fingerprint. Keys that an `authorized_key` declares for the same file stay, in whatever module or site it is; those that another site declares by `ssh_keys` do not. " +
	"Lines without a key stay. The file is found as for `authorized_key`; further files that sshd reads are left alone, and every plan says if they have keys. The keys that a new user finds in its home are removed as well. The home must be there: a `directory` of that path comes after the user, so that the user makes it (`create_home`). `[]` removes all keys. Without the attribute, they all stay, those as well that an earlier run has written: the plan of the first run without it says so, and no later one, because the file is not managed then."

func checkSSHKeys(v cty.Value) error {
	for _, e := range v.AsValueSlice() {
		if e.IsNull() {
			return errors.New("must not contain null")
		}
		if _, err := edit.ParseWantedLine(lineOf(e.AsString())); err != nil {
			return fmt.Errorf("must hold lines of authorized_keys, and one of them %w", err)
		}
	}
	return nil
}

// lineOf is the bytes of a line, without the end that the text of a file has.
func lineOf(text string) string { return strings.TrimRight(resource.DecodeBytes(text), "\r\n") }

// normalSSHKeys brings lines into one form.
func normalSSHKeys(keys resource.Opt[[]string]) resource.Opt[[]string] {
	if !keys.Set {
		return keys
	}
	out := slices.Clone(keys.Value)
	for i, text := range out {
		if l, err := edit.ParseWantedLine(lineOf(text)); err == nil {
			out[i] = resource.EncodeText(l.String())
		}
	}
	slices.Sort(out)
	return resource.Some(slices.Compact(out))
}

// userContradictions are the contradictions of memberships, and of keys.
func userContradictions(rs []*resource.Resource) hcl.Diagnostics {
	return append(membershipContradictions(rs), keyContradictions(rs)...)
}

// allKeys is the part of a wanted user that decides whether its keys are compared.
type allKeys struct {
	SSHKeys resource.Opt[[]string] `attr:"ssh_keys,set"`
}

// keyContradictions finds keys that a user wants although an authorized_key removes them, or declares them with
// another comment.
func keyContradictions(rs []*resource.Resource) (diags hcl.Diagnostics) {
	users := map[string]*resource.Resource{}
	for _, r := range rs {
		if r.Kind.Name == "user" && !r.Off && resource.Part[allKeys](r.Want).SSHKeys.Set && !r.WantsAbsent() {
			users[resource.Must[UserWant](r.Want).Name] = r
		}
	}
	if len(users) == 0 {
		return nil
	}
	for _, r := range rs {
		if r.Kind.Name != PartAuthorizedKey || r.Off {
			continue
		}
		w := resource.Must[AuthorizedKeyWant](r.Want)
		u := users[w.User.Value]
		a, err := w.Wish()
		if u == nil || err != nil {
			continue
		}
		for _, text := range resource.Must[UserWant](u.Want).SSHKeys.Value {
			l, _ := edit.ParseAuthorizedLine(resource.DecodeBytes(text))
			differs := l.Key.Comment != "" && a.Key.Comment != "" && l.Key.Comment != a.Key.Comment
			isMeant := l.ID() == a.ID() || a.AnyOptions && l.Key.Fingerprint() == a.Fingerprint
			if isMeant && (a.Absent || differs) {
				diags = append(diags, contradiction(r, u, fmt.Sprintf("%s and %s want two things of the key %s.", r.Addr, u.Addr, a.Fingerprint), "remove it from one of them"))
			}
		}
	}
	return diags
}

// DropsKeys reports whether a user was declared with its keys, and no longer is. An absent user has none.
func DropsKeys(was, now *resource.Resource) bool {
	if was.Kind.Name != "user" || now.Kind.Name != "user" {
		return false
	}
	w := resource.Must[UserWant](now.Want)
	return resource.Must[UserWant](was.Want).SSHKeys.Set && !w.SSHKeys.Set && !w.IsAbsent()
}

// DeclaresKeys reports whether a resource is a user that is declared with all of its keys.
func DeclaresKeys(r *resource.Resource) bool {
	if r.Kind == nil || r.Kind.Name != "user" || !r.IsEnforced() {
		return false
	}
	w := resource.Must[UserWant](r.Want)
	return !w.IsAbsent() && (w.SSHKeys.Set || r.WritesSecret("ssh_keys"))
}

// KeysTakenBack returns the possible paths of a file of keys that is removed when the keys of a user are taken back,
// because the run had made it for them: its old path, and that after a later move of the home.
func KeysTakenBack(r *resource.Resource) (paths []string) {
	if !strings.HasPrefix(r.Key, "user:") || r.WantsAbsent() {
		return nil
	}
	w := resource.Must[UserWant](r.Want)
	past := (&PartPlace{Was: blobOf(w.SSHWas.Value)}).Past()
	if past == nil || !past.Created || len(w.SSHKeys.Value) > 0 {
		return nil
	}
	for _, p := range []string{past.Of, past.Now} {
		if p != "" {
			paths = append(paths, p)
		}
	}
	return paths
}

// KeysIn returns the keys of a user as a part of the file that has them. For secret keys, which are not kept, it uses
// those in the file.
func KeysIn(file string, user *resource.Resource, read Reader) *resource.Resource {
	w := resource.Must[UserWant](user.Want)
	lines := w.SSHKeys.Value
	if !w.SSHKeys.Set {
		for _, l := range edit.AuthorizedLines(read.content(file)) {
			lines = append(lines, resource.EncodeText(l.String()))
		}
	}
	part := Part{PartPlace: PartPlace{Part: PartUserKeys, Path: resource.Text(file)}}
	part.Content = resource.BytesBlob([]byte(resource.DecodeBytes(strings.Join(append(slices.Clip(lines), ""), "\n"))))
	out := *user
	out.Kind = &resource.Kind{Name: PartUserKeys}
	out.Key, out.Want = resource.PartKey(file, PartUserKeys), resource.Encode(part)
	return &out
}

// needsOfPast are the folders of the file of keys whose change is taken back.
func needsOfPast(want UserWant) []resource.Need {
	past := (&PartPlace{Was: blobOf(want.SSHWas.Value)}).Past()
	if past == nil || past.Of == "" {
		return nil
	}
	return pathNeeds(path.Dir(past.Of), "its keys lie in that directory")
}

// joinKeyPasts is JoinRecords for all keys of a user. A change of the home may have moved their file; of two files,
// the first one describes the state before converge.
func joinKeyPasts(first, then string) string {
	a, b := pastOf(first), pastOf(then)
	if a == nil || b == nil || b.Of != a.Of && b.Of != a.Now {
		return first
	}
	if a.Created && !b.Created { // only the record of the change that made the file has that
		b.Created, b.At, b.Folder = true, a.At, a.Folder
	}
	joined := pastOf(JoinPartPasts(first, encodePast(b)))
	if joined == nil {
		return first
	}
	joined.Now = cmp.Or(b.Now, a.Now)
	return encodePast(joined)
}

// pastOf reads a record; nil: it has another form.
func pastOf(record string) *PartPast { return (&PartPlace{Was: blobOf(record)}).Past() }

func encodePast(p *PartPast) string {
	text, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	return resource.EncodeText(string(text))
}

func blobOf(text string) *resource.Blob {
	if text == "" {
		return nil
	}
	return resource.BytesBlob([]byte(resource.DecodeBytes(text)))
}

// isKeySet reports whether a part is all keys of a user.
func (o owned) isKeySet() bool {
	_, ok := o.part.(edit.KeySet)
	return ok
}

// sparing returns parts in which those with all keys of a user ignore the keys that authorized_key declares.
func sparing(parts []owned, declared map[string]bool) []owned {
	parts = slices.Clone(parts)
	for i, o := range parts {
		if keys, ok := o.part.(edit.KeySet); ok {
			keys.Others = declared
			parts[i].part = keys
		}
	}
	return parts
}

// declaredKeys are the IDs of the keys that parts declare one by one.
func declaredKeys(parts ...[]owned) map[string]bool {
	out := map[string]bool{}
	for _, o := range slices.Concat(parts...) {
		if k, ok := o.part.(edit.AuthorizedKey); ok && !k.Absent {
			out[k.ID()] = true
		}
	}
	return out
}
