package manifest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/resource"
)

// readContent takes the attributes and blocks of a schema out of the body of a block that is not a resource. Errors list
// what the block accepts.
func (dec decoder) readContent(body hcl.Body, what string, schema *hcl.BodySchema) (*hcl.BodyContent, hcl.Diagnostics) {
	content, diags := body.Content(schema)
	for _, d := range diags {
		if d.Subject == nil {
			continue
		}
		name, block := dec.mod.l.files.TextAt(*d.Subject), diag.Capital(resource.WithArticle(what))
		if what == "settings" || what == "forget" {
			block = fmt.Sprintf("The block %q", what)
		}
		switch d.Summary {
		case "Unsupported argument":
			d.Summary, d.Detail = "Unknown attribute", fmt.Sprintf("%s has no attribute %q.%s", block, name, suggestContent(what, name, schema))
		case "Unsupported block type":
			d.Detail = fmt.Sprintf("%s has no block %q in it.%s", block, name, suggestContent(what, name, schema))
		case "Missing required argument":
			_, rest, _ := strings.Cut(d.Detail, `"`)
			missing, _, _ := strings.Cut(rest, `"`)
			d.Summary, d.Detail = "Missing attribute", fmt.Sprintf("%s needs the attribute %q.", block, missing)
		}
	}
	return content, dropMisspelt(diags)
}

// dropMisspelt drops the error about a missing attribute if an unknown attribute was meant to be it: that is one
// mistake.
func dropMisspelt(diags hcl.Diagnostics) hcl.Diagnostics {
	all := slices.Clone(diags)
	return slices.DeleteFunc(diags, func(d *hcl.Diagnostic) bool {
		_, missing, ok := strings.Cut(d.Detail, " needs the attribute ")
		return ok && d.Summary == "Missing attribute" && slices.ContainsFunc(all, func(other *hcl.Diagnostic) bool {
			return other.Summary == "Unknown attribute" && strings.Contains(other.Detail, "Did you mean "+strings.TrimSuffix(missing, ".")+"?")
		})
	})
}

// suggestContent lists the names that a block accepts in place of an unknown one.
func suggestContent(what, name string, schema *hcl.BodySchema) string {
	if what == "variable" {
		switch name {
		case "required", "optional", "nullable":
			return " A variable without default has to be given a value; default = null makes one that may be left out."
		case "value":
			return " Its value is given from outside, or is default; what the manifest works out itself stands in locals { … }."
		}
	}
	if here := otherContent(what, name); here != "" {
		return " " + here
	}
	var names []string
	for _, a := range schema.Attributes {
		names = append(names, a.Name)
	}
	for _, b := range schema.Blocks {
		names = append(names, b.Type)
	}
	return diag.Suggest(name, names, "What can stand here:")
}

// otherContent returns the equivalent of an attribute of other tools in a block that is not a resource; "" if it is not known.
func otherContent(what, name string) string {
	for words, here := range map[string]string{
		"secret.path secret.filename secret.source secret.src secret.from_file secret.location secret.key_file":               `Here that is file = "…".`,
		"secret.value secret.content secret.text secret.data secret.default secret.password secret.plaintext secret.string":   `A secret is no text of the manifest: it is read from file = "…", credential = "…", age = "…", sops = "…" or command = […].`,
		"secret.exec secret.program secret.cmd secret.run secret.script secret.shell":                                         `Here that is command = ["…"], whose output is the secret.`,
		"secret.environment secret.variable secret.from_env secret.variables secret.env_var":                                  "The environment is not read; env = { … } sets variables of a command.",
		"secret.vault secret.vault_path secret.provider secret.backend secret.store secret.ssm secret.engine secret.external": `A store of secrets is read by its own program: command = ["vault", "kv", "get", "-field=password", "secret/app"].`,
		"secret.key secret.private_key secret.age_key secret.key_path secret.identity_file secret.identities":                 `Here that is identity = "…", the file of keys for age.`,
		"secret.encrypted secret.age_file secret.encrypted_file":                                                              `Here that is age = "…", or sops = "…".`,
		"secret.sensitive variable.secret":                                                                "A secret is always sensitive; a variable is with sensitive = true.",
		"secret.name secret.id variable.name output.name variable.id":                                     `The name is the label of the block.`,
		"output.default output.content output.from output.expression":                                     "Here that is value.",
		"variable.kind variable.of":                                                                       "Here that is type.",
		"variable.doc variable.help variable.comment variable.desc output.doc output.desc output.comment": "Here that is description.",
		"variable.no_log output.no_log output.secret output.private variable.private variable.hidden":     "Here that is sensitive = true.",
		"variable.choices variable.enum variable.allowed variable.allowed_values variable.options variable.validate variable.condition variable.pattern": `What it may be is a block in it: validation { condition = contains(["a", "b"], var.NAME) … }.`,
		"variable.env variable.environment": "It is set from outside by CONVERGE_VAR_NAME, by --var NAME=VALUE or by --var-file.",
	} {
		if slices.Contains(strings.Fields(words), what+"."+name) {
			return here
		}
	}
	return ""
}

// explainType makes the library's errors about the type of a variable suggest the type that was meant.
func (dec decoder) explainType(diags hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range diags {
		if d.Subject == nil {
			continue
		}
		given := dec.mod.l.files.TextAt(*d.Subject)
		word := strings.ToLower(strings.Trim(given, `"`))
		switch meant := otherType(word); {
		case meant != "" && (word == "list" || word == "set" || word == "map" || word == "object"):
			d.Detail = fmt.Sprintf("The type %s says what is in it: %s.", word, meant)
		case meant != "":
			d.Detail = fmt.Sprintf("There is no type %s. Here that is %s.", given, meant)
		case strings.HasPrefix(given, "{"):
			d.Detail = "The type of an object is written object({ NAME = TYPE }), that of a map of one type map(TYPE)."
		case strings.HasPrefix(given, "["):
			d.Detail = "The type of a list is written list(TYPE), such as list(string)."
		case given != word && strings.HasPrefix(given, `"`):
			d.Detail = fmt.Sprintf("A type has no quotes: %s.", strings.Trim(given, `"`))
		case hclsyntax.ValidIdentifier(given) && !slices.Contains(typeNames(), given):
			d.Detail = fmt.Sprintf("There is no type %s.%s", given, diag.Suggest(word, typeNames(), ""))
		default:
			d.Detail = diag.End(d.Detail) + " Types are string, number, bool, any, list(TYPE), set(TYPE), map(TYPE), object({ NAME = TYPE }) and tuple([TYPE])."
		}
	}
	return diags
}

func typeNames() []string {
	return []string{"string", "number", "bool", "any", "list", "set", "map", "object", "tuple"}
}

// otherType returns our name of a type of other languages; "" if there is none.
func otherType(word string) string {
	switch word {
	case "int", "integer", "float", "double", "numeric", "port":
		return "number"
	case "str", "text":
		return "string"
	case "boolean":
		return "bool"
	case "array", "list", "vector", "sequence":
		return "list(string), list(number) or a list of another type"
	case "set":
		return "set(string), set(number) or a set of another type"
	case "dict", "hash", "map":
		return "map(string), map(number) or a map of another type"
	case "object", "struct":
		return "object({ NAME = TYPE })"
	}
	return ""
}

// describeCollection names a type together with the type of its elements: a list of strings.
func describeCollection(ty cty.Type) string {
	name := ty.FriendlyName()
	if (ty.IsListType() || ty.IsSetType() || ty.IsMapType()) && ty.ElementType().IsPrimitiveType() {
		name += "s"
	}
	return resource.WithArticle(name)
}
