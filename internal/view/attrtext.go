package view

import "converge/internal/event"

// AttrText is an attribute of a change as text for people.
type AttrText struct {
	Name, Before, After string // Before is empty of what is new, After of what goes
	Secret              bool
	Diff                string // unified; "": the values say all
}

// TextsOf returns the attributes of a change that a plan would show, as it writes them.
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

// valueText is a value, or the size of a content; "" of none.
func valueText(raw []byte, isContent bool) string {
	switch {
	case len(raw) == 0:
		return ""
	case isContent:
		return contentSize(raw)
	}
	return value(raw)
}

// SafeText returns foreign text as this package writes it: nothing in it is unprintable.
func SafeText(s string) string { return safeTabs(s) }
