package view

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"converge/internal/event"
)

// Value is the value of an expression or of an output. Sensitive parts of it are withheld.
type Value struct {
	Name      string          `json:"name,omitempty"` // of an output
	Type      string          `json:"type,omitempty"` // of an expression
	Value     json.RawMessage `json:"value"`
	Sensitive bool            `json:"sensitive,omitempty"` // a part of the value is withheld
}

// ShowValue writes a value whose text may have several lines.
func ShowValue(w io.Writer, text string) error {
	_, err := fmt.Fprintln(w, safeLines(text))
	return err
}

// Withheld replaces a sensitive value, and a sensitive part of one.
const Withheld = "(sensitive)"

// WriteValue returns a value for people: as JSON, without its withheld parts.
func WriteValue(raw json.RawMessage) string {
	return strings.ReplaceAll(string(raw), `"`+Withheld+`"`, Withheld)
}

// ShowValues writes values as assignments.
func ShowValues(w io.Writer, vs []Value) error {
	for _, v := range vs {
		if _, err := fmt.Fprintf(w, "%s = %s\n", safe(v.Name), safe(WriteValue(v.Value))); err != nil {
			return err
		}
	}
	return nil
}

// safeLines makes a text of several lines safe for a terminal.
func safeLines(text string) string {
	lines := strings.Split(event.Readable(text), "\n")
	for i := range lines {
		lines[i] = safeTabs(lines[i])
	}
	return strings.Join(lines, "\n")
}

// writeOutputs writes the outputs of the site below the summary.
func (h *summaryWriter) writeOutputs() {
	if len(h.outputs) == 0 {
		return
	}
	h.shownAny = true
	h.writeSection("Outputs:")
	for _, e := range h.outputs {
		h.writeLine("  ", safe(e.Name)+" = "+safe(WriteValue(e.Value)))
	}
	h.outputs = nil
}
