package view

import "converge/internal/event"

// AttrText is an attribute of a change as text for people.
type AttrText struct {
	Name, Before, After string // Before is empty for a new attribute, After for a removed one
	Secret              bool
	Diff                string // unified; "": the values say all
}

// TextsOf returns the attributes of a change as a plan shows them.
func TextsOf(e event.Event) []AttrText {
	var out []AttrText
	for i := range e.Changes {
		a := &e.Changes[i]
		if implied(e, a) {
			continue
		}
		t := AttrText{Name: safe(a.Name), Secret: a.Secret, Diff: a.Diff}
		if !a.Secret {
			t.Before, t.After = valueText(a.Before, a.Diff != ""), valueText(a.After, a.Diff != "")
		}
		out = append(out, t)
	}
	return out
}

// valueText returns a value, or the size of a content; "" for none.
func valueText(raw []byte, isContent bool) string {
	switch {
	case len(raw) == 0:
		return ""
	case isContent:
		return contentSize(raw)
	}
	return value(raw)
}

// SafeText returns foreign text without unprintable characters.
func SafeText(s string) string { return safeTabs(s) }
