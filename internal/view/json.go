package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"converge/internal/event"
)

// JSON writes every event as one line of JSON; see the package comment for the format. It does not buffer: a line is
// written when Emit returns.
type JSON struct {
	enc *json.Encoder
	err error
}

// NewJSON returns a sink that writes to w.
func NewJSON(w io.Writer) *JSON { return &JSON{enc: newEncoder(w)} }

// Emit implements [event.Sink].
func (j *JSON) Emit(e event.Event) {
	if err := j.enc.Encode(event.Encoded(e)); err != nil && j.err == nil {
		j.err = err
	}
}

// Err returns the first write error. The run continues despite it: a lost reader must not leave the run incomplete.
func (j *JSON) Err() error { return j.err }

// WriteDocument writes one indented object for people and programs.
func WriteDocument(w io.Writer, v any) error {
	enc := newEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// WriteJSON writes one object a line.
func WriteJSON[T any](w io.Writer, values ...T) error {
	enc := newEncoder(w)
	for _, v := range values {
		if err := enc.Encode(v); err != nil {
			return err
		}
	}
	return nil
}

// newEncoder returns an encoder that writes one line for each value and file names
// as the package comment documents.
func newEncoder(w io.Writer) *json.Encoder {
	enc := json.NewEncoder(readable{w})
	enc.SetEscapeHTML(false)
	return enc
}

// readable is a writer of JSON that decodes the file names in its strings. It
// expects one whole value in each write.
type readable struct{ w io.Writer }

func (r readable) Write(p []byte) (int, error) {
	out := p
	if event.Readable(string(p)) != string(p) {
		out = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`).ReplaceAllFunc(p, readableString)
	}
	if _, err := r.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// readableString decodes the names in a JSON string. If the result is not UTF-8, it uses the escapes of the language's
// function bytes().
func readableString(raw []byte) []byte {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return raw
	}
	plain := event.Readable(s)
	if plain == s {
		return raw
	}
	if !utf8.ValidString(plain) {
		plain = escapeInvalid(plain)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(plain) != nil {
		return raw
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// escapeInvalid writes each byte that is not UTF-8 as \xHH, and a backslash as \\.
func escapeInvalid(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\\':
			b.WriteString(`\\`)
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}
