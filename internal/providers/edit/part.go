package edit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
	"converge/resources"
)

func decode(want cty.Value) (part, error) { return resource.Decode[part](want) }

// decode returns a wanted part with the path of its file.
func (p *Provider) decode(ctx context.Context, want cty.Value) (part, error) {
	w, err := decode(want)
	if err != nil || w.Path != "" || p.Access == nil {
		return w, err
	}
	path, err := p.Access.Locate(ctx, &w)
	w.Path = resource.Text(resource.EncodeBytes(path))
	return w, err
}

// observe returns the present state of the part, in the wanted words if it is right: for most parts that is the wanted
// value itself. w is want, decoded.
func (p *Provider) observe(ctx context.Context, want cty.Value, w part, src *source) (cty.Value, error) {
	wanted, err := asked(&w)
	if err != nil {
		return cty.NilVal, err
	}
	state, err := src.memo.Look(wanted)
	if err != nil {
		return cty.NilVal, scrubbed(place(src.path, err), candidates{p}.whySecret(ctx, src.path, w.Sensitive.Value), src.path)
	}
	if isAsWanted(&w, state) {
		return want, nil
	}
	have := resource.Absent
	if state.Present {
		if have, err = p.describe(&w, state); err != nil {
			return cty.NilVal, err
		}
	}
	if state.Right || w.IsAbsent() {
		return have, nil
	}
	switch edited, err := p.isEdited(&w, have); {
	case err != nil || !edited:
		return have, err
	case w.OnEdit.Value == "stop":
		return cty.NilVal, place(src.path, &edit.LineError{Line: state.Line, Err: errEdited})
	case w.OnEdit.Value == "keep":
		w.Ensure = resource.Some("present")
		return encode(&w), nil
	}
	return have, nil
}

var errEdited = errors.New(`it was edited since converge wrote it, and on_edit is "stop"; bring the edit into the manifest or undo it, or set on_edit to "keep" or "overwrite"`)

// isAsWanted reports whether a part is right, and all its compared attributes have the wanted words.
func isAsWanted(w *part, state edit.State) bool {
	if !state.Right || !state.Present || w.IsAbsent() {
		return false
	}
	switch w.Part {
	case resources.PartSetting:
		return w.Value != cty.NilVal && !w.Items.Set && !w.Repeated.Set && len(state.Others) == 0
	case resources.PartAuthorizedKey:
		return true
	case resources.PartLine:
		return w.Line.Set
	case resources.PartBlock, resources.PartKnownHost:
		text, _ := state.Value.(string)
		return w.Content != nil && w.Content.Size == int64(len(text))
	}
	return false
}

// describe is the observed value of a part that is there.
func (p *Provider) describe(w *part, state edit.State) (cty.Value, error) {
	have := part{PartPlace: resources.PartPlace{Part: w.Part, Path: w.Path, Ensure: resource.Some("present")}}
	switch w.Part {
	case resources.PartSetting:
		have.Key = w.Key
		if w.Repeated.Set || len(state.Others) > 0 {
			have.Repeated = resource.Some(encodeTexts(state.Others))
		}
		text, err := resources.ObservedText(edit.Format(w.Format.Value), state.Value)
		if err != nil {
			return cty.NilVal, err
		}
		if w.Items.Set {
			have.Items = resource.Some(itemsIn(w, text))
			break
		}
		have.Value = cty.StringVal(resource.EncodeText(text))
		if state.Right && w.Value != cty.NilVal {
			have.Value = w.Value
		}
	case resources.PartAuthorizedKey:
		text, _ := state.Value.(string)
		l, _ := edit.ParseAuthorizedLine(text)
		have.User, have.Options, have.Key = w.User, w.Options, resource.EncodeText(l.Key.String())
		if w.IsAbsent() && w.Options == cty.NilVal && l.Options != "" { // which do not count
			have.Options = cty.StringVal(resource.EncodeText(string(l.Options)))
		}
		if state.Right {
			have.Key = w.Key
		}
	case resources.PartLine:
		text, _ := state.Value.(string)
		if have.Line = resource.Some(resource.EncodeText(text)); state.Right && w.Line.Set {
			have.Line = w.Line
		}
	case resources.PartBlock, resources.PartKnownHost, resources.PartUserKeys:
		text, _ := state.Value.(string)
		have.User, have.Host = w.User, w.Host
		have.Marker, have.Content = w.Marker, resource.BytesBlob([]byte(text))
		if state.Right && w.Content != nil && w.Content.Size == int64(len(text)) { // and it is known
			have.Content = w.Content
		}
	}
	return cty.ObjectVal(attrsOf(w, resource.EncodeAttrs(have))), nil
}

func encodeTexts(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = resource.EncodeText(text)
	}
	return out
}

// attrsOf omits attributes that a part of the kind does not have.
func attrsOf(w *part, m map[string]cty.Value) map[string]cty.Value {
	if w.Part != resources.PartSetting && w.Part != resources.PartAuthorizedKey {
		delete(m, "key")
	}
	if w.Part != resources.PartBlock {
		delete(m, "marker")
	}
	return m
}

// itemsIn returns the words that the value contains.
func itemsIn(w *part, value string) []string {
	s := edit.Setting{Separator: resource.DecodeBytes(w.Separator.Or(" "))}
	words := s.Words(value)
	if edit.Format(w.Format.Value).IsTyped() {
		words = s.Words(resources.PlainText(value))
	}
	out := []string{}
	for _, item := range w.Items.Value {
		if slices.Contains(words, resource.DecodeBytes(item)) {
			out = append(out, item)
		}
	}
	return out
}

// isEdited reports whether the part differs from what converge wrote last, or no longer exists. A part that converge
// never wrote was not edited.
func (p *Provider) isEdited(w *part, have cty.Value) (bool, error) {
	if p.Ledger == nil || w.OnEdit.Value != "keep" && w.OnEdit.Value != "stop" || w.Items.Set {
		return false, nil
	}
	digest := "" // which no part has
	if !have.IsNull() {
		var err error
		if digest, err = digestOf(w, have); err != nil {
			return false, err
		}
	}
	same, known := p.Ledger.Wrote(w.LedgerKey(), digest)
	return known && !same, nil
}

func digestOf(w *part, have cty.Value) (string, error) {
	h, err := decode(have)
	if err != nil {
		return "", err
	}
	text := h.Line.Value
	switch w.Part {
	case resources.PartBlock, resources.PartKnownHost:
		return h.Content.Digest()
	case resources.PartAuthorizedKey:
		text = h.Key
	case resources.PartSetting:
		text = strings.Join(append([]string{h.Value.AsString()}, h.Repeated.Value...), "\n")
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:]), nil
}

func encode(w *part) cty.Value { return cty.ObjectVal(attrsOf(w, resource.EncodeAttrs(*w))) }
