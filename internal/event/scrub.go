package event

import "encoding/json"

// Scrubbed is the event without the sensitive strings in texts from outside: text removes them from a text, value from
// a JSON value. It does not change addresses, in which the manifest permits no sensitive value.
func Scrubbed(e Event, text func(string) string, value func(json.RawMessage) json.RawMessage) Event {
	e.Message, e.Error = text(e.Message), text(e.Error)
	if len(e.Value) > 0 {
		e.Value = value(e.Value)
	}
	e.Notes, e.Removes = mapped(e.Notes, text), mapped(e.Removes, text)
	changes := e.Changes
	for i, a := range changes {
		n := a
		n.Before, n.After, n.Diff = value(a.Before), value(a.After), text(a.Diff)
		if string(n.Before) == string(a.Before) && string(n.After) == string(a.After) && n.Diff == a.Diff {
			continue
		}
		if &changes[0] == &e.Changes[0] { // other sinks may hold it
			changes = append([]Attr(nil), e.Changes...)
		}
		changes[i] = n
	}
	e.Changes = changes
	return e
}

// mapped applies text to every string. It returns a new slice if any changes, because events share theirs.
func mapped(in []string, text func(string) string) []string {
	for i, s := range in {
		clean := text(s)
		if clean == s {
			continue
		}
		out := append([]string(nil), in...)
		for k := i; k < len(out); k++ {
			out[k] = text(out[k])
		}
		return out
	}
	return in
}
