package event

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/internal/resource"
)

// Attr is one attribute that differs. Before and After are JSON values; both are empty if Secret is set, and absent if
// there is no value. For contents they are an object of digest and size, and Diff is the difference as text.
type Attr struct {
	Name   string          `json:"name"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
	Secret bool            `json:"secret,omitempty"`
	Diff   string          `json:"diff,omitempty"` // unified, empty if not text, too large or secret
	Brief  string          `json:"-"`              // its name in a one-line change; see [resource.Attr]
}

// MaxDiff is the size in bytes up to which contents are compared line by line.
const MaxDiff = 1 << 20

// Attrs describes the attributes of a change.
func Attrs(c resource.Change) []Attr {
	out := make([]Attr, 0, len(c.Attrs))
	for _, a := range c.Attrs {
		e := Attr{Name: a.Name, Secret: a.Secret, Brief: briefOf(c.Kind, a.Name)}
		if !a.Secret {
			e.Before, e.After = jsonOf(a.Have), jsonOf(shownOf(c, a))
			if w := resource.AsBlob(a.Want); w != nil {
				e.Diff = unified(a.Name, resource.AsBlob(a.Have), w)
			}
		}
		out = append(out, e)
	}
	return out
}

// shownOf returns the wanted value of an attribute as people are to see it.
func shownOf(c resource.Change, a resource.AttrChange) cty.Value {
	if c.Kind != nil {
		if attr, known := c.Kind.Attr(a.Name); known && attr.ShownWant != nil {
			return attr.ShownWant(a, c.Want)
		}
	}
	return a.Want
}

func briefOf(k *resource.Kind, name string) string {
	if k == nil {
		return ""
	}
	a, _ := k.Attr(name)
	return a.Brief
}

func jsonOf(v cty.Value) json.RawMessage {
	if v == cty.NilVal || v.IsNull() {
		return nil
	}
	if b := resource.AsBlob(v); b != nil {
		digest, err := b.Digest()
		if err != nil {
			return nil
		}
		out := make([]byte, 0, len(`{"digest":"","size":}`)+len(digest)+20)
		out = append(append(out, `{"digest":"`...), digest...) // hexadecimal digits need no escape
		return append(strconv.AppendInt(append(out, `","size":`...), b.Size, 10), '}')
	}
	if v.Type() == cty.String && v.IsKnown() && !v.IsMarked() {
		if s := v.AsString(); isPlain(s) {
			return json.RawMessage(`"` + s + `"`)
		}
	}
	j, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		return nil
	}
	return j
}

// PlainText returns the text of a JSON string without escapes, as most are.
func PlainText(raw json.RawMessage) (s string, plain bool) {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return "", false
	}
	s = string(raw[1 : len(raw)-1])
	return s, isPlain(s)
}

// isPlain reports whether a text is the same in JSON, between quotes.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || strings.IndexByte(`"\<>&`, c) >= 0 {
			return false
		}
	}
	return true
}

// unified compares two contents as text; a nil have is an empty file.
func unified(name string, have, want *resource.Blob) string {
	old, ok := text(have)
	if !ok {
		return ""
	}
	neu, ok := text(want)
	if !ok {
		return ""
	}
	if len(old) == 0 && len(neu) > 0 {
		return allNew(name, neu)
	}
	d := string(diff.Diff("live", old, name, neu))
	// The library begins with a "diff live content" line of its own.
	if _, rest, found := strings.Cut(d, "\n"); found {
		return rest
	}
	return d
}

// allNew is the result of unified for a content that replaces none, as most do: the library would search for common
// lines.
func allNew(name string, content []byte) string {
	lines, whole := bytes.Count(content, []byte("\n")), content[len(content)-1] == '\n'
	var d strings.Builder
	d.Grow(len(content) + lines + len(name) + 96)
	d.WriteString("--- live\n+++ " + name + "\n@@ -0,0 +1," + strconv.Itoa(lines+one(!whole)) + " @@\n")
	for line := range bytes.Lines(content) {
		d.WriteByte('+')
		d.Write(line)
	}
	if !whole {
		d.WriteString("\n\\ No newline at end of file\n")
	}
	return d.String()
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func text(b *resource.Blob) ([]byte, bool) {
	if b == nil {
		return nil, true
	}
	if b.Size > MaxDiff {
		return nil, false
	}
	data, inMemory := b.Bytes()
	if !inMemory {
		r, err := b.Open()
		if err != nil {
			return nil, false
		}
		defer r.Close()
		if data, err = io.ReadAll(io.LimitReader(r, MaxDiff+1)); err != nil {
			return nil, false
		}
	}
	return data, len(data) <= MaxDiff && utf8.Valid(data) && bytes.IndexByte(data, 0) < 0
}
