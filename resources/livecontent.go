package resources

import (
	"strings"

	"converge/internal/edit"
	"converge/internal/resource"
)

// hiddenContent returns the content of a part of a file if the state folder has only its digest; nil: it is known, or
// there is none.
func hiddenContent(r *resource.Resource) *resource.Blob {
	kept := r.Kind.Content(r.Want)
	if kept == nil || kept.CheckReadable() == nil {
		return nil
	}
	return kept
}

// livePart replaces a content of a part whose digest alone is known by the content in the file: by the one with that
// digest or, with asIs, by any.
func livePart(r *resource.Resource, memo *edit.Memo, kept *resource.Blob, asIs bool) (part edit.Part, ok bool) {
	isKept := func(text string) bool { return kept.Same(resource.BytesBlob([]byte(text))) }
	switch r.Kind.Name {
	case "block":
		w := resource.Must[BlockWant](r.Want)
		b := edit.Block{Marker: resource.DecodeBytes(w.Marker), Comment: resource.DecodeBytes(w.Comment.Value)}
		b.Content, ok = lookText(memo, b)
		return b, ok && (asIs || isKept(b.Content) || isKept(strings.TrimSuffix(b.Content, "\n")))
	case PartKnownHost:
		w := resource.Must[KnownHostWant](r.Want)
		text, found := lookText(memo, edit.KnownHost{Host: resource.DecodeBytes(w.Host)})
		if !found || !asIs && !isKept(text) && !isKept(strings.TrimSuffix(text, "\n")) {
			return nil, false
		}
		w.Content = resource.BytesBlob([]byte(text))
		h, err := w.Wish()
		return h, err == nil
	case "line":
		w := resource.Must[LineWant](r.Want)
		return liveLine(&w, memo, isKept, asIs)
	case "setting":
		w := resource.Must[SettingWant](r.Want)
		s, err := w.Wish()
		if err != nil || !asIs || s.Items != nil {
			return nil, false
		}
		state, err := memo.Look(s)
		s.Value = state.Value
		return s, err == nil && state.Present
	}
	return nil, false
}

// liveLine is livePart for a line that match finds; a line without match is identified by its text.
func liveLine(w *LineWant, memo *edit.Memo, isKept func(text string) bool, asIs bool) (l edit.Line, ok bool) {
	l, err := w.Wish()
	if err != nil || l.Match == nil {
		return l, false
	}
	l.After, l.Before = nil, nil
	l.Text, ok = lookText(memo, l)
	return l, ok && (asIs || isKept(l.Text))
}

// lookText returns the text of a part in a file.
func lookText(memo *edit.Memo, p edit.Part) (text string, ok bool) {
	state, err := memo.Look(p)
	text, isText := state.Value.(string)
	return text, err == nil && state.Present && isText
}
