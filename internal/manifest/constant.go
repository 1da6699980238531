package manifest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/syntax"
	"converge/internal/resource"
)

// constantPlace is a place that requires a constant.
type constantPlace struct {
	textAt func(hcl.Range) string // of its file
	name   string                 // of the attribute, or of the variable in a file
	expr   hcl.Expression
	secret bool // its text is not shown: a text without quotes looks like a reference
}

// refuse returns the error about a value that refers to something, at the first reference. why describes the purpose of
// the value, and ends so that " is a constant" completes the sentence.
func (p constantPlace) refuse(why, instead string) *hcl.Diagnostic {
	t := p.expr.Variables()[0]
	at := t.SourceRange()
	if p.secret {
		d := diag.Failure("Not a constant", why+" is a constant: it refers to nothing, and a text in it has quotes.", &at)
		diag.Hide(d)
		return d
	}
	if word, isBare := p.bareWord(); isBare {
		text := explainBare(word)
		switch isWhole := p.textAt(p.expr.Range()) == word; {
		case text != "" && !strings.HasPrefix(text, "A text has quotes: "):
		case isWhole:
			text = fmt.Sprintf("A text has quotes: %s = %q.", p.name, word)
		default:
			text = fmt.Sprintf("A text has quotes: %q.", word)
		}
		return diag.Failure("Not a constant", text, &at)
	}
	return diag.Failure("Not a constant", fmt.Sprintf("%s is a constant, and %s is none. %s", why, syntax.TraversalText(t), instead), &at)
}

// bareWord returns the first reference, if it is a single word that begins no reference: a text without quotes.
func (p constantPlace) bareWord() (string, bool) {
	t := p.expr.Variables()[0]
	isRoot := slices.Contains([]string{"var", "local", "secret", "node", "path", "module", "each"}, t.RootName())
	before := t.SourceRange()
	before.End, before.Start.Byte = before.Start, max(0, before.Start.Byte-2)
	return t.RootName(), len(t) == 1 && !isRoot && p.textAt(before) != "${"
}

// text returns the expression as written; "…" if it is long or not native syntax.
func (p constantPlace) text() string {
	text := p.textAt(p.expr.Range())
	if _, native := p.expr.(hclsyntax.Expression); !native || len(text) > 80 || strings.Contains(text, "\n") {
		return "…"
	}
	return text
}

// refuseDefault returns the error about a default of a variable that refers to something.
func (p constantPlace) refuseDefault(variable string) *hcl.Diagnostic {
	if !resource.IsIdent(variable) {
		variable = "NAME"
	}
	return p.refuse("A variable's default", fmt.Sprintf(
		"What is made of other values is a local: locals { %s = %s }, which is local.%s in place of var.%s.", variable, p.text(), variable, variable))
}

// refuseInput returns the error about a reference in a file of variables or of data; nil if there is none.
func (p constantPlace) refuseInput(what string) *hcl.Diagnostic {
	if len(p.expr.Variables()) == 0 {
		return nil
	}
	return p.refuse("A value in a file of "+what, fmt.Sprintf(
		"What is made of other values is a local in the manifest: locals { %s = %s }.", p.name, p.text()))
}

// refuseEarly returns the error about a reference in a value that is read before everything else.
func (p constantPlace) refuseEarly() *hcl.Diagnostic {
	ref := syntax.TraversalText(p.expr.Variables()[0])
	if p.name != "source" {
		return p.refuse(p.name+" is read before anything is evaluated: it", "Write its value out.")
	}
	text := p.text()
	folder := regexp.MustCompile(`\$\{\s*`+regexp.QuoteMeta(ref)+`\s*\}`).ReplaceAllLiteralString(text, "NAME")
	if folder == text || strings.Contains(folder, "${") {
		folder = `"./NAME"`
	}
	return p.refuse("source is read before anything is evaluated: it", fmt.Sprintf(
		"Write the folder out; of several, each has a block of its own, with source = %s and when = %s == \"NAME\".", folder, ref))
}

// textOf returns the parts of a text by their places.
func textOf(data []byte) func(hcl.Range) string {
	return func(r hcl.Range) string {
		if r.Start.Byte > r.End.Byte || r.End.Byte > len(data) {
			return ""
		}
		return string(data[r.Start.Byte:r.End.Byte])
	}
}
