package render

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
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

// spellOut has the numbers among the arguments of a printing function print themselves.
func spellOut(ty reflect.Type, args []reflect.Value) {
	spell := func(v reflect.Value) (reflect.Value, bool) {
		f, ok := v.Interface().(float64)
		return reflect.ValueOf(fraction(f)), ok && v.Kind() == reflect.Interface
	}
	for i, a := range args {
		if ty.IsVariadic() && i == len(args)-1 {
			for j := range a.Len() {
				if f, ok := spell(a.Index(j)); ok {
					a.Index(j).Set(f)
				}
			}
		} else if f, ok := spell(a); ok {
			args[i] = f.Convert(reflect.TypeFor[any]())
		}
	}
}

// hasExponent reports whether a piece of output looks like a number with an exponent.
func hasExponent(p []byte) bool {
	return len(p) < 32 && bytes.Contains(p, []byte("e")) && (bytes.Contains(p, []byte("e+")) || bytes.Contains(p, []byte("e-")))
}

// sprintf is fmt's, which writes its complaints into the text: "%!d(string=x)".
func sprintf(format string, args ...any) (string, error) {
	out := fmt.Sprintf(format, args...)
	if own := reflect.TypeFor[fraction]().String(); strings.Contains(out, own) && !strings.Contains(format+fmt.Sprint(args...), own) {
		out = strings.ReplaceAll(out, own, "float64") // of %T
	}
	if !strings.Contains(out, "%!") {
		return out, nil
	}
	meant := strings.ReplaceAll(format, "%%", "%")
	for _, a := range args {
		if s, ok := a.(string); ok {
			meant += s
		}
	}
	if complaint := regexp.MustCompile(`%!([a-zA-Z]?\([^)]*\)|.\([A-Z]+\))`).FindString(out); complaint != "" && !strings.Contains(meant, complaint) {
		return "", errors.New("the format does not fit what it is given: " + complaint)
	}
	return out, nil
}
