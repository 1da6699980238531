package facts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/gocty"

	"converge/internal/fsys"
)

// RecordedOptions are the sources of node for a machine that is not this one.
type RecordedOptions struct {
	File  string               // its facts, as "converge facts" prints them; "": only the fields below are known
	Over  map[string]cty.Value // facts and attributes that override those of the file
	Files []string             // of attributes, as in [NodeOptions]
}

// Recorded returns the value of node for a machine other than this one, without any data of this one. The facts may be
// incomplete: the missing ones are unknown, and using a missing on-use fact is an error. A value with the name of a fact
// must be of the fact's type. Problems name the file, and the line if there is one.
func Recorded(ctx context.Context, o RecordedOptions) (*Node, error) {
	all := map[string]cty.Value{}
	from := "the facts that are given"
	if o.File != "" {
		read, err := readRecorded(o.File)
		if err != nil {
			return nil, err
		}
		all, from = read, "the facts in "+o.File
	}
	attrs, err := Attributes(ctx, NodeOptions{Files: o.Files})
	if err != nil {
		return nil, err
	}
	for _, over := range []map[string]cty.Value{attrs, o.Over} {
		for name, v := range over {
			if old, ok := all[name]; ok {
				v = mergeObjects(old, v)
			}
			all[name] = v
		}
	}
	n, err := newRecorded(all, from)
	var wrong *factError
	if errors.As(err, &wrong) {
		files := o.Files
		if o.File != "" {
			files = append([]string{o.File}, o.Files...)
		}
		err = placeFact(wrong, files)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot use %s: %w", from, err)
	}
	return n, nil
}

// readRecorded reads HCL or JSON, by the extension.
func readRecorded(name string) (map[string]cty.Value, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return nil, fmt.Errorf("cannot read facts: %w", err)
	}
	b, err := fsys.Files{}.ReadSource(abs, maxFile)
	if err != nil {
		return nil, fmt.Errorf("cannot read facts: %w", err)
	}
	switch filepath.Ext(name) {
	case ".json":
		all, err := parseJSON(b)
		if err != nil {
			return nil, fmt.Errorf("cannot read facts: %w", placeIn(name, b, explainUnlike(err)))
		}
		return all, nil
	case ".hcl":
		return parseHCL(name, b)
	}
	return nil, fmt.Errorf("cannot read facts: %s ends neither in .json nor in .hcl; \"converge facts --json\" on that machine prints a file for it", name)
}

// explainUnlike describes the form of a file of facts; it does not change a syntax error, which describes the mistake itself.
func explainUnlike(err error) error {
	if errors.As(err, new(*json.SyntaxError)) {
		return err
	}
	return fmt.Errorf("it is not as \"converge facts --json\" prints it: %w", err)
}

// newRecorded makes a node from facts and attributes; from names their source.
func newRecorded(all map[string]cty.Value, from string) (*Node, error) {
	onUse, err := gocty.ImpliedType(OnUse{})
	if err != nil {
		return nil, fmt.Errorf("internal error: facts have no type: %w", err)
	}
	common := map[string]cty.Value{}
	n := &Node{OnUse: map[string]func() (cty.Value, error){}, partial: true}
	for name := range onUse.AttributeTypes() {
		n.OnUse[name] = func() (cty.Value, error) { return cty.NilVal, fmt.Errorf("%s have no node.%s", from, name) }
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		v, err := asFact(name, all[name])
		if err != nil {
			return nil, err
		}
		if onUse.HasAttribute(name) {
			n.OnUse[name] = func() (cty.Value, error) { return v, nil }
		} else {
			common[name] = v
		}
	}
	value := cty.ObjectVal(common)
	n.Value = func() (cty.Value, error) { return value, nil }
	return n, nil
}

// asFact converts a value to the type of the fact with that name; it returns an operator's attribute unchanged.
func asFact(name string, v cty.Value) (cty.Value, error) {
	for _, facts := range []any{Facts{}, OnUse{}} {
		t, err := gocty.ImpliedType(facts)
		if err != nil {
			return cty.NilVal, fmt.Errorf("internal error: facts have no type: %w", err)
		}
		if t.HasAttribute(name) {
			return fitFact("node."+name, v, t.AttributeType(name))
		}
	}
	return v, nil
}

// fitFact converts a value to the type of a fact. An object may lack attributes, but not have others.
func fitFact(name string, v cty.Value, t cty.Type) (cty.Value, error) {
	switch {
	case t == cty.DynamicPseudoType:
		return v, nil
	case v.IsNull():
		return cty.NullVal(t), nil
	case t.IsObjectType(), t.IsMapType() && t.ElementType().IsObjectType():
		return fitParts(name, v, t)
	}
	out, err := convert.Convert(v, t)
	if err != nil {
		return cty.NilVal, &factError{name, fmt.Sprintf("%s is a fact, and must be of type %s: here it is %s", name, t.FriendlyName(), plainType(v))}
	}
	return out, nil
}

func fitParts(name string, v cty.Value, t cty.Type) (cty.Value, error) {
	if !v.Type().IsObjectType() && !v.Type().IsMapType() {
		return cty.NilVal, &factError{name, fmt.Sprintf("%s is a fact, and must be an object: here it is %s", name, plainType(v))}
	}
	parts := map[string]cty.Value{}
	for key, part := range v.AsValueMap() {
		var of cty.Type
		switch {
		case t.IsMapType():
			of = t.ElementType()
		case t.HasAttribute(key):
			of = t.AttributeType(key)
		default:
			known := slices.Sorted(maps.Keys(t.AttributeTypes()))
			return cty.NilVal, &factError{name + "." + key, fmt.Sprintf("%s has no fact %q; it has %s", name, key, strings.Join(known, ", "))}
		}
		fit, err := fitFact(name+"."+key, part, of)
		if err != nil {
			return cty.NilVal, err
		}
		parts[key] = fit
	}
	return cty.ObjectVal(parts), nil
}

// allKnown returns all known values of a machine with recorded facts.
func (n *Node) allKnown(all map[string]cty.Value) cty.Value {
	if all == nil {
		all = map[string]cty.Value{}
	}
	for name, read := range n.OnUse {
		if v, err := read(); err == nil {
			all[name] = v
		}
	}
	return cty.ObjectVal(all)
}
