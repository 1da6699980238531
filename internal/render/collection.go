package render

import (
	"fmt"
	"reflect"
	"strings"
)

// nameArgument is nameCollection for what a function is given.
func nameArgument(v any) string {
	if what := nameCollection(v); what == aObject || !isNested(reflect.ValueOf(v)) {
		return what
	}
	return "a list of lists or objects"
}

const noForm = ", which has no form in a text"

// explainCollection names the expression whose value is a list or an object, and what makes a text of it.
func (e *RenderError) explainCollection(source string, value any) {
	expr := "a value that is printed here"
	at := lineStart(source, e.Line) + e.Col - 1
	for _, a := range listActions(source) {
		if at >= a.at && at < a.end {
			expr = a.text
			from := a.at + strings.Index(source[a.at:a.end], expr)
			e.mark(source, from, from+len(expr))
		}
	}
	what := nameCollection(value)
	e.Msg = fmt.Sprintf("%s is %s%s; {{ %s | toJson }} writes JSON, and {{ range %s }}…{{ end }} writes each element", expr, what, noForm, expr, expr)
	if what == aList {
		e.Msg = fmt.Sprintf("%s is %s%s; {{ %s | join \", \" }} joins it, {{ range %s }}…{{ end }} writes each element, and {{ %s | toJson }} writes JSON", expr, what, noForm, expr, expr, expr)
	}
}

// explainArgument describes that a function is given a list or an object.
func (e *RenderError) explainArgument(value any) {
	e.Msg = fmt.Sprintf("{{%s}} is given %s%s; range goes through the elements, and toJson writes JSON", e.At, nameArgument(value), noForm)
}

const (
	aList   = "a list"
	aObject = "an object"
)

// nameCollection returns what a value with elements is; "": it has none.
func nameCollection(v any) string {
	switch reflect.ValueOf(v).Kind() {
	case reflect.Slice, reflect.Array:
		return aList
	case reflect.Map:
		return aObject
	}
	return ""
}

// hasNoForm reports whether a function that makes text of single values is given a list or an object. The author of a
// template may have a reason to call print, printf or toString with one, but sprig's quote writes "[a b]", too.
func hasNoForm(name string, arg any) bool {
	switch name {
	case "quote", "squote", "cat", "html", "js", "urlquery":
		return nameCollection(arg) != ""
	case "join":
		return isNested(reflect.ValueOf(arg))
	}
	return false
}

// isNested reports whether a value is an object, or a list with lists or objects in it.
func isNested(v reflect.Value) bool {
	if v.Kind() != reflect.Slice {
		return v.Kind() == reflect.Map
	}
	for i := range v.Len() {
		if nameCollection(v.Index(i).Interface()) != "" {
			return true
		}
	}
	return false
}
