package view

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"converge/internal/event"
)

// writeAttrs lists the attributes of a change, names aligned, differences below.
func (h *changeWriter) writeAttrs(e event.Event) {
	shown, pad := make([]*event.Attr, 0, len(e.Changes)), 0
	for i := range e.Changes {
		if a := &e.Changes[i]; !implied(e, a) {
			shown, pad = append(shown, a), max(pad, columns(safe(a.Name)))
		}
	}
	for _, a := range shown {
		h.writeAttr(e.Action, a, pad)
	}
	h.writeRemoved(e)
}

// writeRemoved lists every path that a change removes besides its own.
func (h *changeWriter) writeRemoved(e event.Event) {
	if len(e.Removes) == 0 {
		return
	}
	what := "path"
	if !strings.HasPrefix(e.Removes[0], "/") {
		what = "line"
	}
	h.writeLine("    removes " + plural(len(e.Removes), what) + ":")
	for _, p := range e.Removes {
		h.writeLine("      ", h.paint(red, "- "), safe(p))
	}
}

// implied reports whether the symbol and the address imply an attribute: that the resource exists, its type, and its
// name.
func implied(e event.Event, a *event.Attr) bool {
	switch {
	case a.Name == "undeclared" && len(e.Removes) > 0:
		return true
	case e.Action == "delete":
		return a.Name == "ensure" && string(a.After) == `"absent"`
	case e.Action != "create":
		return false
	case a.Name == "undeclared", a.Name == "differing":
		return string(a.After) == "[]" // a new one is empty anyway
	case a.Name == "type", a.Name == "ensure" && string(a.After) == `"present"`:
		return true
	}
	to := event.Readable(unquoted(a.After))
	return to != "" && to == bareName(e.Resource)
}

func (h *changeWriter) writeAttr(action string, a *event.Attr, pad int) {
	name := safe(a.Name)
	lead := "    " + name + ":" + strings.Repeat(" ", pad-columns(name)+1)
	if a.Secret {
		h.writeLine(lead, "(sensitive)")
		return
	}
	write := value
	if a.Diff != "" {
		write = contentSize
	}
	before, after := clip(write(a.Before), h.maxCells()), clip(write(a.After), h.maxCells())
	switch {
	case len(a.Before) == 0 && action == "create", len(a.Before) == 0 && action == "run":
		h.writeLine(lead, after)
	case len(a.After) == 0:
		h.writeLine(lead, before, " → (none)")
	case len(a.Before) == 0:
		h.writeLine(lead, "(none) → ", after)
	case before == after && a.Diff != "":
		h.writeLine(lead, after)
	case h.opt.Width > 0 && columns(lead+before)+3+columns(after) > h.opt.Width:
		h.writeLine(lead, before)
		h.writeLine(strings.Repeat(" ", columns(lead)-2), "→ ", after)
	default:
		h.writeLine(lead, before, " → ", after)
	}
	h.writeDiff(action, a.Diff)
}

// value writes a JSON value in the form of the manifest.
func value(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "(none)"
	}
	if s, plain := event.PlainText(raw); plain {
		return hclOf(s)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return safe(string(raw))
	}
	return hclOf(v)
}

func hclOf(v any) string {
	switch v := v.(type) {
	case string:
		return strconv.Quote(event.Readable(v))
	case json.Number:
		return safe(v.String())
	case bool:
		return strconv.FormatBool(v)
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = hclOf(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		if s, ok := contentOf(v); ok {
			return s
		}
		parts := make([]string, 0, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, safe(k)+" = "+hclOf(v[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return "null"
}

// contentOf describes the content of a file without showing it.
func contentOf(m map[string]any) (string, bool) {
	digest, ok := m["digest"].(string)
	n, isNumber := m["size"].(json.Number)
	if !ok || !isNumber || len(m) != 2 || len(digest) < 12 {
		return "", false
	}
	bytes, err := n.Int64()
	if err != nil {
		return "", false
	}
	return size(bytes) + " sha256:" + safe(digest[:12]), true
}

// contentSize returns only the size, for content whose difference is shown.
func contentSize(raw json.RawMessage) string {
	if len(raw) == 0 {
		return value(raw)
	}
	if n, ok := sizeIn(raw); ok {
		return size(n)
	}
	var c struct {
		Size *int64 `json:"size"`
	}
	if json.Unmarshal(raw, &c) != nil || c.Size == nil {
		return value(raw)
	}
	return size(*c.Size)
}

// sizeIn returns the size of a content in the form of package event; ok is false for other values.
func sizeIn(raw json.RawMessage) (n int64, ok bool) {
	rest, ok := bytes.CutPrefix(raw, []byte(`{"digest":"`))
	digest, number, more := bytes.Cut(rest, []byte(`","size":`))
	if !ok || !more || !bytes.HasSuffix(number, []byte("}")) || bytes.ContainsAny(digest, `"\`) {
		return 0, false
	}
	n, err := strconv.ParseInt(string(number[:len(number)-1]), 10, 64)
	return n, err == nil && number[0] != '+'
}

// unquoted returns the content of a JSON string, or any other value as text.
func unquoted(raw json.RawMessage) string {
	if s, plain := event.PlainText(raw); plain {
		return s
	}
	if len(raw) == 0 || raw[0] == '{' || raw[0] == '[' {
		return string(raw)
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// mostLines is how many lines of one difference are shown without -v.
const mostLines = 200

// writeDiff shows a unified difference below its attribute. For a new file it shows only the lines, without their
// places.
func (h *changeWriter) writeDiff(action, d string) {
	lines := strings.Split(strings.TrimSuffix(d, "\n"), "\n")
	if d == "" {
		return
	}
	shown := 0
	for i, l := range lines {
		if i < 2 && (strings.HasPrefix(l, "--- ") || strings.HasPrefix(l, "+++ ")) ||
			action == "create" && strings.HasPrefix(l, "@@ ") {
			continue
		}
		if shown == mostLines && !h.opt.Verbose {
			h.writeLine("      ", h.paint(dim, "… "+plural(len(lines)-i, "more line")+"; -v shows them"))
			return
		}
		h.writeDiffLine(l)
		shown++
	}
}

func (h *changeWriter) writeDiffLine(l string) {
	st := plain
	switch {
	case strings.HasPrefix(l, "+"):
		st = green
	case strings.HasPrefix(l, "-"):
		st = red
	case strings.HasPrefix(l, "@@"):
		st = cyan
	case strings.HasPrefix(l, `\`):
		st = dim
	}
	h.writeLine("      ", h.paint(st, clip(safeTabs(l), h.maxCells())))
}
