package functions

import (
	"errors"
	"strings"

	"converge/internal/manifest/values"
)

// maxYAMLNames bounds the aliases (*name) of a YAML document. Aliases of
// aliases make a value that is exponentially larger than its text; documents
// written by people have few, and those repeat small parts.
const (
	maxYAMLNames  = 10_000
	maxYAMLIndent = 200
)

// checkYAML refuses a text whose value would be much larger than the text. It
// reads the plain text, so it may count names in comments and in quotes.
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

// checkAliases follows anchors in the order of the text: the anchor &a weighs
// as many elements as it contains, and each *a weighs as much as its anchor.
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

// close ends the anchors at that depth of brackets or deeper, or, outside
// brackets, those of lines that are indented as far or farther.
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
