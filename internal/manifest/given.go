package manifest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/source"
)

// given is a text outside of any file that sets a variable. Diagnostics show it as a line of an invented document,
// because no file contains it.
type given struct {
	doc    string // what diagnostics call the document
	before string // the text before it in its line: "--var workers="
	text   string
	what   string // the origin in a sentence
}

// givenByVar returns an argument of the command line.
func givenByVar(name, text string) given {
	return given{doc: "<command line>", before: "--var " + name + "=", text: text, what: "--var " + name}
}

// givenValue returns the text that sets a variable: an argument of the command line, or a value of the test or saved
// plan that the manifest is evaluated for.
func (l *loader) givenValue(name string) given {
	text := l.opts.Vars[name]
	if l.opts.Untyped[name] {
		return given{doc: "<variables>", before: name + " = ", text: text, what: "the test or the saved plan"}
	}
	return givenByVar(name, text)
}

// from names the origin of the document's values.
func (g given) from() string {
	if g.doc == "<command line>" {
		return "the command line"
	}
	return g.what
}

// givenByEnv returns a variable of the environment.
func givenByEnv(key, text string) given {
	return given{doc: "<environment>", before: key + "=", text: text, what: "environment variable " + key}
}

// givenTexts holds the texts that diagnostics show, by document.
type givenTexts map[string]string

// place returns the range that the text will have after show. Each is on line 1: arguments have no line numbers.
func (t givenTexts) place(g given) hcl.Range {
	start := hcl.Pos{Line: 1, Column: len(g.before) + 1, Byte: len(t[g.doc]) + len(g.before)}
	end := hcl.Pos{Line: 1, Column: start.Column + len(g.text), Byte: start.Byte + len(g.text)}
	return hcl.Range{Filename: g.doc, Start: start, End: end}
}

// show lets diagnostics show the text at its place, except for hidden diagnostics.
func (t givenTexts) show(files *source.Files, g given, diags hcl.Diagnostics) {
	if !slices.ContainsFunc(diags, func(d *hcl.Diagnostic) bool { return !diag.IsHidden(d) }) {
		return
	}
	t[g.doc] += g.before + g.text + "\n"
	files.Show(source.Document{Name: g.doc, Data: []byte(t[g.doc])})
}

// describeWrong explains the type of a number or bool variable that was set to something else, with an example in the
// form of g. ok is false for other types: their error names the wrong part.
func (n *node) describeWrong(g given) (detail string, ok bool) {
	example := "4"
	switch n.variable.ty {
	case cty.Number:
	case cty.Bool:
		example = "true"
	default:
		return "", false
	}
	detail = fmt.Sprintf("The variable %q is %s (%s), such as %s%s.", n.name, typeName(n.variable.ty), diag.Place(n.rng), g.before, example)
	if n.isSecretive() {
		detail += " The value that is set is sensitive, so it is not shown."
	}
	return detail, true
}

// findMisspelt returns environment variables that set no variable, by the variable that they were probably meant to set.
// It skips a variable that another one sets: the misspelt one may be for another manifest.
func findMisspelt(env []string, root *module) map[*node]string {
	out, names, set := map[*node]string{}, sortedNames(root.variables), map[string]bool{}
	for _, kv := range env {
		key, _, _ := strings.Cut(kv, "=")
		set[key] = true
	}
	for _, key := range slices.Sorted(maps.Keys(set)) {
		name, ok := strings.CutPrefix(key, envPrefix)
		if !ok || root.variables[name] != nil {
			continue
		}
		if near := diag.Misspelt(name, names); near != "" && !set[envPrefix+near] {
			out[root.variables[near]] = key
		}
	}
	return out
}

// warnMisspelt warns of an environment variable that sets no variable. It does not show the value, which may be a
// secret.
func (t givenTexts) warnMisspelt(files *source.Files, key, meant string) *hcl.Diagnostic {
	g := given{doc: "<environment>", text: key}
	at := t.place(g)
	d := &hcl.Diagnostic{
		Severity: hcl.DiagWarning, Summary: "Environment variable without effect", Subject: &at,
		Detail: fmt.Sprintf("%s sets no variable. Did you mean %s%s?", key, envPrefix, meant),
	}
	t.show(files, g, hcl.Diagnostics{d})
	return d
}

// warnOfOthers warns of files of another tool beside the manifests. found holds the errors so far: an error about a
// variable without a value already names a file of values.
func warnOfOthers(l *loader, path string, found hcl.Diagnostics) (diags hcl.Diagnostics) {
	told := slices.ContainsFunc(found, func(d *hcl.Diagnostic) bool {
		return d.Summary == "No manifest" || d.Subject == nil && d.Severity == hcl.DiagError || strings.Contains(d.Detail, "is not read by itself")
	})
	if path == "-" || told || l.opts.OnlyVariables {
		return nil
	}
	seen := map[string]bool{}
	for _, m := range l.mods {
		if m.folder == nil || seen[m.folder.path] {
			continue
		}
		seen[m.folder.path] = true
		if d := l.files.WarnOfOthers(source.Beside{Dir: m.folder.dir, IsModule: m != l.mods[0], HasData: l.mods[0].dataExpr != nil}); d != nil {
			diags = append(diags, d)
		}
	}
	return diags
}

// refuseGiven refuses a value for an undeclared variable. It shows only the name, because a misspelt name may hide a
// secret's value.
func refuseGiven(l *loader, root *module, name string) *hcl.Diagnostic {
	g := l.givenValue(name)
	d := diag.Failure("Unknown variable", fmt.Sprintf("%s sets the variable %q, which is not declared.%s",
		diag.Capital(g.from()), name, diag.Suggest(name, sortedNames(root.variables), "Declared are")), nil)
	if len(root.variables) == 0 {
		d.Detail += fmt.Sprintf(" It is declared by variable %q { type = string }.", name)
	}
	hidden := given{doc: g.doc, before: strings.TrimSuffix(g.before, name+"="), text: name, what: g.what}
	if l.opts.Untyped[name] {
		hidden.before = ""
	}
	at := l.given.place(hidden)
	d.Subject = &at
	l.given.show(l.files, hidden, hcl.Diagnostics{d})
	return d
}
