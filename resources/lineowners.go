package resources

import (
	"errors"
	"maps"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/edit"
	"converge/internal/resource"
)

// Undone returns a file in which r undoes what other has there, such as a line that removes a key; "": none, or that
// is not certain. Both are things with parts of files, or accounts. Existing text may have a form that only the file
// itself shows.
func Undone(in *Files, other, r *resource.Resource) (file string) {
	theirs := certainParts(in, other, other.Key != r.Key)
	for _, file := range slices.Sorted(maps.Keys(theirs)) {
		if lost, _ := findUndone(in, file, theirs[file], []*resource.Resource{r}); len(lost) > 0 {
			return file
		}
	}
	return ""
}

// FindUndone returns those resources of other sites that a site's resources may undo in a file. It examines all of
// them at once; [Undone] then determines which resource does. The result includes resources of the other sites that
// contradict each other.
func FindUndone(in *Files, file string, others, ours []*resource.Resource) map[*resource.Resource]bool {
	lost, left := findUndone(in, file, gatherParts(in, file, others), ours)
	out := map[*resource.Resource]bool{}
	for _, o := range slices.Concat(lost, left) {
		out[o.r] = true
	}
	return out
}

// findUndone returns the parts of a file that are lost once the parts of resources are made in it, and those that
// cannot be made: in an empty file, or in the existing one. Only the existing one shows where a new part is placed.
func findUndone(in *Files, file string, theirs []owned, ours []*resource.Resource) (lost, left []owned) {
	live, wanted := in.at(file), gatherParts(in, file, ours)
	var spared map[string]bool
	if slices.ContainsFunc(theirs, owned.isKeySet) || slices.ContainsFunc(ours, func(r *resource.Resource) bool { return r.Kind != nil && r.Kind.Name == PartUserKeys }) {
		spared = declaredKeys(theirs, wanted)
	}
	undoneIn := func(src *fileText, place func(ours []owned) []owned) (lost, left []owned) {
		parts := func(all []owned) []owned { return sparing(place(all), spared) }
		text, owners, left := makeParts(src.Source(), parts(theirs))
		made, last := src.becomes(text), wanted
		if made != live {
			last = gatherParts(in.with(file, made), file, ours)
		}
		return findLost(made, made.becomes(makeLast(made.Source(), parts(last), src == live)), owners), left
	}
	anywhere := func(parts []owned) []owned { return parts }
	isThere := len(live.Source()) > 0
	if isThere && (slices.Contains(accountFiles(), file) || slices.ContainsFunc(wanted, owned.comesBack)) {
		return undoneIn(live, inPlace) // of several lines of a name the first counts, so an empty file shows nothing; nor does it show parts that are restored
	}
	if isThere && holdsAll(live, theirs) && holdsAll(live, wanted) {
		return nil, nil // an empty file does not show that one line satisfies both
	}
	if lost, left = undoneIn(newFileText(nil), anywhere); len(lost) == 0 && isThere {
		lost, left = undoneIn(live, inPlace)
	}
	return lost, left
}

// makeLast returns the result of making parts in a file; some of them are restored as they were if the file exists.
func makeLast(made []byte, parts []owned, isThere bool) []byte {
	if isThere {
		if after, ok := comeBack(made, parts); ok {
			return after
		}
	}
	after, _, _ := makeParts(made, parts)
	return after
}

// holdsAll reports whether a file has all parts in the wanted form.
func holdsAll(t *fileText, parts []owned) bool {
	return !slices.ContainsFunc(parts, func(o owned) bool { return !o.isIn(t) })
}

// findLost returns the parts that are in a file before, and not after, a change of it.
func findLost(made, after *fileText, owners []owned) (lost []owned) {
	if made == after {
		return nil
	}
	for _, o := range owners {
		if o.isBehind(made, after) || !o.isIn(after) && (o.part != nil || o.isIn(made)) {
			lost = append(lost, o)
		}
	}
	return lost
}

// isBehind reports whether a part is a key whose own line was the first one, which sshd uses, and no longer is.
func (o owned) isBehind(made, after *fileText) bool {
	key, ok := o.part.(edit.AuthorizedKey)
	isFirst := func(t *fileText) bool {
		l, ok := t.firstKeys()[key.Fingerprint]
		return ok && (key.AnyOptions || l.ID() == key.ID())
	}
	return ok && !key.Absent && isFirst(made) && !isFirst(after)
}

// IsReplaced reports whether a resource that declares the whole of a file lacks another one's part in it. For a
// content that has to be fetched it returns unknown.
func IsReplaced(in *Files, file string, other, whole *resource.Resource, unknown bool) bool {
	theirs := gatherParts(in, file, []*resource.Resource{other})
	var after []byte
	if !whole.WantsAbsent() && whole.Kind.Name != "link" {
		contents := whole.Kind.Contents(whole.Want)
		if len(contents) == 0 {
			return len(theirs) > 0 && unknown
		}
		text, err := contentText(contents[0])
		if err != nil {
			return len(theirs) > 0 && unknown
		}
		after = []byte(text)
	}
	text, owners, _ := makeParts(in.at(file).Source(), inPlace(theirs))
	made := in.at(file).becomes(text)
	return len(findLost(made, made.becomes(after), owners)) > 0
}

// IsMissing reports whether a file lacks what a resource wants in it.
func IsMissing(in *Files, file string, r *resource.Resource) bool {
	return !holdsAll(in.at(file), gatherParts(in, file, []*resource.Resource{r}))
}

// gatherParts returns the parts of a file that the resources of one site certainly want.
func gatherParts(in *Files, file string, rs []*resource.Resource) []owned {
	return gather(in, file, true, rs)[file]
}

// certainParts are the parts of files that a resource certainly wants, by their paths. For an account they are its
// lines in the present files. With asIs the same applies to a content whose digest alone is known, even if it was
// edited since.
func certainParts(in *Files, r *resource.Resource, asIs bool) map[string][]owned {
	return gather(in, "", asIs, []*resource.Resource{r})
}

// gather finds the parts of files that resources certainly want, in all files or in only one.
func gather(in *Files, only string, asIs bool, rs []*resource.Resource) map[string][]owned {
	files := map[string][]owned{}
	accounts := entryEdits{in: in, only: only, files: files, lines: map[string]map[string]*entry{}}
	for _, r := range rs {
		if file, _, isPart := resource.CutPartKey(r.Key); isPart {
			if o, isKnown := certainPart(in, file, r, asIs); isKnown {
				files[file] = append(files[file], o)
			}
			continue
		}
		accounts.addAccount(r)
		if r.Kind != nil {
			ownedLines(files, r)
		}
	}
	accounts.finish()
	return files
}

// certainPart returns the part of a file that a resource declares, if that is certain.
func certainPart(in *Files, file string, r *resource.Resource, asIs bool) (o owned, isKnown bool) {
	o.r = r
	if kept := hiddenContent(r); kept != nil {
		o.part, isKnown = livePart(r, in.at(file).Memo, kept, asIs)
	} else {
		o.part, o.placed, isKnown = wantedPart(r)
	}
	if r.Kind.RecordAttr != "" {
		o.back = resource.Part[recorded](r.Want).past().Back(false)
	}
	return o, isKnown
}

// recorded is the part of a wanted value that records the earlier state of a part of a file.
type recorded struct {
	Was *resource.Blob `attr:"was"`
}

func (w recorded) past() *PartPast { return (&PartPlace{Was: w.Was}).Past() }

// comesBack reports whether a part is to be restored as it was.
func (o owned) comesBack() bool { return len(o.back) > 0 }

// comeBack makes parts in a file, some of which are restored as they were; false: there are none of these, or they
// conflict.
func comeBack(src []byte, parts []owned) (after []byte, ok bool) {
	var wanted []edit.Part
	var back edit.Back
	for _, o := range parts {
		if o.part != nil {
			wanted, back.Hunks = append(wanted, o.part), append(back.Hunks, o.back)
			ok = ok || o.comesBack()
		}
	}
	if !ok {
		return nil, false
	}
	back.Keys, back.Ground = make([]string, len(wanted)), make([]*edit.Ground, len(wanted))
	after, err := edit.EditBack(src, wanted, back)
	return after, err == nil
}

// wantedPart returns the part of a file that a resource declares, and the same part with the lines that determine its
// place; nil: there are none.
func wantedPart(r *resource.Resource) (part, placed edit.Part, ok bool) {
	var err error
	switch r.Kind.Name {
	case PartAuthorizedKey:
		w := resource.Must[AuthorizedKeyWant](r.Want)
		part, err = w.Wish()
	case PartKnownHost:
		w := resource.Must[KnownHostWant](r.Want)
		part, err = w.Wish()
	case PartUserKeys:
		w := resource.Must[Part](r.Want)
		part, err = UserKeysWish(&w)
	default:
		_, part, err = editedPart(r)
		placed = placedPart(r)
	}
	return part, placed, err == nil
}

// placedPart returns a line or a block with the lines that determine its place; nil: there are none.
func placedPart(r *resource.Resource) edit.Part {
	switch r.Kind.Name {
	case "line":
		w := resource.Must[LineWant](r.Want)
		if l, err := w.Wish(); err == nil && (l.After != nil || l.Before != nil) {
			return l
		}
	case "block":
		w := resource.Must[BlockWant](r.Want)
		if b, err := w.Wish(); err == nil && (b.After != nil || b.Before != nil) {
			return b
		}
	}
	return nil
}

// editedPart returns the part of a file that a setting, a line or a block declares, without the lines that determine
// its place.
func editedPart(r *resource.Resource) (file string, p edit.Part, err error) {
	switch r.Kind.Name {
	case "setting":
		w := resource.Must[SettingWant](r.Want)
		p, err = w.Wish()
		return string(w.Path), p, err
	case "line":
		w := resource.Must[LineWant](r.Want)
		l, err := w.Wish()
		l.After, l.Before = nil, nil
		return string(w.Path), l, err
	case "block":
		w := resource.Must[BlockWant](r.Want)
		b, err := w.Wish()
		b.After, b.Before = nil, nil
		return string(w.Path), b, err
	}
	return "", nil, errors.New("it is no part that is declared by itself")
}

// ownerContradictions finds parts of files that undo the lines of a kind in the same file: a setting gives a parameter
// another value than a sysctl does. Providers of different kinds would only notice after both have written.
func ownerContradictions(kind string) func(rs []*resource.Resource) hcl.Diagnostics {
	return func(rs []*resource.Resource) (diags hcl.Diagnostics) {
		owning, parts := findShared(rs, kind)
		owners, edits := map[string][]owned{}, map[string][]owned{}
		for _, r := range owning {
			ownedLines(owners, r)
		}
		for _, r := range parts {
			if file, p, err := editedPart(r); err == nil && owners[file] != nil {
				edits[file] = append(edits[file], owned{r: r, part: p})
			}
		}
		for _, file := range slices.Sorted(maps.Keys(edits)) {
			diags = append(diags, undone(file, owners[file], edits[file])...)
		}
		return diags
	}
}

// findShared finds the resources of a kind, and the parts of files with resources of their own, if the two share a
// file: in most sites they do not. It does not compare their lines.
func findShared(rs []*resource.Resource, kind string) (owning, parts []*resource.Resource) {
	files := map[string]bool{}
	for _, r := range rs {
		if r.Kind.Name != kind || r.Off {
			continue
		}
		owning = append(owning, r)
		for _, file := range ownedFiles(r) {
			files[file] = true
		}
	}
	if len(owning) == 0 {
		return nil, nil
	}
	for _, r := range rs {
		if path, _, isPart := resource.CutPartKey(r.Key); isPart && files[path] && !r.Off {
			parts = append(parts, r)
		}
	}
	if len(parts) == 0 {
		return nil, nil
	}
	return owning, parts
}

// joinContradictions combines the results of several functions.
func joinContradictions(find ...func(rs []*resource.Resource) hcl.Diagnostics) func(rs []*resource.Resource) hcl.Diagnostics {
	return func(rs []*resource.Resource) (diags hcl.Diagnostics) {
		for _, f := range find {
			diags = append(diags, f(rs)...)
		}
		return diags
	}
}

// undone reports the lines of owners that are lost once the edits are made in a file.
func undone(file string, owners, edits []owned) (diags hcl.Diagnostics) {
	made, owners, _ := makeParts(nil, owners)
	after, edits, _ := makeParts(made, edits)
	text := newFileText(after)
	for _, o := range owners {
		if o.isIn(text) {
			continue
		}
		for _, e := range edits {
			if alone, of, _ := makeParts(made, []owned{e}); len(of) == 1 && !o.isIn(newFileText(alone)) {
				diags = append(diags, contradiction(e.r, o.r, e.r.Addr.String()+" and "+o.r.Addr.String()+" want the same of "+strconv.Quote(file)+" in two ways.", "remove one of them"))
				break
			}
		}
	}
	return diags
}

// makeParts makes parts in a file. It returns those that it could make, including those that need no change, and those
// that it could not.
func makeParts(src []byte, parts []owned) (out []byte, made, left []owned) {
	var rest []owned
	parts = slices.Clone(parts)
	parts = slices.DeleteFunc(parts, func(o owned) bool {
		if o.part == nil {
			rest = append(rest, o)
		}
		return o.part == nil
	})
	if len(parts) == 0 {
		return src, rest, nil
	}
	out, made, left = makeAll(src, parts)
	return out, append(made, rest...), left
}

func makeAll(src []byte, parts []owned) (out []byte, made, left []owned) {
	for {
		all := make([]edit.Part, len(parts))
		for i, p := range parts {
			all[i] = p.part
		}
		out, err := edit.Edit(src, all)
		var one *edit.PartError
		switch {
		case err == nil:
			return out, parts, left
		case !errors.As(err, &one):
			return src, nil, append(left, parts...)
		}
		parts = slices.Clone(parts)
		if p := &parts[one.Index]; p.loose != nil { // the lines that determine its place do not fit
			p.part, p.loose = p.loose, nil
			continue
		}
		left = append(left, parts[one.Index])
		parts = slices.Delete(parts, one.Index, one.Index+1)
	}
}
