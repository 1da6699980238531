package facts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/internal/fsys"
)

// DefaultDir holds the operator's node attributes.
const DefaultDir = "/etc/converge/node.d"

// NodeOptions are the sources of node.
type NodeOptions struct {
	Root  string   // as in [Options]
	Dir   string   // folder of *.json and *.hcl files, read in order of name; below Root; may be missing
	Files []string // files of the same two forms, read after Dir's, later ones win; these must exist

	Programs string       // folder of programs that find facts, of this machine only; "": none
	Warn     func(string) // called with the reason if a program found no fact; may be nil
}

// Node is the value of node in a manifest. Each of its functions reads the machine on its first call, and may be called
// by many goroutines.
type Node struct {
	// Value returns the facts and the operator's attributes.
	Value func() (cty.Value, error)

	// OnUse returns the facts of [OnUse] by name.
	OnUse map[string]func() (cty.Value, error)

	partial bool // recorded facts: some may be missing
}

// Lazy returns the value of node in a manifest. Objects in the operator's attributes are merged; other values are
// replaced by those of later files. An attribute with the name of a fact is an error, so that facts are trustworthy.
// Problems in a file name it with a line; those of HCL files are [hcl.Diagnostics].
//
// The attributes are read at once, so that their mistakes are always reported. The facts, some forty reads of the
// machine, are read on first use.
func Lazy(ctx context.Context, o NodeOptions) (*Node, error) {
	attrs, err := Attributes(ctx, o)
	if err != nil {
		return nil, err
	}
	value := sync.OnceValues(func() (cty.Value, error) {
		f, err := Read(ctx, Options{Root: o.Root})
		if err != nil {
			return cty.NilVal, err
		}
		facts, err := f.Value()
		if err != nil {
			return cty.NilVal, err
		}
		all := facts.AsValueMap()
		maps.Copy(all, attrs)
		return cty.ObjectVal(all), nil
	})
	p := &programs{warn: o.Warn}
	if o.Root == "" || o.Root == "/" {
		p.dir = o.Programs
	}
	readers := readOnUse(ctx, o.Root)
	readers["custom"] = func() (cty.Value, error) {
		found, err := p.run(ctx)
		return cty.ObjectVal(found), err
	}
	return &Node{Value: value, OnUse: onceEach(readers)}, nil
}

// All returns everything that a manifest can see as node.
func (n *Node) All() (cty.Value, error) {
	v, err := n.Value()
	if err != nil {
		return cty.NilVal, err
	}
	all := v.AsValueMap()
	if n.partial {
		return n.allKnown(all), nil
	}
	for name, read := range n.OnUse {
		if all[name], err = read(); err != nil {
			return cty.NilVal, err
		}
	}
	return cty.ObjectVal(all), nil
}

// Attributes returns only the operator's attributes.
func Attributes(ctx context.Context, o NodeOptions) (map[string]cty.Value, error) {
	merged := map[string]cty.Value{}
	t, err := fsys.OpenFiles(o.Root)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	names, err := attributeFiles(t, o.Dir)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		b, err := t.ReadSource(name, maxFile)
		if err != nil {
			return nil, fmt.Errorf("cannot read node attributes: %w", err)
		}
		if err := mergeFile(ctx, merged, filepath.Join(t.Root(), name), b); err != nil {
			return nil, err
		}
	}
	for _, name := range o.Files {
		abs, err := filepath.Abs(name)
		if err != nil {
			return nil, fmt.Errorf("cannot read node attributes: %w", err)
		}
		b, err := fsys.Files{}.ReadSource(abs, maxFile)
		if err != nil {
			return nil, fmt.Errorf("cannot read node attributes: %w", err)
		}
		if err := mergeFile(ctx, merged, name, b); err != nil {
			return nil, err
		}
	}
	return merged, nil
}

// attributeFiles lists the attribute files of a folder in name order.
func attributeFiles(t fsys.Files, dir string) ([]string, error) {
	if dir == "" {
		return nil, nil
	}
	entries, err := t.ReadDir(dir)
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read node attributes: %w", err)
	}
	var names []string
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); !e.IsDir() && e.Name()[0] != '.' && (ext == ".json" || ext == ".hcl") {
			names = append(names, filepath.Join(dir, e.Name()))
		}
	}
	return names, nil
}

// mergeFile reads one file of attributes and merges it over the earlier ones.
func mergeFile(ctx context.Context, merged map[string]cty.Value, name string, b []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var attrs map[string]cty.Value
	var err error
	switch filepath.Ext(name) {
	case ".json":
		if attrs, err = parseJSON(b); err != nil {
			return fmt.Errorf("cannot read node attributes: %w", placeIn(name, b, err))
		}
	case ".hcl":
		if attrs, err = parseHCL(name, b); err != nil {
			return err
		}
	default:
		return fmt.Errorf("cannot read node attributes: %s ends neither in .json nor in .hcl", name)
	}
	for key, v := range attrs {
		if isFact(key) {
			at, _ := findName(name, b, []string{key})
			return fmt.Errorf("cannot read node attributes: %w", &FileError{At: at, Err: fmt.Errorf("%s sets %q, which is a fact: choose another name", name, key)})
		}
		if old, ok := merged[key]; ok {
			v = mergeObjects(old, v)
		}
		merged[key] = v
	}
	return nil
}

func isFact(name string) bool {
	return slices.ContainsFunc(Table(), func(f Fact) bool { return f.Name == name })
}

// mergeObjects merges b over a: objects attribute by attribute; any other value of b replaces that of a.
func mergeObjects(a, b cty.Value) cty.Value {
	if a.IsNull() || b.IsNull() || !a.Type().IsObjectType() || !b.Type().IsObjectType() {
		return b
	}
	out := a.AsValueMap()
	if out == nil {
		return b
	}
	for name, v := range b.AsValueMap() {
		if old, ok := out[name]; ok {
			v = mergeObjects(old, v)
		}
		out[name] = v
	}
	return cty.ObjectVal(out)
}

// FileError is an error at a place in a file of attributes.
type FileError struct {
	At  hcl.Range
	Err error
}

// Error implements error.
func (e *FileError) Error() string {
	return fmt.Sprintf("%s:%d: %s", e.At.Filename, e.At.Start.Line, e.Err)
}

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// notObject is the error about a file that contains another value than an object.
type notObject struct{ *json.UnmarshalTypeError }

// Error implements error.
func (notObject) Error() string { return "the file must hold an object, in { }" }

// Unwrap returns the cause, which knows the place.
func (e notObject) Unwrap() error { return e.UnmarshalTypeError }

// parseJSON reads an object.
func parseJSON(b []byte) (map[string]cty.Value, error) {
	var probe map[string]json.RawMessage // also bounds the nesting, which cty does not
	var other *json.UnmarshalTypeError
	if err := json.Unmarshal(b, &probe); errors.As(err, &other) {
		return nil, notObject{other}
	} else if err != nil {
		return nil, err
	}
	if probe == nil {
		return nil, errors.New("the file must hold an object")
	}
	t, err := ctyjson.ImpliedType(b)
	if err != nil {
		return nil, err
	}
	v, err := ctyjson.Unmarshal(b, t)
	if err != nil {
		return nil, err
	}
	return v.AsValueMap(), nil
}

// jsonError prepends the line number to an error of encoding/json.
func jsonError(b []byte, err error) error {
	return fmt.Errorf("%d: %w", placeIn("", b, err).At.Start.Line, err)
}

// placeIn adds the place in a file to an error of encoding/json; the first line, if it is not known.
func placeIn(name string, b []byte, err error) *FileError {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	offset := int64(0)
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &typ):
		offset = typ.Offset
	}
	b = bytes.TrimRight(b, " \t\r\n") // a missing end is placed after the last word
	at := posIn(b, int(offset)-1)     // the offset is that after the byte
	return &FileError{At: hcl.Range{Filename: name, Start: at, End: at}, Err: err}
}
