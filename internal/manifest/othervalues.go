package manifest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/values"
	"converge/internal/resource"
)

// suggestValue suggests a value in place of one that an attribute does not accept: the equivalent of another tool's
// word, or the most similar valid one.
func suggestValue(a *resource.Attr, given string) string {
	for words, ours := range map[string]string{
		"installed install exists exist created create file true yes on running started enabled": "present",
		"removed remove uninstalled uninstall deleted delete gone false no off none":             "absent",
		"purge wiped": "purged",
		"newest upgraded upgrade update updated current": "latest",
		"yum microdnf rpm":                  "dnf",
		"apt-get apt_get aptitude dpkg deb": "apt",
		"stow":                              "stow2",
		"ignore proceed":                    "continue",
		"abort fail halt exit":              "stop",
		"undo revert":                       "rollback",
		"present":                           "mounted",
		"replace force":                     "overwrite",
	} {
		if slices.Contains(strings.Fields(words), strings.ToLower(given)) && slices.Contains(a.OneOf, ours) {
			return fmt.Sprintf(" Here that is %q.", ours)
		}
	}
	switch word := strings.ToLower(given); {
	case a.Name == "ensure" && slices.Contains([]string{"directory", "dir", "folder"}, word):
		return ` A folder is the kind directory, directory "PATH" { … }, with ensure = "present" or without it.`
	case a.Name == "ensure" && slices.Contains([]string{"link", "symlink", "hard"}, word):
		return ` A symbolic link is the kind link, link "PATH" { target = … }, with ensure = "present" or without it.`
	case a.Name == "ensure" && (slices.Contains([]string{"held", "hold"}, word)):
		return " Here that is hold = true."
	case a.Name == "ensure" && given != "" && strings.Trim(given, "0123456789.:~+-abcdefghijklmnopqrstuvwxyz") == "" && strings.ContainsAny(given, "0123456789"):
		return fmt.Sprintf(" A version is written version = %q.", given)
	case a.Name == "provider" && slices.Contains(strings.Fields("pip pip3 gem npm snap flatpak cargo brew homebrew cpan"), word):
		return " What that one installs, an exec can install; creates or unless says whether it has to run."
	}
	return diag.Suggest(given, a.OneOf, "")
}

// explainMisused explains what to write in place of a value of the wrong type: several names for one thing, or a
// resource where a text or a condition is required.
func explainMisused(b *block, a *resource.Attr, given cty.Value, expr hcl.Expression) string {
	if a != nil && a.Type == cty.String && a.Name == b.kind.Label && isList(given.Type()) {
		return ` One block is one thing; several are made by for_each = toset(["a", "b"]), and each.key is then the name.`
	}
	if text, ok := plainValue(given, cty.String); ok && given.Type() == cty.String && (a == nil || a.Type == cty.Bool) && !values.IsSensitive(given) {
		return meantBool(b.kind, text.AsString())
	}
	t, ok := expr.(*hclsyntax.ScopeTraversalExpr)
	if !ok || !b.mod.l.kinds.has(t.Traversal.RootName()) || !given.Type().IsObjectType() || b.node == nil {
		return ""
	}
	i := slices.IndexFunc(b.node.refs, func(r ref) bool { return r.trav.SourceRange() == t.Traversal.SourceRange() })
	if i < 0 || b.node.refs[i].block == nil || b.node.refs[i].attr != attrWhole {
		return ""
	}
	name := b.mod.l.files.TextAt(t.Range())
	if a == nil || a.Type == cty.Bool {
		return fmt.Sprintf(" %s is a resource. What has to come first is depends_on = [%s].", name, name)
	}
	if label := b.node.refs[i].block.kind.Label; label != "" && a.Type == cty.String {
		return fmt.Sprintf(" %s is the whole resource; its %s is %s.%s.", name, label, name, label)
	}
	return ""
}

// meantBool returns the bool that a text was meant to be.
func meantBool(k *kindInfo, text string) string {
	word := strings.ToLower(text)
	for _, verb := range k.Verbs {
		if word == verb || word == verb+"ed" || word == verb+"d" && (verb == "restart" || verb == "reload") {
			return fmt.Sprintf(" An action follows a change: notifies = [%s.NAME.%s] in the block that changes, or %s_on = [KIND.NAME] here.", k.Name, verb, verb)
		}
	}
	switch here := meansBool(word); {
	case here != "":
		return " Here that is " + here + "."
	case strings.ContainsAny(text, "=<>") || strings.Contains(text, " in ") || strings.Contains(text, " is "):
		return " A condition has no quotes around it: node.os.family == \"debian\" && var.enabled."
	}
	return ""
}

func isList(ty cty.Type) bool { return ty.IsListType() || ty.IsSetType() || ty.IsTupleType() }
