package resources

import (
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
)

// PartOf returns the setting or the line that a ledger key names, in a form for searching it; false if the key names
// none.
func PartOf(key string) (edit.Part, bool) {
	path, id, ok := resource.CutPartKey(key)
	by, text, _ := strings.Cut(id, " ")
	switch {
	case !ok:
		return nil, false
	case by == "line":
		return edit.Line{Text: resource.DecodeBytes(text)}, true
	case by == "match":
		match, err := compile(resource.Some(text))
		return edit.Line{Match: match, Multiple: "first"}, err == nil
	case by == "items", slices.Contains(edit.Formats(), by):
		w, err := resource.Decode[SettingWant](cty.ObjectVal(settingNamed(id)))
		if err != nil {
			return nil, false
		}
		w.Path = resource.Text(path)
		s, err := w.Wish()
		if err != nil {
			return nil, false
		}
		s.Absent, s.Several = s.Items == nil, edit.KeepSeveral // this form needs no value
		return s, true
	}
	return nil, false
}
