package plantest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
)

// readContent reads a block of a file of tests. what is its type, "" for the file itself. An error about an unknown name
// suggests a valid one.
func (r *reader) readContent(body hcl.Body, what string, schema *hcl.BodySchema) (*hcl.BodyContent, hcl.Diagnostics) {
	content, diags := body.Content(schema)
	var names []string
	for _, a := range schema.Attributes {
		names = append(names, a.Name)
	}
	for _, b := range schema.Blocks {
		names = append(names, b.Type)
	}
	block := map[string]string{"": "A file of tests", "test": "A test", "assert": "An assert block"}[what]
	for _, d := range diags {
		if d.Subject == nil {
			continue
		}
		switch name := strings.Trim(r.textAt(*d.Subject), `"`); {
		case d.Summary == "Unsupported argument":
			d.Summary, d.Detail = "Unknown attribute", fmt.Sprintf("%s has no attribute %q.%s", block, name, suggestPart(name, names))
		case d.Summary == "Unsupported block type":
			d.Detail = fmt.Sprintf("%s has no block %q.%s", block, name, suggestPart(name, names))
		case d.Summary == "Missing required argument":
			_, rest, _ := strings.Cut(d.Detail, `"`)
			missing, _, _ := strings.Cut(rest, `"`)
			d.Summary, d.Detail = "Missing attribute", fmt.Sprintf("%s needs the attribute %q.", block, missing)
		case strings.HasPrefix(d.Summary, "Missing name for "):
			d.Summary, d.Detail = "Missing name", `A test has a name, in quotes: test "NAME" { … }.`
		case strings.HasPrefix(d.Summary, "Extraneous label for "):
			d.Summary, d.Detail = "No name here", "An assert block has no name: assert { … }; what it says if the condition is false is message."
			if what == "" {
				d.Detail = `A test has one name, in quotes: test "NAME" { … }.`
			}
		}
	}
	all := slices.Clone(diags)
	return content, slices.DeleteFunc(diags, func(d *hcl.Diagnostic) bool { // the missing attribute was misspelt
		return d.Summary == "Missing attribute" && slices.ContainsFunc(all, func(o *hcl.Diagnostic) bool {
			missing := strings.TrimSuffix(d.Detail[strings.LastIndexByte(d.Detail, ' ')+1:], ".")
			return strings.Contains(o.Detail, "Did you mean "+missing+"?")
		})
	})
}

// suggestPart suggests a name in place of an unknown one: the equivalent of another tool's word, or the most similar one.
func suggestPart(name string, names []string) string {
	for words, ours := range map[string]string{
		"vars var variable inputs input":                   "variables",
		"run it describe context expect check":             "test",
		"error_message msg description":                    "message",
		"expect_failures expect_errors should_fail errors": "expect_error",
		"facts_file host":                                  "facts",
		"site path file source module":                     "manifest",
		"asserts assertion expectations":                   "assert",
	} {
		if slices.Contains(strings.Fields(words), name) && slices.Contains(names, ours) {
			return fmt.Sprintf(" Here that is %s.", ours)
		}
	}
	return diag.Suggest(name, names, "What can stand here:")
}
