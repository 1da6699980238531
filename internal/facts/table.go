package facts

import (
	"reflect"

	"github.com/zclconf/go-cty/cty"
)

// Fact is one line of the table of all facts.
type Fact struct {
	Name string // below node: "os.id", "interfaces.NAME.mac"
	Type string // string, number, bool, list of string, object, map of object
	Doc  string // a clause without full stop
}

// Table lists every fact, in the order of the fields of [Facts] and [OnUse].
func Table() []Fact {
	return appendFacts(appendFacts(nil, "", reflect.TypeFor[Facts]()), "", reflect.TypeFor[OnUse]())
}

func appendFacts(out []Fact, prefix string, t reflect.Type) []Fact {
	for f := range t.Fields() {
		name := prefix + f.Tag.Get("cty")
		typ, inner := describeType(f.Type)
		out = append(out, Fact{Name: name, Type: typ, Doc: f.Tag.Get("doc")})
		if inner == nil {
			continue
		}
		if f.Type.Kind() == reflect.Map {
			name += ".NAME"
		}
		out = appendFacts(out, name+".", inner)
	}
	return out
}

// describeType names a field's type; inner is the struct behind it, if any.
func describeType(t reflect.Type) (name string, inner reflect.Type) {
	switch t.Kind() {
	case reflect.String:
		return "string", nil
	case reflect.Bool:
		return "bool", nil
	case reflect.Slice:
		elem, _ := describeType(t.Elem())
		return "list of " + elem, nil
	case reflect.Map:
		return "map of object", t.Elem()
	case reflect.Pointer:
		return "object", t.Elem()
	case reflect.Struct:
		if t == reflect.TypeFor[cty.Value]() {
			return "object", nil
		}
		return "object", t
	}
	return "number", nil
}
