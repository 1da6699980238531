package eval

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"converge/internal/resource"
)

// explainCall rewrites HCL's error about the call of a function to say which argument is wrong, and what the function
// takes. HCL names a parameter, a name that the author never wrote.
func explainCall(d *hcl.Diagnostic) {
	call, ok := d.Extra.(hclsyntax.FunctionCallDiagExtra)
	if !ok || d.EvalContext == nil {
		return
	}
	name := call.CalledFunctionName()
	f, ok := findFunction(name, d.EvalContext)
	if !ok {
		return
	}
	switch d.Summary {
	case "Not enough function arguments":
		if missing := quotedIn(d.Detail, "Missing value for "); missing != "" {
			d.Detail = fmt.Sprintf("%s takes %s; %s is missing.%s", name, countArguments(f), nameMissing(f, missing), describeCall(name, f))
		}
	case "Too many function arguments":
		d.Detail = fmt.Sprintf("%s takes only %s.%s", name, countArguments(f), describeCall(name, f))
	case "Error in function call":
		prefix := fmt.Sprintf("Call to function %q failed: ", name)
		if cause, ok := strings.CutPrefix(d.Detail, prefix); ok {
			d.Detail = fmt.Sprintf("%s(…) cannot be evaluated: %s%s", name, fileRead(d), cause)
			if _, inHome, ok := strings.Cut(cause, "/~/"); ok && strings.HasPrefix(cause, "cannot read ") {
				at, _, _ := strings.Cut(inHome, `"`)
				d.Detail = fmt.Sprintf("%s(…) cannot be evaluated: the ~ of %q is not expanded. Write the whole path of that folder, or copy the file beside the manifest: %s(%q).", name, "~/"+at, name, path.Base(at))
			}
		}
	case "Invalid function argument":
		param := quotedIn(d.Detail, "Invalid value for ")
		cause, ok := strings.CutPrefix(d.Detail, fmt.Sprintf("Invalid value for %q parameter: ", param))
		if ok && name == "lookup" && param == "map" {
			d.Detail = "lookup(MAP, KEY, DEFAULT) looks into a map. A file beside the manifest is read by file(\"NAME\"); the environment is not read, but for CONVERGE_VAR_NAME."
		} else if ok {
			d.Detail = fmt.Sprintf("The %s of %s %s", nameArgument(f, param), name, explainCause(cause))
			if !strings.HasPrefix(cause, "cannot read ") {
				d.Detail += describeCall(name, f)
			}
		}
	}
}

// fileRead names the file beside the manifest that a function decodes: "x.yaml: "; "" if the text is not from a file.
func fileRead(d *hcl.Diagnostic) string {
	call, ok := d.Expression.(*hclsyntax.FunctionCallExpr)
	if !ok || len(call.Args) == 0 {
		return ""
	}
	read, ok := call.Args[0].(*hclsyntax.FunctionCallExpr)
	if !ok || read.Name != "file" && read.Name != "templatefile" || len(read.Args) == 0 {
		return ""
	}
	name, diags := read.Args[0].Value(d.EvalContext)
	if diags.HasErrors() || name.IsMarked() || name.Type() != cty.String || name.IsNull() || !name.IsKnown() {
		return ""
	}
	return resource.DecodeBytes(name.AsString()) + ": "
}

// describeCall shows how to call a function of several arguments: an author who knows it from elsewhere may have swapped two.
func describeCall(name string, f function.Function) string {
	var params []string
	for _, p := range f.Params() {
		params = append(params, strings.ToUpper(p.Name))
	}
	if v := f.VarParam(); v != nil {
		params = append(params, strings.ToUpper(strings.TrimSuffix(v.Name, "s"))+", …")
	}
	if len(params) < 2 {
		return ""
	}
	return fmt.Sprintf(" It is called %s(%s).", name, strings.Join(params, ", "))
}

// findFunction returns the function with that name in a context or its parents.
func findFunction(name string, ctx *hcl.EvalContext) (function.Function, bool) {
	for ; ctx != nil; ctx = ctx.Parent() {
		if f, ok := ctx.Functions[name]; ok {
			return f, true
		}
	}
	return function.Function{}, false
}

// quotedIn returns the quoted word after a prefix of a text; "" if there is none.
func quotedIn(text, prefix string) string {
	_, rest, ok := strings.Cut(text, prefix+`"`)
	if !ok {
		return ""
	}
	word, _, _ := strings.Cut(rest, `"`)
	return word
}

// ordinals name the places of arguments; no function has more parameters.
func ordinals() []string { return []string{"first", "second", "third", "fourth", "fifth", "sixth"} }

// nameArgument names the argument of a parameter by its position, unless it is the only one.
func nameArgument(f function.Function, param string) string {
	params := f.Params()
	if len(params) == 1 && f.VarParam() == nil {
		return "argument"
	}
	for i, p := range params {
		if p.Name == param && i < len(ordinals()) {
			return fmt.Sprintf("%s argument (%s)", ordinals()[i], param)
		}
	}
	return fmt.Sprintf("argument (%s)", param)
}

// nameMissing names the argument of a parameter that a call lacks.
func nameMissing(f function.Function, param string) string {
	if name := nameArgument(f, param); name != "argument" {
		return "the " + name
	}
	return "it"
}

// countArguments counts, in words, the arguments that a function takes.
func countArguments(f function.Function) string {
	n := len(f.Params())
	count := fmt.Sprintf("%d arguments", n)
	switch n {
	case 0:
		count = "no arguments"
	case 1:
		count = "one argument"
	}
	if f.VarParam() != nil && n > 0 {
		return "at least " + count
	}
	return count
}

// explainCause turns the library's text about a value into the end of a sentence about an argument.
func explainCause(cause string) string {
	if m := regexp.MustCompile(`^cannot convert (".*") to (number|bool); `).FindStringSubmatch(cause); m != nil {
		if m[2] == "number" {
			return "is " + m[1] + ", which is no number."
		}
		return "is " + m[1] + `, which is neither "true" nor "false".`
	}
	if m := regexp.MustCompile(`^([a-z ]+) required, but have ([a-z ]+)\.$`).FindStringSubmatch(cause); m != nil {
		return "must be " + nameType(m[1]) + ", not " + nameType(m[2]) + "."
	}
	if m := regexp.MustCompile(`^(?:an? )?([a-z ]+?)(?: is)? required\.$`).FindStringSubmatch(cause); m != nil {
		return "must be " + nameType(m[1]) + "."
	}
	if pattern, ok := strings.CutPrefix(cause, "invalid regexp pattern: "); ok {
		hint := " The language of patterns is RE2; in a text each backslash is written twice."
		if regexp.MustCompile(`\(\?<?[=!]`).MatchString(pattern) {
			hint = " To look ahead or behind is not known here (RE2)."
		}
		return "is no regular expression: " + strings.TrimSuffix(pattern, ".") + "." + hint
	}
	return "cannot be used: " + cause
}

// nameType puts the library's name of a type into a sentence: "list of string" is "a list of strings".
func nameType(name string) string {
	switch name {
	case "tuple":
		return "a list"
	case "bool":
		return "true or false"
	case "dynamic":
		return "any value"
	}
	if of, element, ok := strings.Cut(name, " of "); ok && !strings.Contains(element, " ") && element != "any" {
		name = of + " of " + element + "s"
	}
	return resource.WithArticle(name)
}

// explainChoice rewrites the error about a conditional whose two results have no type in common.
func explainChoice(detail string) string {
	const rule = "The two values of CONDITION ? VALUE : OTHER are of one type."
	m := regexp.MustCompile(`The 'true' value is (.+), but the 'false' value is (.+)\.$`).FindStringSubmatch(detail)
	if m == nil {
		_, rest, _ := strings.Cut(detail, "consistent types. ")
		return rule + " " + rest
	}
	return fmt.Sprintf("%s Here the first is %s, the second %s. null as one of them leaves an attribute out.", rule, nameType(m[1]), nameType(m[2]))
}
