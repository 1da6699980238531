package schema

import (
	"encoding/json"
	"strings"

	"converge/internal/reference"
	"converge/internal/resource"
)

// Schema is a schema or a part of one. Empty fields impose no condition.
type Schema struct {
	Dialect     string             `json:"$schema,omitempty"`
	Ref         string             `json:"$ref,omitempty"`
	Title       string             `json:"title,omitempty"`
	Description string             `json:"description,omitempty"`
	Type        string             `json:"type,omitempty"`
	AnyOf       []*Schema          `json:"anyOf,omitempty"`
	Enum        []string           `json:"enum,omitempty"`
	Pattern     string             `json:"pattern,omitempty"`
	Items       *Schema            `json:"items,omitempty"`
	Properties  map[string]*Schema `json:"properties,omitempty"`
	Others      *Others            `json:"additionalProperties,omitempty"`
	Names       *Schema            `json:"propertyNames,omitempty"`
	MinLength   int                `json:"minLength,omitempty"`
	Required    []string           `json:"required,omitempty"`
	Default     any                `json:"default,omitempty"`
	Defs        map[string]*Schema `json:"$defs,omitempty"`
}

// Others is the schema of an object's properties without a schema of their own; if Each is nil, there must be none.
type Others struct{ Each *Schema }

// MarshalJSON implements [json.Marshaler].
func (o *Others) MarshalJSON() ([]byte, error) {
	if o.Each == nil {
		return []byte("false"), nil
	}
	return json.Marshal(o.Each)
}

// Of returns the schema of manifests with resources of the kinds.
func Of(kinds []*resource.Kind) *Schema {
	blocks := map[string]*Schema{"//": {Description: comment}}
	shared := map[string]*Schema{}
	defs := map[string]*Schema{"attribute": {Defs: shared}}
	for _, e := range reference.DescribeBlocks() {
		defs[e.Name] = describeBlock(e.Name)
		blocks[e.Name] = listBlocks(defName(e.Name), strings.Contains(e.Traits, " NAME {"))
		blocks[e.Name].Description = e.Doc
	}
	for _, k := range kinds {
		defs[k.Name] = describeKind(k, shared)
		blocks[k.Name] = listBlocks(defName(k.Name), true)
		blocks[k.Name].Description = reference.Summary(k)
	}
	defs["manifest"] = &Schema{Type: "object", Properties: blocks, Others: &Others{}}
	return &Schema{
		Dialect:     "https://json-schema.org/draft/2020-12/schema",
		Title:       "converge manifest in JSON",
		Description: "A file *.hcl.json of converge: blocks by type and name. Strings are templates, in which ${…} is an expression.",
		AnyOf:       oneOrMore(&Schema{Ref: defName("manifest")}),
		Defs:        defs,
	}
}

const comment = "A comment: converge ignores it."

func defName(name string) string { return "#/$defs/" + name }

// oneOrMore returns the schemas of an object, or of a list of such objects, which in HCL is equivalent to one object
// with the properties of all.
func oneOrMore(s *Schema) []*Schema {
	return []*Schema{s, {Type: "array", Items: s}}
}

// listBlocks returns the value of a type of block: the bodies of its blocks, as properties by name if the blocks have
// names.
func listBlocks(body string, named bool) *Schema {
	bodies := &Schema{AnyOf: oneOrMore(&Schema{Ref: body})}
	if !named {
		return bodies
	}
	return &Schema{AnyOf: oneOrMore(&Schema{Type: "object", Names: &Schema{MinLength: 1}, Others: &Others{bodies}})}
}

// newBody returns a body without attributes.
func newBody(doc string) *Schema {
	return &Schema{Type: "object", Description: doc, Properties: map[string]*Schema{"//": {Description: comment}}, Others: &Others{}}
}

// describeKind returns the body of a resource. It adds definitions that other kinds also use to shared.
func describeKind(k *resource.Kind, shared map[string]*Schema) *Schema {
	body := newBody(k.Doc)
	for _, e := range reference.DescribeAttrs(k) {
		a, own := k.Attr(e.Name)
		if !own {
			shared[e.Name] = ofWords(e.Traits)
			shared[e.Name].Description = e.Doc
			body.Properties[e.Name] = &Schema{Ref: defName("attribute") + "/$defs/" + e.Name}
			continue
		}
		s := ofAttr(&a)
		s.Default = constantOf(a.Default)
		body.add(e, s)
		if a.Required && a.Name != k.Label {
			body.Required = append(body.Required, a.Name)
		}
	}
	return body
}

func (s *Schema) add(e reference.Entry, attr *Schema) {
	attr.Description = e.Doc
	s.Properties[e.Name] = attr
}

// describeBlock returns the body of a block that is not a resource.
func describeBlock(name string) *Schema {
	body := newBody("")
	for _, e := range reference.DescribeBlockAttrs(name) {
		if e.Name == "validation" {
			body.add(e, listBlocks(defName("variable")+"/$defs/validation", false))
			body.Defs = map[string]*Schema{"validation": newValidation()}
			continue
		}
		body.add(e, ofWords(e.Traits))
		if strings.Contains(e.Traits, "required") {
			body.Required = append(body.Required, e.Name)
		}
	}
	if name == "locals" || name == "module" { // the manifest chooses the names
		body.Others = &Others{&Schema{}}
	}
	return body
}

func newValidation() *Schema {
	body := newBody("")
	body.Required = []string{"condition", "error_message"}
	body.Properties["condition"] = anyOf(boolean(), template())
	body.Properties["error_message"] = text()
	return body
}
