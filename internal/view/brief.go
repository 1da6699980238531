package view

import (
	"strings"

	"converge/internal/event"
)

// describeBriefly describes an update in one line, for use after the address: "  live 60 → 10, at boot 60 → 10". "":
// each attribute needs its own line, because one has no short name, is secret, or has a value that would be unclear
// there.
func (h *changeWriter) describeBriefly(e event.Event) string {
	if e.Action != "update" || len(e.Changes) == 0 || len(e.Removes) > 0 {
		return ""
	}
	parts := make([]string, len(e.Changes))
	for i, a := range e.Changes {
		before, after := briefValue(a.Before), briefValue(a.After)
		if a.Brief == "" || a.Secret || a.Diff != "" || before == "" || after == "" {
			return ""
		}
		parts[i] = a.Brief + " " + before + " → " + after
	}
	out := "  " + strings.Join(parts, ", ")
	if h.opt.Width > 0 && columns("~ "+safe(e.Resource)+out) > h.opt.Width {
		return ""
	}
	return out
}

// briefValue returns a value without quotes; "" if it needs them.
func briefValue(raw []byte) string {
	if text := string(raw); text == "" || text == `""` {
		return "(none)"
	}
	text := event.Readable(unquoted(raw))
	if strings.ContainsAny(text, ",→\"[]{}\n") || strings.TrimSpace(text) != text || columns(text) > 40 {
		return ""
	}
	return safe(text)
}
