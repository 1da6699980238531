package resources

import (
	"errors"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
)

// revertPart is Undo for parts. PartPast holds what the part was; the provider recorded
// it in the state before or, if the part was not there, in the wanted value.
func revertPart(p resource.Past, before, after Part) ([]resource.RevertTarget, error) {
	was := before.Was
	if was == nil {
		was = after.Was
	}
	past := (&PartPlace{Was: was}).Past()
	if past == nil {
		past = &PartPast{}
		if !p.WasCreated() {
			return nil, errors.New("what it was is not known")
		}
	}
	u := targetOfPart(p, before, after, past.Present)
	if err := wantPast(u.Want, past, p.WasRemoved(), after, before); err != nil {
		return nil, err
	}
	if removed := after.Past(); removed != nil && removed.Created && past.Present { // the file went with it
		u.Want["create"] = cty.True
	}
	if was != nil {
		text, err := contentText(was)
		if err != nil {
			return nil, err
		}
		u.Want["was"] = cty.StringVal(resource.EncodeText(text))
	}
	return []resource.RevertTarget{u}, nil
}

// targetOfPart returns what identifies a part for an undo, and what it was made; present
// tells whether it was there before.
func targetOfPart(p resource.Past, before, after Part, present bool) resource.RevertTarget {
	u := resource.RevertTarget{Made: p.AsMade()}
	names := []string{"part", "path", "key", "section", "format", "separator", "marker", "comment", "match", "multiple", "user", "options", "host"}
	if after.Match.Set || before.Match.Set || after.Part == PartLine && !present {
		names = append(names, "line")
	}
	u.Want = p.Identity(names...)
	for name, v := range p.Identity(names...) {
		u.Made[name] = v
	}
	if resource.AsBlob(u.Want["line"]) != nil { // it is secret; match finds it
		delete(u.Want, "line")
	}
	if after.Duplicates.Set && present {
		u.Want["duplicates"], u.Made["duplicates"] = cty.StringVal(duplicatesKept), cty.StringVal(after.Duplicates.Value)
	}
	if after.Multiple.Value == "all" || after.Part == PartLine && after.IsAbsent() && after.Match.Set { // the lines were different ones
		u.Want["multiple"] = cty.StringVal("first")
	}
	return u
}

// wantPast sets in want what a part was. after is the part as the run left it, before as it was; one of
// them may not have been there, and then has no kind (Part.Part).
func wantPast(want map[string]cty.Value, past *PartPast, wasRemoved bool, after, before Part) error {
	switch {
	case past.Items != nil && past.Present:
		delete(want, "value")
		want["items"] = stringSet(past.Items)
		if !wasRemoved {
			want["ensure"] = cty.StringVal("absent")
		}
	case !past.Present:
		want["ensure"] = cty.StringVal("absent")
		if _, limited := want["options"]; !limited && after.Part == PartAuthorizedKey { // no other line of the key
			want["options"] = cty.StringVal("")
		}
	case past.Value == nil:
		return errors.New("what it was is not known")
	case after.Part == PartAuthorizedKey || before.Part == PartAuthorizedKey:
		l, _ := edit.ParseAuthorizedLine(*past.Value)
		want["key"] = cty.StringVal(resource.EncodeText(l.Key.String()))
		if delete(want, "options"); l.Options != "" {
			want["options"] = cty.StringVal(resource.EncodeText(string(l.Options)))
		}
	case after.Part == PartKnownHost || before.Part == PartKnownHost:
		want["content"] = resource.BlobVal(resource.BytesBlob([]byte(*past.Value)))
	case after.Part == PartBlock || before.Part == PartBlock:
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
