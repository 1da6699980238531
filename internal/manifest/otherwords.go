package manifest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/source"
	"converge/internal/resource"
)

// Words of other tools, each with its equivalent here. They help the author of a first manifest:
// a word from Terraform, Chef, Puppet or Ansible is no misspelling of a word of ours, and a list
// of our words is no answer.

// otherBlocks are the types of blocks.
func otherBlocks() map[string]string {
	one := func(kinds ...string) string { return "Here that is " + strings.Join(kinds, " or ") + "." }
	return map[string]string{
		"resource":  `A block begins with its kind: file "/etc/motd" { … }.`,
		"data":      "What this machine is stands in node, and `converge facts` shows it; file(\"NAME\") reads a file beside the manifest. Layers of data are settings { data = [...] }.",
		"provider":  "Nothing has to be configured: converge changes the machine that it runs on, and finds its package manager and its init system.",
		"terraform": "What holds for the whole site stands in a settings block; no version or back end has to be named.",
		"moved":     "It is not needed: a thing is known by what it is (a path, a package, a unit), whatever its block is called.",
		"removed":   `A block that is gone leaves its thing, and --prune removes it; forget { things = ["path:/etc/motd"] } leaves it on the host and out of the records.`,
		"import":    "It is not needed: what is there is observed. Declare it, and the plan shows what would change.",
		"test":      "A test stands in a file of its own, whose name ends in .test.hcl; converge test runs it.",
		"dynamic":   "A list is made by an expression: [for k, v in var.sites : v.name]; several resources are made by for_each.",
		"provisioner": "A command is a resource of its own, an exec with a guard; an effect on another resource is " +
			"notifies = [KIND.NAME.VERB].",
		"lifecycle":  "protect = true refuses every change that would remove or replace a thing.",
		"if":         "Whether a block counts is said in it: when = …. Several resources are made by for_each.",
		"unless":     "Whether a block counts is said in it: when = !(…).",
		"for":        "Several resources are made by for_each in their block.",
		"foreach":    "Several resources are made by for_each in their block.",
		"assert":     "A condition on inputs stands in a variable's validation { … }; what a host is to answer, a check asks.",
		"connection": "converge changes the machine that it runs on, and connects to no other.",
		"class":      `A reusable part is a folder with variables, used by module "NAME" { source = "./NAME" }.`,
		"define":     `A reusable part is a folder with variables, used by module "NAME" { source = "./NAME" }, with for_each for several.`,
		"role":       `A reusable part is a folder with variables, used by module "NAME" { source = "./NAME" }.`,
		"include":    `Every *.hcl file of the folder counts; another folder is used by module "NAME" { source = "./NAME" }.`,
		"handler":    "It is not needed: each kind has actions, and the block that changes asks for one: notifies = [service.nginx.reload].",
		"task":       `A block begins with its kind: file "/etc/motd" { … }.`,
		"play":       "A manifest is about the machine that it is applied on; it lists resources.",
		"inputs":     `An input is declared by variable "NAME" { type = string }.`,

		"apt": one("package"), "yum": one("package"), "dnf": one("package"), "apt_package": one("package"), "yum_package": one("package"), "dnf_package": one("package"),
		"execute": one("exec"), "bash": one("exec"), "script": one("exec"), "shell": one("exec"), "command": one("exec"),
		"copy": one("file"), "cookbook_file": one("file"), "remote_file": one("file, with a URL as source"), "get_url": one("file, with a URL as source"),
		"remote_directory": one("tree"), "unarchive": one("archive"), "archive_file": one("archive"),
		"lineinfile": one("line"), "file_line": one("line"), "blockinfile": one("block"), "ini_file": one("setting"), "ini_setting": one("setting"), "augeas": one("setting"),
		"systemd": one("service", "unit"), "systemd_unit": one("unit"), "cron_d": one("cron"), "modprobe": one("kernel_module"), "kmod": one("kernel_module"),
		"apt_repository": one("repository"), "yum_repository": one("repository"), "yumrepo": one("repository"), "apt_key": one("repository, with its key"),
		"symlink": one("link"), "wait_for": one("check"), "uri": one("check"), "known_hosts": one("known_host"), "ssh_authorized_key": one("authorized_key"),
	}
}

// otherAttrs are attributes of other tools, grouped by purpose. An attribute that the kind
// declares is never searched for here.
func otherAttrs() map[string]string {
	const (
		many    = `Several are made by for_each = toset(["a", "b"]); when = … makes one or none.`
		guard   = "Whether a thing is managed is when = …, a bool that is evaluated before anything is changed. The guards only_if and unless are an exec's."
		after   = "Order is depends_on = [KIND.NAME]. A reference to an attribute is a dependency as well."
		earlier = "Order is said by the later one: depends_on = [KIND.NAME] stands in its block."
		state   = "What is to be is said by attributes such as ensure. What follows a change is notifies = [KIND.NAME.VERB] in the block that changes."
		timing  = "An action waits for the end of the run, and is performed once. immediately(KIND.NAME.VERB) in notifies does not wait."
		failing = `What becomes of the rest is on_failure = "skip", "continue", "stop" or "rollback".`
		root    = "A run has the rights of the user that starts it."
	)
	out := map[string]string{}
	for words, here := range map[string]string{
		"count loop with_items with_dict":                        many,
		"only_if onlyif not_if unless creates if":                guard,
		"require requires after depends":                         after,
		"before required_by":                                     earlier,
		"action":                                                 state,
		"delayed immediately timing":                             timing,
		"ignore_failure ignore_errors failed_when allow_failure": failing,
		"become sudo run_as_root":                                root,
		"lifecycle prevent_destroy":                              "protect = true refuses every change that would remove or replace a thing.",
		"notify":                                                 "Here that is notifies = [KIND.NAME.VERB].",
		"state":                                                  `Here that is ensure = "present" or "absent".`,
		"dest":                                                   "Here that is path, which is the label of the block if it is not set.",
		"src":                                                    "Here that is source, or content for a text.",
		"validate validate_cmd":                                  "Here that is verify.",
		"register":                                               "Another block refers to an attribute: file.page.path. What a command prints is no value of the same run.",
		"tags":                                                   "A part of a site is chosen by --target KIND.NAME.",
		"no_log":                                                 "Here that is sensitive = true.",
		"provider":                                               "Which one it is, converge finds out of the machine.",
	} {
		for word := range strings.FieldsSeq(words) {
			out[word] = here
		}
	}
	return out
}

// explainOtherBlock returns the equivalent of a block type of another tool; "" if there is none.
func explainOtherBlock(name string) string { return otherBlocks()[name] }

// explainOther returns the equivalent of an attribute of another tool; "" if there is none.
func (k *kindInfo) explainOther(name string) string {
	_, ensures := k.attr["ensure"]
	_, runs := k.attr["running"]
	switch name {
	case "subscribes", "subscribe", "listen", "watch":
		if len(k.onVerb) == 0 {
			return fmt.Sprintf("%s has no action that another's change could ask for; order is depends_on = [KIND.NAME].", diag.Capital(resource.WithArticle(k.Name)))
		}
		return fmt.Sprintf("Here that is %s, with a list: [KIND.NAME].", strings.Join(slices.Sorted(maps.Keys(k.onVerb)), " or "))
	}
	if name == "state" && ensures {
		return "Here that is ensure, one of " + strings.Join(k.Attrs[k.attr["ensure"]].OneOf, ", ") + "."
	}
	if mine := renamedAttr(name); slices.Contains(k.names, mine) {
		return fmt.Sprintf("Here that is %s.", mine)
	}
	switch {
	case (name == "ensure" || name == "state") && runs && !ensures:
		return "Here that is running = true or false, and enabled = true or false for the start at boot."
	case name == "state" && !ensures:
		return ""
	}
	return otherAttrs()[name]
}

// renamedAttr is our name for an attribute of another tool; "" if there is none.
func renamedAttr(name string) string {
	switch name {
	case "refreshonly":
		return "run_on"
	case "minute", "hour", "weekday", "monthday", "special_time":
		return "schedule"
	case "package_name", "service_name":
		return "name"
	case "onlyif":
		return "only_if"
	case "not_if":
		return "unless"
	case "chdir":
		return "cwd"
	case "environment":
		return "env"
	}
	return ""
}

// suggestMember lists the names that may follow a resource's name: its few actions first.
func (k *kindInfo) suggestMember(name string) string {
	var attrs []string
	for i := range k.Attrs {
		attrs = append(attrs, k.Attrs[i].Name)
	}
	near := diag.Suggest(name, slices.Concat(k.Verbs, attrs), "It has")
	if len(k.Verbs) == 0 || strings.Contains(near, "Did you mean") {
		return near
	}
	return fmt.Sprintf(" Its actions are %s.%s", strings.Join(k.Verbs, ", "), diag.Suggest(name, attrs, "Its attributes are"))
}

// explainNested adds to an error about a nested block what to write there.
func (k *kindInfo) explainNested(diags hcl.Diagnostics, files *source.Files) {
	for _, d := range diags {
		if d.Subject == nil || !strings.HasPrefix(d.Summary, "Unexpected ") || !strings.HasSuffix(d.Summary, " block") {
			continue
		}
		name := files.TextAt(*d.Subject)
		d.Detail = fmt.Sprintf("%s has attributes, and no blocks in it.", diag.Capital(resource.WithArticle(k.Name)))
		switch _, has := k.attr[name]; {
		case has:
			d.Detail += fmt.Sprintf(" Here %s is an attribute: %s = ….", name, name)
		case explainOtherBlock(name) != "":
			d.Detail += " " + explainOtherBlock(name)
		default:
			d.Detail += k.suggestAttr(name)
		}
	}
}

// suggestAttr lists the names that a block accepts in place of an unknown one.
func (k *kindInfo) suggestAttr(name string) string {
	if here := k.explainOther(name); here != "" {
		return " " + here
	}
	return diag.Suggest(name, k.names, "What can stand here:")
}

// explainBare returns the correct form of a bare word in place of a reference; "" if the word is
// not known.
func explainBare(word string) string {
	switch word {
	case "present", "absent", "latest", "purged", "mounted", "unmounted", "stopped", "file", "directory":
		return fmt.Sprintf("A text has quotes: %q.", word)
	case "running", "started", "enabled", "yes", "on", "True":
		return "A bool is true or false, without quotes."
	case "disabled", "no", "off", "False", "undef", "nil", "None":
		return "A bool is true or false, without quotes; null leaves an attribute out."
	}
	return ""
}
