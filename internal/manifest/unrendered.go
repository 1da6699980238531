package manifest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/eval"
	"converge/internal/manifest/source"
	"converge/internal/resource"
)

// warnUnrendered warns of a template sequence in a text that nothing renders: {{ ansible_hostname }} would be written to
// the file literally. Sequences that belong to other programs, such as Prometheus, are not reported.
func warnUnrendered(files *source.Files, a *resource.Attr, expr hcl.Expression) hcl.Diagnostics {
	tmpl, ok := expr.(*hclsyntax.TemplateExpr)
	if !ok || a.Secret || a.Name == "inline" || !slices.ContainsFunc(tmpl.Parts, holdsSequence) {
		return nil
	}
	return describeUnrendered(files, a, tmpl.Range())
}

// holdsSequence reports whether a part of a text may contain a template sequence.
func holdsSequence(part hclsyntax.Expression) bool {
	lit, ok := part.(*hclsyntax.LiteralValueExpr)
	if !ok || lit.Val.Type() != cty.String || lit.Val.IsNull() {
		return false
	}
	return isSequence(lit.Val.AsString())
}

func isSequence(text string) bool {
	return strings.Contains(text, "{{") || strings.Contains(text, "<%")
}

// describeUnrendered returns the warning about a sequence in the text of a range, if it is a mistake.
func describeUnrendered(files *source.Files, a *resource.Attr, at hcl.Range) hcl.Diagnostics {
	sequence := regexp.MustCompile(`\{\{-?\s*(ansible_\w+|inventory_hostname\w*|hostvars\b|ansible_facts\b|groups\[|lookup\(|\.vars\.\w+|\.node\.[\w.]+|var\.\w+|local\.\w+|node\.[\w.]+|each\.\w+)[^}]*\}\}|<%=? *(node\[|@\w)[^%]*%>`)
	item := regexp.MustCompile(`^[^{]*(\{\{\s*(\w+)(\.\w+)*\s*\}\})`)
	text := files.TextAt(at)
	m := sequence.FindStringSubmatchIndex(text)
	name := ""
	if m != nil && m[2] >= 0 {
		name = text[m[2]:m[3]]
	}
	if of := item.FindStringSubmatchIndex(text); m == nil && of != nil && !a.HoldsContent() && !strings.HasPrefix(text, "<<") {
		m, name = []int{of[2], of[3]}, text[of[4]:of[5]]
	}
	if m == nil {
		return nil
	}
	if v := regexp.MustCompile(`^<%=? *@(\w+)`).FindStringSubmatch(text[m[0]:m[1]]); v != nil {
		name = ".vars." + v[1]
	}
	place := within(at, text, m[0], m[1])
	return hcl.Diagnostics{{
		Severity: hcl.DiagWarning, Summary: "Template that is not rendered", Subject: &place,
		Detail: fmt.Sprintf("%s stays as it stands: here a value is filled in by ${ }.%s Templates are rendered by the kind template and the function templatefile.", text[m[0]:m[1]], explainFilled(name)),
	}}
}

// explainFilled explains what to write here in place of a name of another tool.
func explainFilled(name string) string {
	for _, root := range []string{".node.", "node.", "var.", "local.", "each."} {
		if strings.HasPrefix(name, root) {
			return fmt.Sprintf(" Write ${%s}.", strings.TrimPrefix(name, "."))
		}
	}
	switch of, isFact := strings.CutPrefix(name, "ansible_"); {
	case strings.HasPrefix(name, ".vars."):
		return fmt.Sprintf(" Write ${var.%s}.", strings.TrimPrefix(name, ".vars."))
	case name == "item":
		return " In a block with for_each that is ${each.value}, and its key ${each.key}."
	case name == "inventory_hostname" || name == "inventory_hostname_short":
		return " Write ${node.hostname}."
	case isFact && eval.OtherFact(of) != "":
		return fmt.Sprintf(" Write ${%s}.", eval.OtherFact(of))
	case isFact || name == "":
		return " What this machine is stands in node, and `converge facts` lists it."
	}
	return " A variable is ${var.NAME}."
}
