package eval

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
)

// suggestFunction suggests a function in place of an unknown one: our name for that of another language, or the most
// similar one.
func suggestFunction(name string, ctx *hcl.EvalContext) string {
	switch name {
	case "timestamp", "uuid", "bcrypt", "base64gzip", "plantimestamp", "abspath", "pathexpand":
		return " It is left out because its result is not the same every time and everywhere, so a plan could not foretell it."
	}
	for words, here := range map[string]string{
		"delayed after later":                                   "An action waits for the end of the run without more: notifies = [service.nginx.restart].",
		"env getenv get_env ENV environ":                        "The environment is not read, but for CONVERGE_VAR_NAME, which sets the variable NAME.",
		"hiera hiera_hash hiera_array data_bag data_bag_item":   "Layers of data are settings { data = [...] }; their values are those of variables.",
		"vault lookup_vault ssm rsadecrypt":                     `A secret is declared by secret "NAME" { … } and is then secret.NAME.`,
		"template inline_template erb epp":                      "Here that is templatefile(\"NAME\", { … }), or the kind template.",
		"include_recipe include import require import_playbook": `Another folder of manifests is used by module "NAME" { source = "./NAME" }.`,
		"exec shell run command system shell_out generate":      "No expression runs a program: a command is an exec, and a fact of your own a program in /etc/converge/facts.d.",
		"cond iif ifelse if_else ternary":                       "A choice is written CONDITION ? VALUE : OTHER.",
		"map filter select collect each":                        "A list is made of another by [for x in LIST : x.name if x.enabled].",
		"defined is_defined isset exists":                       "Whether there is a value is asked by VALUE == null or by can(VALUE).",
		"list array":                                            "A list is written in brackets: [a, b].",
		"dict hash object":                                      "An object is written in braces: { a = 1, b = 2 }.",
		"notify subscribe":                                      "What a change calls for is an attribute: notifies = [service.nginx.restart].",
		"ensure_packages ensure_resource":                       "Several resources are made by for_each.",
		"password_hash crypt mkpasswd":                          "A hash is made once, by mkpasswd, and stands in the manifest or in a secret.",
		"raise fail error assert":                               "A condition on inputs stands in a variable's validation { … }.",
	} {
		if slices.Contains(strings.Fields(words), name) {
			return " " + here
		}
	}
	ours := map[string]string{
		"len": "length", "size": "length", "count": "length", "strlen": "length", "str": "tostring", "string": "tostring", "int": "tonumber", "float": "tonumber", "number": "tonumber", "bool": "tobool",
		"to_json": "jsonencode", "to_nice_json": "jsonencode", "tojson": "jsonencode", "toJson": "jsonencode", "json_encode": "jsonencode", "from_json": "jsondecode", "parsejson": "jsondecode",
		"to_yaml": "yamlencode", "to_nice_yaml": "yamlencode", "toYaml": "yamlencode", "from_yaml": "yamldecode", "parseyaml": "yamldecode", "loadyaml": "yamldecode",
		"readfile": "file", "read": "file", "read_file": "file", "slurp": "file", "cat": "file", "default": "coalesce", "pick": "coalesce", "append": "concat", "push": "concat", "union": "setunion",
		"toupper": "upper", "uppercase": "upper", "upcase": "upper", "tolower": "lower", "downcase": "lower", "lowercase": "lower", "strip": "trimspace", "chop": "chomp", "sub": "replace", "gsub": "replace",
		"regsubst": "replace", "regex_replace": "replace", "sprintf": "format", "printf": "format", "combine": "merge", "deep_merge": "merge", "unique": "distinct", "uniq": "distinct", "includes": "contains", "has_key": "contains", "member": "contains",
		"b64encode": "base64encode", "b64decode": "base64decode", "base64": "base64encode", "sha256sum": "sha256", "md5sum": "md5", "ceiling": "ceil", "round": "floor", "any": "anytrue", "all": "alltrue", "substring": "substr", "match": "regex",
		"starts_with": "startswith", "ends_with": "endswith", "hasPrefix": "startswith", "hasSuffix": "endswith", "dig": "try", "get": "lookup", "first": "element", "last": "element", "glob": "fileset",
	}[name]
	if _, ok := findFunction(ours, ctx); ok {
		return fmt.Sprintf(" Here that is %s.", ours)
	}
	var names []string
	for c := ctx; c != nil; c = c.Parent() {
		names = append(names, slices.Collect(maps.Keys(c.Functions))...)
	}
	names = slices.DeleteFunc(names, func(n string) bool { return n == rounds })
	return diag.Suggest(name, names, "What there is:")
}

// suggestName suggests a name in place of one that the object or map of does not have.
func suggestName(of, name string, names []string) string {
	switch of {
	case "node":
		if here := OtherFact(name); here != "" && here != "node."+name {
			return " Here that is " + here + "."
		}
		if near := diag.Suggest(name, names, ""); near != "" {
			return near
		}
		return diag.Suggest(name, names, "It has") + " An attribute of your own is set in /etc/converge/node.d or by --node, in a test by its node."
	case "node.custom":
		return diag.Suggest(name, names, "It has") + " It holds what the programs of /etc/converge/facts.d have found; with --root none of them is run."
	case "each.value":
		if name == "key" || name == "name" || name == "id" {
			return diag.Suggest(name, names, "It has") + " The key of the element is each.key."
		}
	}
	return diag.Suggest(name, names, "It has")
}

// OtherFact returns our name for a fact of another tool; "" if it is not known.
func OtherFact(name string) string {
	return map[string]string{
		"platform": "node.os.id", "distribution": "node.os.id", "operatingsystem": "node.os.id", "os_id": "node.os.id", "platform_family": "node.os.family", "os_family": "node.os.family", "osfamily": "node.os.family",
		"platform_version": "node.os.version", "distribution_version": "node.os.version", "distribution_major_version": "node.os.version", "operatingsystemrelease": "node.os.version", "lsbdistcodename": "node.os.codename",
		"distribution_release": "node.os.codename", "os_release": "node.os.version", "version": "node.os.version", "release": "node.os.version", "codename": "node.os.codename",
		"architecture": "node.arch", "hostname": "node.hostname", "fqdn": "node.fqdn", "default_ipv4.address": "node.ipv4", "processor_cores": "node.cpu.count", "kernel": "node.kernel.release", "name": "node.hostname or node.fqdn", "nodename": "node.hostname", "host": "node.hostname", "domain": "part of node.fqdn", "ipaddress": "node.ipv4", "default_ipv4": "node.ipv4", "ip": "node.ipv4", "ipaddress6": "node.ipv6",
		"processorcount": "node.cpu.count", "processor_vcpus": "node.cpu.count", "processor_count": "node.cpu.count", "processors": "node.cpu.count", "cpus": "node.cpu.count", "memtotal_mb": "node.memory.total", "memorysize": "node.memory.total",
		"kernelrelease": "node.kernel", "pkg_mgr": "node.package_managers", "service_mgr": "node.init", "init_system": "node.init", "network": "node.interfaces", "networking": "node.interfaces", "lsb": "node.os", "distro": "node.os", "platform_name": "node.os.name",
		"virtual": "node.virtualization", "is_virtual": "node.virtualization", "chef_environment": "an attribute of your own, in node.d", "environment": "an attribute of your own, in node.d", "tags": "an attribute of your own, in node.d",
	}[name]
}

// describePlain explains that a text, a number or a bool has no attributes.
func describePlain(of, name string, ty cty.Type) string {
	text := fmt.Sprintf("%s is %s and has no %q: write %s alone.", of, nameType(ty.FriendlyName()), name, of)
	if of == "each.value" {
		text += fmt.Sprintf(" for_each over a map of objects gives it some: { a = { %s = … } }.", name)
	}
	return text
}

// explainIndex names the key that a collection does not have; HCL leaves it out if an expression computes it.
func (e *Evaluator) explainIndex(d *hcl.Diagnostic, at *hclsyntax.IndexExpr) {
	if d.EvalContext == nil {
		return
	}
	of, diags := direct{}.evalExpr(at.Collection, d.EvalContext)
	key, more := direct{}.evalExpr(at.Key, d.EvalContext)
	if diags.HasErrors() || more.HasErrors() || of.ContainsMarked() || key.IsMarked() || of.IsNull() || key.IsNull() || !of.IsKnown() || !key.IsKnown() {
		return
	}
	name := e.opts.Source(at.Collection.Range())
	if name == "" || strings.Contains(name, "\n") {
		name = "it"
	}
	switch ty := of.Type(); {
	case key.Type() == cty.String && (ty.IsMapType() || ty.IsObjectType()):
		// No "Did you mean", which an editor would insert in place of the expression.
		near := strings.NewReplacer(" Did you mean ", " There is ", "?", ".").Replace(suggestName(name, key.AsString(), slices.Collect(maps.Keys(of.AsValueMap()))))
		d.Detail = fmt.Sprintf("There is no %q in %s.%s", key.AsString(), name, near)
	case key.Type() == cty.Number && (ty.IsListType() || ty.IsTupleType()):
		d.Detail = fmt.Sprintf("Index %s: %s", key.AsBigFloat().Text('f', -1), describeLength(name, of.LengthInt()))
	case key.Type() == cty.String && (ty.IsListType() || ty.IsTupleType()):
		d.Detail = fmt.Sprintf("%s is a list, whose elements are numbered: %q is no number.", name, key.AsString())
	}
}

// explainSplat adds to an error about [*] over a map how to iterate over a map: [*] treats a map as one element.
func (e *Evaluator) explainSplat(d *hcl.Diagnostic) {
	if at, ok := d.Expression.(*hclsyntax.RelativeTraversalExpr); ok && d.Subject != nil {
		if _, each := at.Source.(*hclsyntax.AnonSymbolExpr); each {
			d.Detail += " [*] goes over a list. Over a map, and over what for_each has made, goes [for k, v in MAP : v.NAME]."
		}
	}
}
