package facts

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
)

// factError is an error about a fact that a file sets.
type factError struct {
	name string // node.memory.total, for its place
	msg  string
}

// Error implements error.
func (e *factError) Error() string { return e.msg }

// placeFact adds to an error about a fact its place in the last file that sets it; it returns the error itself if no file does.
func placeFact(err *factError, files []string) error {
	path := strings.Split(strings.TrimPrefix(err.name, "node."), ".")
	for i := len(files) - 1; i >= 0; i-- {
		abs, failed := filepath.Abs(files[i])
		if failed != nil {
			continue
		}
		b, failed := fsys.Files{}.ReadSource(abs, maxFile)
		if failed != nil {
			continue // the file was read before, and this only locates the error
		}
		if at, ok := findName(files[i], b, path); ok {
			return &FileError{At: at, Err: err}
		}
	}
	return err
}

// findName returns where a file sets a name: an attribute, or a nested one.
func findName(file string, b []byte, path []string) (hcl.Range, bool) {
	if filepath.Ext(file) == ".json" {
		from, to, ok := findInJSON(json.NewDecoder(bytes.NewReader(b)), b, path)
		return hcl.Range{Filename: file, Start: posIn(b, from), End: posIn(b, to)}, ok
	}
	f, diags := hclsyntax.ParseConfig(b, file, hcl.InitialPos)
	if diags.HasErrors() {
		return hcl.Range{}, false
	}
	attrs, _ := f.Body.JustAttributes() // anything but attributes has been refused before
	a := attrs[path[0]]
	if a == nil {
		return hcl.Range{}, false
	}
	at, expr := a.NameRange, a.Expr
	for _, name := range path[1:] {
		object, isObject := expr.(*hclsyntax.ObjectConsExpr)
		if !isObject {
			break
		}
		for _, item := range object.Items {
			if key, diags := item.KeyExpr.Value(nil); !diags.HasErrors() && key.Type() == cty.String && key.AsString() == name {
				at, expr = item.KeyExpr.Range(), item.ValueExpr
			}
		}
	}
	return at, true
}

// findInJSON returns the bytes of a name in the object that a decoder has reached, or of the deepest existing part of a nested name.
func findInJSON(dec *json.Decoder, b []byte, path []string) (from, to int, ok bool) {
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return 0, 0, false
	}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return 0, 0, false
		}
		if t != path[0] {
			if dec.Decode(new(json.RawMessage)) != nil {
				return 0, 0, false
			}
			continue
		}
		to = int(dec.InputOffset())
		from = bytes.LastIndexByte(b[:max(to-1, 0)], '"')
		if len(path) > 1 {
			if f, t, in := findInJSON(dec, b, path[1:]); in {
				return f, t, true
			}
		}
		return from, to, true
	}
	return 0, 0, false
}

// posIn returns the position of a byte in a text.
func posIn(b []byte, i int) hcl.Pos {
	before := b[:min(max(i, 0), len(b))]
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	return hcl.Pos{Line: 1 + bytes.Count(before, []byte("\n")), Column: 1 + utf8.RuneCount(line), Byte: len(before)}
}

// plainType names the type of a value in the terms of a manifest.
func plainType(v cty.Value) string {
	switch t := v.Type(); {
	case t == cty.String:
		return "a text"
	case t == cty.Number:
		return "a number"
	case t == cty.Bool:
		return "true or false"
	case t.IsObjectType() || t.IsMapType():
		return "an object"
	}
	return "a list"
}
