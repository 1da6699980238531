package resources

import (
	"strings"

	"converge/internal/edit"
	"converge/internal/resource"
)

// withLiveContent returns a part of a file of which the state folder keeps the digest of the
// content alone, with the content that the file has, if that is the one; else the part as it is.
func withLiveContent(r *resource.Resource, file string, read Reader) *resource.Resource {
	var p edit.Part
	switch r.Kind.Name {
	case "block":
		w := resource.Must[BlockWant](r.Want)
		p = edit.Block{Marker: resource.DecodeBytes(w.Marker), Comment: resource.DecodeBytes(w.Comment.Value)}
	case PartKnownHost:
		w := resource.Must[KnownHostWant](r.Want)
		p = edit.KnownHost{Host: resource.DecodeBytes(w.Host)}
	default:
		return r
	}
	kept, src := r.Kind.Content(r.Want), read.content(file)
	if kept == nil || src == nil || kept.CheckReadable() == nil {
		return r
	}
	state, err := edit.NewMemo(src).Look(p)
	if text, isText := state.Value.(string); err == nil && isText {
		for _, text := range []string{text, strings.TrimSuffix(text, "\n")} {
			if live := resource.BytesBlob([]byte(text)); kept.Same(live) {
				with := *r
				with.Want = r.Kind.WithContent(r.Want, live)
				return &with
			}
		}
	}
	return r
}
