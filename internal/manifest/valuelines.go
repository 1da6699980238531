package manifest

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/source"
)

// hideSecrets hides the source lines of diagnostics about files of values that may contain a secret. n is the variable
// that they are about; nil: an unknown name, whose value may be a secret. A file in JSON may be a single line.
func (m *module) hideSecrets(docs map[string]source.Document, n *node, diags hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range diags {
		if d.Subject == nil || diag.IsHidden(d) {
			continue
		}
		doc, isValue := docs[d.Subject.Filename]
		switch {
		case !isValue:
		case n != nil && n.isSecretive():
			diag.Hide(d)
		case n == nil, doc.JSON && m.hasSecretive():
			diag.HideDoubtful(d)
		}
	}
	return diags
}

// hideText is hideSecrets for a file that cannot be parsed: a detail from a library may quote it.
func (m *module) hideText(docs map[string]source.Document, what string, diags hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range m.hideSecrets(docs, nil, diags) {
		if !diag.IsHidden(d) {
			continue
		}
		language, isOther := strings.CutSuffix(d.Summary, ", not a manifest")
		if end := path.Ext(d.Subject.Filename); !isOther && (end == ".yaml" || end == ".yml") {
			language, isOther = "YAML", true
		}
		if isOther {
			d.Summary = language + ", not values of variables"
			apart := ""
			if language == "YAML" {
				apart = " An expression can take YAML apart: yamldecode(file(\"NAME\"))."
			}
			d.Detail = fmt.Sprintf("%s is written as %s. Values are written as in a manifest, NAME = VALUE on each line, or in JSON in a file whose name ends in .json.%s Its text is not shown, because it may hold secrets.", what, language, apart)
		} else {
			if quotesOf(d.Summary, "") {
				d.Summary = "Invalid values" // it may quote the file
			}
			d.Detail = describeUnread(what, docs[d.Subject.Filename].Data, d)
		}
	}
	return diags
}

// showLines lets the remaining diagnostics show their lines.
func (l *loader) showLines(docs map[string]source.Document, diags hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range diags {
		if d.Subject == nil || diag.IsHidden(d) {
			continue
		}
		if doc, isValue := docs[d.Subject.Filename]; isValue {
			l.files.Show(doc)
		}
	}
	return diags
}

// isSecretive reports whether a variable's values must never be shown.
func (n *node) isSecretive() bool { return n.sensitive || n.variable.baseSecret }

func (m *module) hasSecretive() bool {
	for _, n := range m.variables {
		if n.isSecretive() {
			return true
		}
	}
	return false
}

// refuseUnknown refuses a value of an undeclared variable without showing it: under a misspelt name it may be a secret.
func (m *module) refuseUnknown(a *hcl.Attribute) hcl.Diagnostics {
	d := diag.Failure("Unknown variable", fmt.Sprintf("The variable %q is not declared.%s",
		a.Name, diag.Suggest(a.Name, sortedNames(m.variables), "Declared are")), &a.NameRange)
	diag.HideBehind(d, a.Name)
	return hcl.Diagnostics{d}
}

// describeUnread describes the place and the cause of an error in a file of values, if that quotes nothing of the file.
func describeUnread(what string, text []byte, d *hcl.Diagnostic) string {
	detail := fmt.Sprintf("%s cannot be read at column %d; its text is not shown, because it may hold secrets.", what, d.Subject.Start.Column)
	if d.Detail != "" && !quotesOf(d.Detail, string(text)) {
		detail += " " + diag.End(d.Detail)
	}
	return detail
}

// quotesOf reports whether a message may quote a text: it contains something in quotes, or a word of the text that is
// not common in sentences. A number is a place, or a value.
func quotesOf(message, text string) bool {
	text = strings.ToLower(text)
	if regexp.MustCompile("[\"'`][^\"'`]*[[:alnum:]][^\"'`]*[\"'`]").MatchString(message) {
		return true
	}
	isWord := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	isBetween := func(r rune) bool { return !isWord(r) }
	inText, plain := map[string]bool{}, strings.Fields("a an as by here in is it its no not of on or the this to")
	for word := range strings.FieldsFuncSeq(text, isBetween) {
		inText[word] = true
	}
	for word := range strings.FieldsFuncSeq(strings.ToLower(message), isBetween) {
		if inText[word] && !slices.Contains(plain, word) || utf8.RuneCountInString(word) > 3 && strings.Contains(text, word) || strings.ContainsFunc(word, unicode.IsDigit) {
			return true
		}
	}
	return false
}
