package resource

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/zclconf/go-cty/cty"
)

// layout locates the attributes in a kind's struct. There is one for each type. See [Typing].
type layout struct {
	fields []field
	byName map[string]int
	spare  sync.Pool // of *scratch
}

type field struct {
	name     string
	index    []int
	set      bool // the attribute is a set
	recorded bool // not an attribute of the kind: only the journal has it
	*codec
}

func (f *field) isContent() bool { return f.blob }

// scratch is a struct to decode into. Its reuse spares decoding both reflection and memory.
type scratch struct {
	whole  any   // *T
	fields []any // a pointer to each
	err    error // why the result is not valid
}

// layouts are the layouts made so far, by type.
var layouts sync.Map //nolint:gochecknoglobals // a cache: a layout follows from its type

// layoutOf returns the layout of T. It panics if T is no struct of attributes.
func layoutOf[T any]() *layout {
	t := reflect.TypeFor[T]()
	if l, ok := layouts.Load(t); ok {
		return l.(*layout)
	}
	l := &layout{byName: map[string]int{}}
	l.addFields(t, nil)
	l.spare.New = func() any {
		whole := new(T)
		s := &scratch{whole: whole, fields: make([]any, len(l.fields))}
		for i, f := range l.fields {
			s.fields[i] = reflect.ValueOf(whole).Elem().FieldByIndex(f.index).Addr().Interface()
		}
		return s
	}
	first := l.spare.New().(*scratch)
	for i := range l.fields {
		f := &l.fields[i]
		if f.codec = codecOf(first.fields[i], f.set); f.codec == nil {
			panic(fmt.Sprintf("%s: the field of the attribute %q has a type that no attribute has: %T", t, f.name, first.fields[i]))
		}
	}
	made, _ := layouts.LoadOrStore(t, l)
	return made.(*layout)
}

func (l *layout) addFields(t reflect.Type, above []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(slices.Clone(above), i)
		tag, ok := f.Tag.Lookup("attr")
		switch {
		case ok:
			name, options, _ := strings.Cut(tag, ",")
			if _, twice := l.byName[name]; twice || name == "" {
				panic(fmt.Sprintf("%s: the tag of field %s names no attribute, or one that another field has: %q", t, f.Name, tag))
			}
			l.byName[name] = len(l.fields)
			l.fields = append(l.fields, field{name: name, index: index, set: options == "set", recorded: options == "recorded"})
		case f.Anonymous && f.Type.Kind() == reflect.Struct:
			l.addFields(f.Type, index)
		default:
			panic(fmt.Sprintf("%s: field %s has no attribute", t, f.Name))
		}
	}
}

// Typing returns attrs with the types that the fields of T give them. T is the struct of a kind. It has one field for
// each attribute, which the tag names; fields of embedded structs count as its own:
//
//	Path  Text        `attr:"path"`           // required
//	Mode  Opt[string] `attr:"mode"`           // not managed unless set
//	Group Opt[[]string] `attr:"groups,set"`   // a set, and no list
//	Below *Blob       `attr:"below,recorded"` // no attribute: only the journal has it
//
// The types of fields, and those of their attributes:
//
//	string, Text       string; "" is not set
//	*Blob              string; nil is not set
//	cty.Value          anything; cty.NilVal is not set
//	Opt[string], Opt[Text], Opt[bool], Opt[int64]
//	Opt[[]string]      list of strings, or set of strings
//	Opt[[]int64]       list of numbers
//	Opt[map[string]string]
//
// A plain string suits an attribute that is required or has a default, if "" means nothing. An Opt distinguishes ""
// from not set.
//
// It panics if T has no field for an attribute, if a field has no attribute, and if an attribute states its type
// itself.
func Typing[T any](attrs []Attr) []Attr {
	l := layoutOf[T]()
	for _, f := range l.fields {
		if !f.recorded && !slices.ContainsFunc(attrs, func(a Attr) bool { return a.Name == f.name }) {
			panic(fmt.Sprintf("%s has a field for %q, which is no attribute", reflect.TypeFor[T](), f.name))
		}
	}
	for i := range attrs {
		a := &attrs[i]
		at, ok := l.byName[a.Name]
		if !ok || l.fields[at].recorded {
			panic(fmt.Sprintf("%s has no field for the attribute %q", reflect.TypeFor[T](), a.Name))
		}
		if a.Type != cty.NilType {
			panic(fmt.Sprintf("the attribute %q says its type, which its field in %s gives it", a.Name, reflect.TypeFor[T]()))
		}
		a.Type = l.fields[at].of
		a.Content = l.fields[at].isContent()
	}
	return attrs
}
