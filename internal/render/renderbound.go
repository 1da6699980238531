package render

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
)

// Bounds of rendering one template. Exceeding them is a mistake.
const (
	maxRounds    = 500_000   // rounds of loops, templates within templates, pieces of output, elements that functions make
	maxTemplates = 1000      // deep
	maxMade      = 256 << 20 // bytes of text that functions make, in all
	maxElement   = 64 << 20  // bytes of one result of a function
)

// meter is the remaining budget of one rendering.
type meter struct {
	ctx    context.Context
	w      io.Writer
	left   int // bytes of output
	rounds int
	depth  int // of templates within templates
	made   int
	odd    bool // the output looks as if a null, a list or an object was printed
	powers bool // the output looks as if a number was printed with an exponent
}

// Write accepts output. A loop and a template write at least an empty text for each round; see addSteps.
func (m *meter) Write(p []byte) (int, error) {
	if err := m.step(1); err != nil {
		return 0, err
	}
	switch {
	case len(p) == 0 && cap(p) == entering:
		if m.depth++; m.depth > maxTemplates {
			return 0, fmt.Errorf("templates call templates more than %d deep", maxTemplates)
		}
	case len(p) == 0 && cap(p) == leaving:
		m.depth--
	case looksOdd(p):
		m.odd = true
	case hasExponent(p):
		m.powers = true
	}
	if m.left -= len(p); m.left < 0 {
		return 0, fmt.Errorf("the result is larger than %d MiB", MaxRendered>>20)
	}
	return m.w.Write(p)
}

func (m *meter) step(n int) error {
	if m.rounds += n; m.rounds > maxRounds || n > maxRounds {
		return fmt.Errorf("it takes more than %d steps", maxRounds)
	}
	if m.ctx != nil && m.rounds&0xff == 0 {
		return context.Cause(m.ctx)
	}
	return nil
}

// addSteps makes every round of a loop, and every template, write an empty text, and prevents that text of the
// template itself looks like a missing value.
func addSteps(t *template.Template) {
	visitLists(t, func(l *parse.ListNode) {
		for i, n := range slices.Backward(l.Nodes) {
			switch n := n.(type) {
			case *parse.TextNode:
				if string(n.Text) == noValue {
					rest := &parse.TextNode{NodeType: parse.NodeText, Pos: n.Pos, Text: n.Text[1:]}
					n.Text = n.Text[:1]
					l.Nodes = slices.Insert(l.Nodes, i+1, parse.Node(rest))
				}
			case *parse.RangeNode:
				n.List.Nodes = slices.Insert(n.List.Nodes, 0, writeNothing(n.List.Pos, round))
			}
		}
	})
	for _, part := range t.Templates() {
		if part.Tree != nil && part.Root != nil {
			root := part.Root
			root.Nodes = slices.Insert(root.Nodes, 0, writeNothing(root.Pos, entering))
			root.Nodes = append(root.Nodes, writeNothing(root.Pos, leaving))
		}
	}
}

// Marks at the beginning and the end of a template are empty slices, recognised by their capacity, which Write
// receives unchanged.
const (
	round = iota + 1
	entering
	leaving
)

func writeNothing(at parse.Pos, kind int) parse.Node {
	return &parse.TextNode{NodeType: parse.NodeText, Pos: at, Text: make([]byte, 0, kind)}
}

// visitLists calls visit with every list of nodes in the templates of t.
func visitLists(t *template.Template, visit func(l *parse.ListNode)) {
	for _, part := range t.Templates() {
		if part.Tree != nil {
			visitList(part.Root, visit)
		}
	}
}

func visitList(l *parse.ListNode, visit func(l *parse.ListNode)) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		var branch parse.BranchNode
		switch n := n.(type) {
		case *parse.IfNode:
			branch = n.BranchNode
		case *parse.RangeNode:
			branch = n.BranchNode
		case *parse.WithNode:
			branch = n.BranchNode
		}
		visitList(branch.List, visit)
		visitList(branch.ElseList, visit)
	}
	visit(l)
}

// metered are the functions that a template uses, each with its bounds.
func (m *meter) metered(funcs template.FuncMap) template.FuncMap {
	out := make(template.FuncMap, len(funcs))
	for name, f := range funcs {
		out[name] = m.limit(name, f)
	}
	return out
}

func (m *meter) limit(name string, f any) any {
	fn := reflect.ValueOf(f)
	ty := fn.Type()
	return reflect.MakeFunc(ty, func(args []reflect.Value) []reflect.Value {
		if err := m.admit(name, ty, args); err != nil {
			panic(err) // text/template makes an error of it, with its place
		}
		if makesText(name) {
			spellOut(name, ty, args)
		}
		var out []reflect.Value
		if ty.IsVariadic() {
			out = fn.CallSlice(args)
		} else {
			out = fn.Call(args)
		}
		if err := m.took(out[0]); err != nil {
			panic(err)
		}
		return out
	}).Interface()
}

// admit checks the arguments of a function before the call.
func (m *meter) admit(name string, ty reflect.Type, args []reflect.Value) error {
	if err := m.step(1); err != nil {
		return err
	}
	flat := flatten(ty, args)
	prints, calculates := isPrinting(name), isArithmetic(name)
	for _, a := range flat {
		n, large := a.(*big.Int)
		switch {
		case prints && a == nil:
			return errors.New("an argument is null")
		case prints && hasNull(a):
			return errors.New("an argument contains null")
		case hasNoForm(name, a):
			return &unprintable{a}
		case calculates && large:
			return fmt.Errorf("it cannot calculate with a number as large as %v", n)
		}
	}
	size, parts := foretold(name, flat)
	switch {
	case size > maxElement:
		return fmt.Errorf("the result would be larger than %d MiB", maxElement>>20)
	case parts > maxRounds:
		return fmt.Errorf("the result would have more than %d elements", maxRounds)
	}
	return nil
}

// flatten gives the arguments, those of a variadic function one by one.
func flatten(ty reflect.Type, args []reflect.Value) []any {
	var out []any
	for i, a := range args {
		if ty.IsVariadic() && i == len(args)-1 {
			for j := range a.Len() {
				out = append(out, a.Index(j).Interface())
			}
			continue
		}
		out = append(out, a.Interface())
	}
	return out
}

// took counts the output of a function.
func (m *meter) took(v reflect.Value) error {
	size, parts := 0, 0
	if !weigh(v, &size, &parts) {
		return fmt.Errorf("the result is larger than %d MiB, or has more than %d elements", maxElement>>20, maxRounds)
	}
	if m.made += size; m.made > maxMade {
		return fmt.Errorf("functions have made more than %d MiB of text", maxMade>>20)
	}
	return m.step(parts)
}

// weigh adds the size of a value as a walk counts it; false: too much.
func weigh(v reflect.Value, size, parts *int) bool {
	for v.IsValid() && (v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer) && !v.IsNil() {
		if v.Kind() == reflect.Pointer && v.Type() != reflect.TypeFor[*any]() {
			return true
		}
		v = v.Elem()
	}
	if *parts++; *parts > maxRounds || *size > maxElement {
		return false
	}
	switch v.Kind() {
	case reflect.String:
		*size += v.Len()
	case reflect.Slice, reflect.Array:
		if k := v.Type().Elem().Kind(); k != reflect.Interface && k != reflect.Slice && k != reflect.Map && k != reflect.String {
			*parts += v.Len()
			break
		}
		for i := range v.Len() {
			if !weigh(v.Index(i), size, parts) {
				return false
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if !weigh(it.Key(), size, parts) || !weigh(it.Value(), size, parts) {
				return false
			}
		}
	}
	return *parts <= maxRounds && *size <= maxElement
}

// foretold estimates the output of a function that makes much from little: bytes, and elements.
func foretold(name string, args []any) (size, parts int) {
	text := func(i int) string {
		if i < len(args) {
			if s, ok := args[i].(string); ok {
				return s
			}
		}
		return ""
	}
	number := func(i int) int {
		if i < len(args) {
			return clamped(args[i])
		}
		return 0
	}
	switch name {
	case "repeat":
		return times(max(0, number(0)), len(text(1))), 0
	case "indent", "nindent":
		return times(max(0, number(0)), strings.Count(text(1), "\n")+1), 0
	case "until":
		return 0, max(number(0), -number(0))
	case "untilStep", "seq":
		return 0, foretoldSteps(name, args, number)
	case "printf":
		if strings.ContainsFunc(text(0), func(c rune) bool { return c >= '0' && c <= '9' }) {
			return times(strings.Count(text(0), "%"), widest(text(0))), 0
		}
	case "replace":
		return times(strings.Count(text(2), text(0))+1, len(text(1))), 0
	case "regexReplaceAll", "mustRegexReplaceAll", "regexReplaceAllLiteral", "mustRegexReplaceAllLiteral":
		return times(len(text(1))+1, len(text(2))) / 64, 0 // few texts match at every byte
	case "join":
		if v := reflect.ValueOf(args[1]); v.Kind() == reflect.Slice {
			return times(v.Len(), len(text(0))), 0
		}
	case "wrapWith":
		return times(len(text(2))/max(1, number(0))+1, len(text(1))), 0
	}
	return 0, 0
}

// widest returns the largest number in a format; fmt itself allows a million.
func widest(format string) int {
	most, n := 0, 0
	for _, c := range format {
		if c < '0' || c > '9' {
			n = 0
			continue
		}
		if n = n*10 + int(c-'0'); n > 1_000_000 {
			return 1_000_000
		}
		most = max(most, n)
	}
	return most
}

// foretoldSteps counts the elements of a range from, to and by.
func foretoldSteps(name string, args []any, number func(int) int) int {
	from, to, by := 1, 0, 1
	switch {
	case name == "untilStep" && len(args) == 3:
		from, to, by = number(0), number(1), number(2)
	case len(args) == 1:
		to = number(0)
	case len(args) == 2:
		from, to = number(0), number(1)
	case len(args) == 3:
		from, by, to = number(0), number(1), number(2)
	}
	return max(to-from, from-to) / max(1, by, -by)
}

func times(a, b int) int {
	if a > 0 && b > maxElement/a {
		return maxElement + 1
	}
	return a * b
}

// clamped is a number of any type, within the range of safe arithmetic.
func clamped(v any) int {
	const most = 1 << 40
	r := reflect.ValueOf(v)
	switch {
	case !r.IsValid():
		return 0
	case r.CanInt():
		return int(min(max(r.Int(), -most), most))
	case r.CanUint():
		return int(min(r.Uint(), most))
	case r.CanFloat():
		return int(min(max(r.Float(), -most), most))
	}
	return 0
}

// isPrinting reports whether a function shows its arguments as text.
func isPrinting(name string) bool {
	switch name {
	case "print", "printf", "println", "toString", "toStrings", "join", "html", "js", "urlquery":
		return true
	}
	return false
}

// isArithmetic reports whether a function calculates with machine numbers.
func isArithmetic(name string) bool {
	switch name {
	case "add", "add1", "sub", "mul", "div", "mod", "max", "min", "biggest", "floor", "ceil", "round", "int", "int64", "float64",
		"addf", "add1f", "subf", "mulf", "divf", "maxf", "minf", "atoi", "toDecimal", "until", "untilStep", "seq",
		"lt", "le", "gt", "ge", "eq", "ne":
		return true
	}
	return false
}
