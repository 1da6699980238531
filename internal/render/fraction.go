package render

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strconv"
)

// A number with a fraction is printed as "${…}" has it, in decimal digits: Go would write 1000000.5
// as 1.0000005e+06, which few programs read in a file of settings.

// fraction is a number that prints itself so.
type fraction float64

func (f fraction) String() string { return strconv.FormatFloat(float64(f), 'f', -1, 64) }

// Format prints digits where a number is printed as it is, and with any other verb, precision or flag what fmt makes of
// the number.
func (f fraction) Format(s fmt.State, verb rune) {
	_, isPrecise := s.Precision()
	if (verb != 'v' && verb != 's') || isPrecise || s.Flag('+') || s.Flag('#') || s.Flag(' ') || s.Flag('0') {
		fmt.Fprintf(s, fmt.FormatString(s, verb), float64(f))
		return
	}
	fmt.Fprintf(s, fmt.FormatString(s, 's'), f.String())
}

// spelled returns a value in the form in which it is printed.
func spelled(v any) (any, error) {
	if f, ok := v.(float64); ok {
		return fraction(f), nil
	}
	return v, nil
}

// makesText reports whether a function makes text of values that need not be text.
func makesText(name string) bool {
	switch name {
	case "quote", "squote", "cat", "sortAlpha", "dict":
		return true
	}
	return isPrinting(name)
}

// spellOut has the numbers among the arguments of a function that makes text print themselves, also those in lists and
// maps. Of a dict only the names become text.
func spellOut(name string, ty reflect.Type, args []reflect.Value) {
	for i, a := range args {
		if ty.IsVariadic() && i == len(args)-1 {
			for j := range a.Len() {
				if v := a.Index(j); v.Kind() == reflect.Interface && (name != "dict" || j%2 == 0) && hasFraction(v.Interface()) {
					v.Set(reflect.ValueOf(spellAll(v.Interface())))
				}
			}
		} else if a.Kind() == reflect.Interface && hasFraction(a.Interface()) {
			args[i] = reflect.ValueOf(spellAll(a.Interface())).Convert(reflect.TypeFor[any]())
		}
	}
}

// hasFraction reports whether a value is or holds a number that may have a fraction.
func hasFraction(v any) bool {
	switch v := v.(type) {
	case float64:
		return true
	case []any:
		return slices.ContainsFunc(v, hasFraction)
	case map[string]any:
		for _, e := range v {
			if hasFraction(e) {
				return true
			}
		}
	}
	return false
}

// spellAll returns a value with numbers that print themselves.
func spellAll(v any) any {
	switch v := v.(type) {
	case float64:
		return fraction(v)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = spellAll(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = spellAll(e)
		}
		return out
	}
	return v
}

// hasExponent reports whether a piece of output looks like a number with an exponent.
func hasExponent(p []byte) bool {
	return len(p) < 32 && bytes.Contains(p, []byte("e")) && (bytes.Contains(p, []byte("e+")) || bytes.Contains(p, []byte("e-")))
}
