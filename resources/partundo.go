package resources

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
)

// errPastForgotten is why one part stays as it is; its neighbours can be restored.
var errPastForgotten = resource.Forgotten("what it was is not kept any more (a secret: settings keep_secrets), so it stays as it is")

// barePartPast is BareRecord for parts: it omits secrets and the exact bytes, which may contain the secret of another
// part.
func barePartPast(record string, secret bool) string {
	var past PartPast
	if json.Unmarshal([]byte(resource.DecodeBytes(record)), &past) != nil {
		return ""
	}
	if past.Hunks, past.Ground, past.Bare = nil, nil, true; past.File != nil {
		past.File.Text = nil
	}
	if past.Moved != nil {
		past.Moved.Hunks, past.Moved.Bare = nil, true
	}
	if secret {
		past.Value, past.Left, past.Items, past.Moved = nil, nil, nil, nil
	}
	text, err := json.Marshal(past)
	if err != nil {
		return ""
	}
	return resource.EncodeText(string(text))
}

// destroyedByPart returns the bytes that a change removes from its file. It ignores commas and blanks between a key
// and its neighbours, because the neighbours may have changed.
func destroyedByPart(record string) string {
	var past PartPast
	if json.Unmarshal([]byte(resource.DecodeBytes(record)), &past) != nil {
		return record
	}
	var out []string
	for p := &past; p != nil; p = p.Moved {
		for _, h := range p.Hunks {
			if old := strings.Trim(h.Old, ", \t\r\n"); old != "" {
				out = append(out, strconv.Quote(old))
			}
		}
		if p.File != nil {
			out = append(out, "file "+strconv.Quote(string(p.File.Text)))
		}
	}
	return resource.EncodeText(strings.Join(out, "\n"))
}

// revertPart is Undo for parts. PartPast holds the earlier state; the provider recorded it in the state before or, if
// the part was absent, in the wanted value.
func revertPart(p resource.Past, before, after Part) ([]resource.RevertTarget, error) {
	was := before.Was
	if was == nil {
		was = after.Was
	}
	past := (&PartPlace{Was: was}).Past()
	if past == nil { // the removal of a part only needs its name
		past, was = &PartPast{}, nil
		if !p.WasCreated() {
			return nil, errPastForgotten
		}
	}
	u := targetOfPart(p, before, after, past)
	if err := wantPast(u.Want, past, p.WasRemoved(), after, before); err != nil {
		return nil, err
	}
	if past.Present && (past.Created || isMaker(after.Past())) { // the file was removed with it
		u.Want["create"], u.Made["create"] = cty.True, cty.True
	}
	setPast(u.Want, was)
	if after.Part == PartLine || before.Part == PartLine { // match identifies its lines
		setPast(u.Made, was)
	}
	return []resource.RevertTarget{u}, nil
}

// setPast sets the record of the earlier state in want. It omits a forgotten record, without which only the exact
// bytes are not known.
func setPast(want map[string]cty.Value, was *resource.Blob) {
	if was == nil {
		return
	}
	if text, err := contentText(was); err == nil {
		want["was"] = cty.StringVal(resource.EncodeText(text))
	}
}

// isMaker reports whether converge made the file for the part, or for another one that it joined.
func isMaker(past *PartPast) bool { return past != nil && past.Created }

// targetOfPart returns what identifies a part for an undo, and its state after the run. A setting that was assigned
// once is not assigned twice afterwards, even if something else has assigned it since.
func targetOfPart(p resource.Past, before, after Part, past *PartPast) resource.RevertTarget {
	u := resource.RevertTarget{Made: p.AsMade()}
	names := []string{"part", "path", "key", "section", "format", "separator", "marker", "comment", "match", "multiple", "user", "options", "host"}
	if after.Match.Set || before.Match.Set || after.Part == PartLine && !past.Present {
		names = append(names, "line")
	}
	u.Want = p.Identity(names...)
	for name, v := range p.Identity(names...) {
		u.Made[name] = v
	}
	if resource.AsBlob(u.Want["line"]) != nil { // it is secret; match finds it
		delete(u.Want, "line")
	}
	if past.Present && (after.Duplicates.Set || len(before.Repeated.Value) > 0) {
		u.Want["duplicates"] = cty.StringVal(duplicatesKept)
		if after.Duplicates.Set {
			u.Made["duplicates"] = cty.StringVal(after.Duplicates.Value)
		}
		if past.Single {
			u.Want["duplicates"] = u.Made["duplicates"]
		}
		if len(past.Hunks) > 0 && len(before.Repeated.Value) > 0 { // these have the lines
			u.Want["repeated"] = stringList(before.Repeated.Value)
		}
	}
	if after.Multiple.Value == "all" || after.Part == PartLine && after.IsAbsent() && after.Match.Set { // the lines were different ones
		u.Want["multiple"] = cty.StringVal("first")
	}
	return u
}

// wantPast sets the earlier state of a part in want. after is the part as the run left it, before as it was; a missing
// one has no kind (Part.Part).
func wantPast(want map[string]cty.Value, past *PartPast, wasRemoved bool, after, before Part) error {
	switch {
	case past.Items != nil && past.Present:
		delete(want, "value")
		want["items"] = stringSet(past.Items)
		if !wasRemoved {
			want["ensure"] = cty.StringVal("absent")
		}
	case past.Present && after.Items.Set && past.Value == nil && !past.Bare: // no word was added or removed
		want["items"] = cty.SetVal(stringList(after.Items.Value).AsValueSlice())
	case !past.Present:
		want["ensure"] = cty.StringVal("absent")
		if _, limited := want["options"]; !limited && after.Part == PartAuthorizedKey { // no other line of the key
			want["options"] = cty.StringVal("")
		}
	case past.Value == nil:
		return errPastForgotten
	case after.Part == PartAuthorizedKey || before.Part == PartAuthorizedKey:
		l, _ := edit.ParseAuthorizedLine(*past.Value)
		want["key"] = cty.StringVal(resource.EncodeText(l.Key.String()))
		if delete(want, "options"); l.Options != "" {
			want["options"] = cty.StringVal(resource.EncodeText(string(l.Options)))
		}
	case after.Part == PartKnownHost, before.Part == PartKnownHost, after.Part == PartBlock, before.Part == PartBlock:
		want["content"] = resource.BlobVal(resource.BytesBlob([]byte(*past.Value)))
	case after.Part == PartLine || before.Part == PartLine:
		want["line"] = cty.StringVal(resource.EncodeText(*past.Value))
	default:
		want["value"] = cty.StringVal(resource.EncodeText(*past.Value))
	}
	return nil
}

func stringSet(words []string) cty.Value {
	vs := make([]cty.Value, len(words))
	for i, w := range words {
		vs[i] = cty.StringVal(resource.EncodeText(w))
	}
	if len(vs) == 0 {
		return cty.SetValEmpty(cty.String)
	}
	return cty.SetVal(vs)
}
