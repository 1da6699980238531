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

// Undone returns a file in which r undoes what other has in it, such as a line that takes a key
// away; "": in none, or that is not certain. The two are things with parts of files, or accounts. What
// is in a file already may be written in words that only the file itself shows.
func Undone(read Reader, other, r *resource.Resource) (file string) {
	theirs := certainParts(other, read, other.Key != r.Key)
	for _, file := range slices.Sorted(maps.Keys(theirs)) {
		if areUndone(read, file, theirs[file], []*resource.Resource{r}) {
			return file
		}
	}
	return ""
}

// areUndone reports whether parts of a file do not all stay once those of resources are made in
// it: in an empty file, or in the one that is there. Only in that one can be known where a new part is placed.
func areUndone(read Reader, file string, theirs []owned, ours []*resource.Resource) bool {
	var spared map[string]bool
	if slices.ContainsFunc(theirs, owned.isKeySet) || slices.ContainsFunc(ours, func(r *resource.Resource) bool { return r.Kind != nil && r.Kind.Name == PartUserKeys }) {
		spared = declaredKeys(theirs, gatherParts(read, file, ours))
	}
	isUndoneIn := func(src []byte, place func(ours []owned) []owned) bool {
		parts := func(all []owned) []owned { return sparing(place(all), spared) }
		made, owners := makeParts(src, parts(theirs))
		wanted := parts(gatherParts(read.with(file, made), file, ours))
		if len(src) > 0 {
			if after, ok := comeBack(made, wanted); ok {
				return loses(made, after, owners)
			}
		}
		after, left := makeParts(made, wanted)
		return len(left) > 0 && loses(made, after, owners)
	}
	anywhere := func(parts []owned) []owned { return parts }
	live := read.content(file)
	if len(live) > 0 && (slices.Contains(accountFiles(), file) || slices.ContainsFunc(gatherParts(read, file, ours), owned.comesBack)) {
		return isUndoneIn(live, inPlace) // of several lines of a name the first counts, so an empty file shows nothing; nor does it of what comes back
	}
	if len(live) > 0 && holdsAll(live, theirs) && holdsAll(live, gatherParts(read, file, ours)) {
		return false // an empty file does not show that one line is right for both
	}
	return isUndoneIn(nil, anywhere) || len(live) > 0 && isUndoneIn(live, inPlace)
}

// holdsAll reports whether a file has all parts as they are wanted.
func holdsAll(text []byte, parts []owned) bool {
	file := edit.NewMemo(text)
	return !slices.ContainsFunc(parts, func(o owned) bool { return !o.isIn(file) })
}

// loses reports whether parts that a file has are not in what becomes of it.
func loses(made, after []byte, owners []owned) bool {
	before, memo := edit.NewMemo(made), edit.NewMemo(after)
	return slices.ContainsFunc(owners, func(o owned) bool {
		if key, ok := o.part.(edit.AuthorizedKey); ok && !key.Absent && isFirstKey(made, key) && !isFirstKey(after, key) {
			return true
		}
		return !o.isIn(memo) && (o.part != nil || o.isIn(before))
	})
}

// isFirstKey reports whether of several lines with a key its own is the first, which is the one that sshd goes by.
func isFirstKey(text []byte, key edit.AuthorizedKey) bool {
	for _, l := range edit.AuthorizedLines(text) {
		if l.Key.Fingerprint() == key.Fingerprint {
			return key.AnyOptions || l.ID() == key.ID()
		}
	}
	return false
}

// IsReplaced reports whether a resource that declares the whole of a file does not have in it what another one
// wants of that file. Nobody can tell that of a content that has to be fetched: then it is as unknown says.
func IsReplaced(read Reader, file string, other, whole *resource.Resource, unknown bool) bool {
	theirs := certainParts(other, read, true)[file]
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
	made, owners := makeParts(read.content(file), inPlace(theirs))
	return loses(made, after, owners)
}

// IsMissing reports whether a file does not have what a resource wants of it.
func IsMissing(read Reader, file string, r *resource.Resource) bool {
	memo := edit.NewMemo(read.content(file))
	return slices.ContainsFunc(certainParts(r, read, true)[file], func(o owned) bool { return !o.isIn(memo) })
}

// gatherParts returns the parts of a file that resources want for certain.
func gatherParts(read Reader, file string, rs []*resource.Resource) (all []owned) {
	for _, r := range rs {
		all = append(all, certainParts(r, read, true)[file]...)
	}
	return all
}

// IsAnyUndone reports whether the resources of one site undo any of what those of another one have
// in a file. It takes one look at all of them, where [Undone] is about two.
func IsAnyUndone(read Reader, file string, others, ours []*resource.Resource) bool {
	return areUndone(read, file, gatherParts(read, file, others), ours)
}

// certainParts are the parts of files that a resource wants for certain, by their paths. Of an
// account they are the lines that a file has; the same is true of a content of which only the digest is known, if
// asIs, even if it was edited since.
func certainParts(r *resource.Resource, read Reader, asIs bool) map[string][]owned {
	files := map[string][]owned{}
	file, _, isPart := resource.CutPartKey(r.Key)
	if !isPart {
		ownedAccount(files, r, read)
		if r.Kind != nil {
			ownedLines(files, r)
		}
		return files
	}
	o := owned{r: r}
	var isKnown bool
	if kept := hiddenContent(r); kept != nil {
		o.part, isKnown = livePart(r, read.content(file), kept, asIs)
	} else {
		o.part, o.placed, isKnown = wantedPart(r)
	}
	if r.Kind.RecordAttr != "" {
		o.back = resource.Part[recorded](r.Want).past().Back(false)
	}
	if isKnown {
		files[file] = []owned{o}
	}
	return files
}

// recorded is the part of a wanted value that says what a part of a file was.
type recorded struct {
	Was *resource.Blob `attr:"was"`
}

func (w recorded) past() *PartPast { return (&PartPlace{Was: w.Was}).Past() }

// comesBack reports whether a part is wanted as it was.
func (o owned) comesBack() bool { return len(o.back) > 0 }

// comeBack makes parts in a file of which some come back as they were; false: none does, or they do not go together.
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

// wantedPart returns the part of a file that a resource is, and the same with the lines that say
// where it is placed; nil: there are none.
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

// placedPart returns a line or a block with the lines that say where it is placed; nil: there are
// none.
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

// editedPart returns the part of a file that a setting, a line or a block is, without the
// lines that say where it is placed.
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

// ownerContradictions finds parts of files that undo the lines of a kind in the same file, as
// a setting does that gives a parameter another value than a sysctl. Providers of different
// kinds would find that out only when both have written.
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

// findShared finds the resources of a kind, and the parts of files that are declared by
// themselves, if they have a file in common: of most sites they have none. Whether they mean
// the same lines of it is not looked at.
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

// joinContradictions finds what any of several functions finds.
func joinContradictions(find ...func(rs []*resource.Resource) hcl.Diagnostics) func(rs []*resource.Resource) hcl.Diagnostics {
	return func(rs []*resource.Resource) (diags hcl.Diagnostics) {
		for _, f := range find {
			diags = append(diags, f(rs)...)
		}
		return diags
	}
}

// undone reports the lines of owners that do not stay in a file once the edits are made in it.
func undone(file string, owners, edits []owned) (diags hcl.Diagnostics) {
	made, owners := makeParts(nil, owners)
	after, edits := makeParts(made, edits)
	memo := edit.NewMemo(after)
	for _, o := range owners {
		if o.isIn(memo) {
			continue
		}
		for _, e := range edits {
			if alone, left := makeParts(made, []owned{e}); len(left) == 1 && !o.isIn(edit.NewMemo(alone)) {
				diags = append(diags, contradiction(e.r, o.r, e.r.Addr.String()+" and "+o.r.Addr.String()+" want the same of "+strconv.Quote(file)+" in two ways.", "remove one of them"))
				break
			}
		}
	}
	return diags
}

// makeParts makes parts in a file, and returns those that could be made, with those of which nothing
// is to be made.
func makeParts(src []byte, parts []owned) ([]byte, []owned) {
	var rest []owned
	parts = slices.Clone(parts)
	parts = slices.DeleteFunc(parts, func(o owned) bool {
		if o.part == nil {
			rest = append(rest, o)
		}
		return o.part == nil
	})
	out, made := makeAll(src, parts)
	return out, append(made, rest...)
}

func makeAll(src []byte, parts []owned) ([]byte, []owned) {
	for {
		all := make([]edit.Part, len(parts))
		for i, p := range parts {
			all[i] = p.part
		}
		out, err := edit.Edit(src, all)
		var one *edit.PartError
		switch {
		case err == nil:
			return out, parts
		case !errors.As(err, &one):
			return src, nil
		}
		parts = slices.Clone(parts)
		if p := &parts[one.Index]; p.loose != nil { // no line fits that says where it is placed
			p.part, p.loose = p.loose, nil
			continue
		}
		parts = slices.Delete(parts, one.Index, one.Index+1)
	}
}
