package functions

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"converge/internal/manifest/values"
)

// Most functions return no more than their arguments contain. These make much from little in one uninterruptible step,
// so the size of the result is computed first.

// limited is f for arguments that check accepts.
func limited(f function.Function, check func(args []cty.Value) error) function.Function {
	return wrap(f, func(args []cty.Value) (cty.Value, error) {
		if err := check(args); err != nil {
			return cty.NilVal, err
		}
		return f.Call(args)
	})
}

// placing adds the line of the text to the error of a function that reads JSON.
func placing(f function.Function) function.Function {
	return wrap(f, func(args []cty.Value) (cty.Value, error) {
		v, err := f.Call(args)
		if err == nil || len(args) == 0 || args[0].IsMarked() {
			return v, err
		}
		text := []byte(textOf(args[0]))
		var wrong *json.SyntaxError
		if !errors.As(json.Unmarshal(text, new(any)), &wrong) {
			return v, err
		}
		before := text // cut off below
		if !strings.Contains(wrong.Error(), "unexpected end") {
			before = text[:min(max(wrong.Offset-1, 0), int64(len(text)))]
		}
		column := len([]rune(string(before[bytes.LastIndexByte(before, '\n')+1:]))) + 1
		return v, fmt.Errorf("on line %d, column %d: %w", 1+bytes.Count(before, []byte("\n")), column, wrong)
	})
}

// checkSize refuses count pieces of each bytes.
func checkSize(count, each int) error {
	if count > 0 && each > 0 && count > values.MaxText/each {
		return fmt.Errorf("the result would be larger than %d MiB", values.MaxText>>20)
	}
	return nil
}

func textOf(v cty.Value) string {
	if v.IsNull() || v.Type() != cty.String {
		return ""
	}
	return v.AsString()
}

// limitFunctions replaces the functions that need a limit.
func limitFunctions(fs map[string]function.Function) {
	for name, check := range map[string]func([]cty.Value) error{
		"format":     checkFormat,
		"formatlist": checkFormat,
		"indent": func(args []cty.Value) error {
			n, _ := args[0].AsBigFloat().Int64() // a number far outside becomes the largest or smallest int64
			return checkSize(strings.Count(textOf(args[1]), "\n")+1, int(min(max(n, 0), values.MaxText+1)))
		},
		"join":       checkJoin,
		"replace":    checkReplace,
		"setproduct": checkProduct,
		"yamldecode": func(args []cty.Value) error { return checkYAML(textOf(args[0])) },
		"jsondecode": func(args []cty.Value) error { return checkNesting(textOf(args[0])) },
		"regexall": func(args []cty.Value) error {
			return checkSize(len(textOf(args[1]))+1, 64*(strings.Count(textOf(args[0]), "(")+1))
		},
	} {
		fs[name] = limited(fs[name], check)
	}
	fs["jsondecode"] = placing(fs["jsondecode"])
	fs["pow"], fs["log"] = wrap(stdlib.PowFunc, raise), finite(stdlib.LogFunc)
}

func checkFormat(args []cty.Value) error {
	if isWide(textOf(args[0])) {
		return function.NewArgErrorf(0, "a width or precision must be below 100000")
	}
	return nil
}

// isWide reports whether a verb of a format has a number of six digits. It runs for each instance of a block.
func isWide(format string) bool {
	digits, inVerb := 0, false
	for _, c := range []byte(format) {
		switch {
		case c == '%':
			digits, inVerb = 0, true
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			inVerb = false
		case c < '0' || c > '9':
			digits = 0
		case inVerb:
			if digits++; digits == 6 {
				return true
			}
		}
	}
	return false
}

func checkJoin(args []cty.Value) error {
	count := 0
	for _, l := range args[1:] {
		if !l.IsNull() && l.CanIterateElements() {
			count += l.LengthInt()
		}
	}
	return checkSize(count, len(textOf(args[0])))
}

func checkReplace(args []cty.Value) error {
	s, old, neu := textOf(args[0]), textOf(args[1]), textOf(args[2])
	if pattern, ok := cutSlashes(old); ok {
		if re, err := regexp.Compile(pattern); err == nil {
			return checkSize(len(re.FindAllStringIndex(s, -1)), len(neu)+strings.Count(neu, "$")*len(s))
		}
		return nil // a later step reports the error
	}
	if old == "" {
		return checkSize(utf8.RuneCountInString(s)+1, len(neu))
	}
	return checkSize(strings.Count(s, old), len(neu))
}

func checkProduct(args []cty.Value) error {
	count := 1
	for _, a := range args {
		if a.IsNull() || !a.CanIterateElements() {
			return nil // a later step reports the error
		}
		n := a.LengthInt()
		if n > 0 && count > values.MaxParts/(n*len(args)) {
			return fmt.Errorf("the result would have more than %d elements", values.MaxParts)
		}
		count *= n
	}
	return nil
}

// checkNesting refuses a text that nests deeper than any author writes, as in a manifest.
func checkNesting(text string) error {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '[', '{':
			if depth++; depth > maxNesting {
				return fmt.Errorf("it nests more than %d brackets", maxNesting)
			}
		case ']', '}':
			depth = max(0, depth-1)
		}
	}
	return nil
}

// maxNesting is how deep brackets may nest in a text that a function decodes.
const maxNesting = 1000

// maxBits is how long a power may be; numbers of cty have 512 bits.
const maxBits = 4096

// raise computes a power, exactly if the result is a whole number.
func raise(args []cty.Value) (cty.Value, error) {
	base, power := args[0].AsBigFloat(), args[1].AsBigFloat()
	if !base.IsInt() || !power.IsInt() || power.Sign() < 0 {
		return finite(stdlib.PowFunc).Call(args)
	}
	b, _ := base.Int(nil)
	p, acc := power.Int64()
	if acc != big.Exact || b.BitLen() > 1 && p > maxBits/int64(b.BitLen()) {
		return cty.NilVal, errors.New("the result is too large")
	}
	if b.BitLen() <= 1 { // for -1, 0 and 1 only the parity of the power matters
		p = min(p, 2+p%2)
	}
	return cty.NumberVal(new(big.Float).SetInt(new(big.Int).Exp(b, big.NewInt(p), nil))), nil
}

// finite turns an infinite result into an error.
func finite(f function.Function) function.Function {
	return wrap(f, func(args []cty.Value) (cty.Value, error) {
		v, err := f.Call(args)
		if err == nil && v.AsBigFloat().IsInf() {
			err = errors.New("the result is infinite")
		}
		return v, err
	})
}

// maxYAMLNames bounds the aliases (*name) of a YAML document. Aliases of aliases make a value exponentially larger than
// its text; documents written by people have few, and those repeat small parts.
const (
	maxYAMLNames  = 10_000
	maxYAMLIndent = 200
)

// checkYAML refuses a text whose value would be much larger than the text. It scans the raw text, so it may count names
// in comments and in quotes.
func checkYAML(text string) error {
	if err := checkNesting(text); err != nil {
		return err
	}
	for line := range strings.Lines(text) {
		if strings.Count(line, "- ") > maxYAMLIndent && strings.HasPrefix(strings.ReplaceAll(line, " ", ""), strings.Repeat("-", maxYAMLIndent)) {
			return errors.New("it nests too deep")
		}
	}
	return checkAliases(text)
}

// checkAliases follows the anchors in the order of the text: the anchor &a weighs as many elements as it contains, and
// each *a weighs as much as its anchor.
func checkAliases(text string) error {
	if !strings.Contains(text, "*") || !strings.Contains(text, "&") {
		return nil
	}
	d := document{weights: map[string]int{}}
	for i := 0; i < len(text); i++ {
		weight := 0
		switch c := text[i]; c {
		case '[', '{':
			d.depth++
		case ']', '}':
			d.depth--
			d.close(d.depth+1, -1)
		case ',':
			d.close(d.depth, -1)
			weight = 1
		case '\n':
			d.indent = len(text[i+1:]) - len(strings.TrimLeft(text[i+1:], " "))
			d.close(1<<30, d.indent)
			weight = 1
		case ':':
			weight = 1
		case '&':
			name := aliasName(text[i+1:])
			i += len(name)
			d.weights[name] = 1
			d.open = append(d.open, anchor{name, d.depth, d.indent})
		case '*':
			name := aliasName(text[i+1:])
			i += len(name)
			weight = max(1, d.weights[name])
			d.aliases++
		}
		if err := d.add(weight); err != nil {
			return err
		}
	}
	return nil
}

// document is the state of a walk through one document.
type document struct {
	weights        map[string]int
	open           []anchor
	depth, indent  int
	total, aliases int
}

type anchor struct {
	name          string
	depth, indent int
}

// close ends the anchors at that depth of brackets or deeper, or, outside brackets, those of lines with that indentation
// or more.
func (d *document) close(depth, indent int) {
	for n := len(d.open); n > 0; n = len(d.open) {
		a := d.open[n-1]
		if a.depth < depth && (indent < 0 || a.depth > 0 || a.indent < indent) {
			return
		}
		d.open = d.open[:n-1]
	}
}

func (d *document) add(weight int) error {
	for _, a := range d.open {
		d.weights[a.name] += weight
	}
	switch d.total += weight; {
	case d.total > values.MaxParts:
		return errors.New("its aliases make too large a value of it")
	case d.aliases > maxYAMLNames:
		return errors.New("it has too many aliases")
	case len(d.open) > maxYAMLIndent:
		return errors.New("it nests too deep")
	}
	return nil
}

func aliasName(s string) string {
	end := strings.IndexAny(s, " \t\r\n,[]{}:")
	if end < 0 {
		end = len(s)
	}
	return s[:end]
}
