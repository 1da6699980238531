package manifest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/source"
	"converge/internal/resource"
)

// Words of other tools, each with its equivalent here. They help the author of a first manifest: a word from Terraform,
// Chef, Puppet or Ansible is not a misspelling of one of ours, so a list of our words would not help.

// otherBlocks explains block types of other tools.
func otherBlocks() map[string]string {
	one := func(kinds ...string) string { return "Here that is " + strings.Join(kinds, " or ") + "." }
	const (
		containers = "There is no kind for containers: a unit of systemd runs one, as a .container file of Podman or with ExecStart."
		exec       = "There is no kind for it: an exec runs a command, and creates, only_if or unless say whether it has to run."
	)
	return otherFirewalls(map[string]string{
		"resource":  `A block begins with its kind: file "/etc/motd" { … }.`,
		"data":      "What this machine is stands in node, and `converge facts` shows it; file(\"NAME\") reads a file beside the manifest, templatefile(\"NAME\", { … }) renders one. Layers of data are settings { data = [...] }.",
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

		"vars":       `An input is declared by variable "NAME" { type = string }, a name for a value by locals { NAME = … }.`,
		"vars_files": "Files of values are settings { data = [...] } or --var-file.", "hosts": "converge changes the machine that it runs on; what differs between machines is read from node.",
		"tasks": `There is no list of tasks: a block begins with its kind, as in file "/etc/motd" { … }.`, "handlers": "They are not needed: each kind has actions, and the block that changes asks for one: notifies = [service.nginx.reload].",
		"node":     "What this machine is stands in node, which is read and not declared: when = node.hostname == \"web1\".",
		"firewall": "There is no kind for a firewall: its rules are a file, and a service loads them, with reload_on = [file.NAME].",
		"debug":    "converge eval EXPR prints a value; an output shows one after a run.", "set_fact": "A name for a value is locals { NAME = … }.",
		"docker_container": containers, "docker_image": containers, "container": containers, "docker": containers, "deployment": containers, "pod": containers,
		"case":       "A choice is an expression: CONDITION ? VALUE : OTHER, or a map with an index. Whether a block counts is said in it: when = ….",
		"else":       "Whether a block counts is said in it: when = …; the other one says when = !(…).",
		"locale_gen": one("locale"), "locales": one("locale"), "alternatives": one("link"), "ssh_known_hosts_entry": one("known_host"), "host": one("line, in /etc/hosts"),
		"pip": exec, "gem": exec, "npm": exec, "git": exec, "snap": exec, "flatpak": exec, "vcsrepo": exec, "git_repository": exec, "make": exec,
		"sudo": one("sudoers"), "sudo_rule": one("sudoers"), "users": one("user"), "account": one("user"), "useradd": one("user"), "ssh_key": one("authorized_key"),
		"job": one("cron", "timer"), "crontab": one("cron"), "cronjob": one("cron"), "cron_job": one("cron"), "systemd_timer": one("timer"), "schedule": one("cron", "timer"),
		"dir": one("directory"), "folder": one("directory"), "stat": one("check"), "http": one("check"), "healthcheck": one("check"), "fstab": one("mount"), "filesystem": one("mount"),
		"env": one("setting"), "ini": one("setting"), "replace": one("line"), "sed": one("line"), "edit": one("setting"), "concat": one("block"), "daemon": one("service"), "svc": one("service"),
		"rpm": one("package"), "deb": one("package"), "pkg": one("package"), "zypper": one("package"), "pacman": one("package"), "apk": one("package"), "packages": one("package"), "apt_get": one("package"), "homebrew": one("package"),
		"pam_limits": one("file"), "config": one("file"), "configmap": one("file"), "configfile": one("file"),

		"apt": one("package"), "yum": one("package"), "dnf": one("package"), "apt_package": one("package"), "yum_package": one("package"), "dnf_package": one("package"),
		"execute": one("exec"), "bash": one("exec"), "script": one("exec"), "shell": one("exec"), "command": one("exec"),
		"copy": one("file"), "cookbook_file": one("file"), "remote_file": one("file, with a URL as source"), "get_url": one("file, with a URL as source"),
		"remote_directory": one("tree"), "unarchive": one("archive"), "archive_file": one("archive"),
		"lineinfile": one("line"), "file_line": one("line"), "blockinfile": one("block"), "ini_file": one("setting"), "ini_setting": one("setting"), "augeas": one("setting"),
		"systemd": one("service", "unit"), "systemd_unit": one("unit"), "cron_d": one("cron"), "modprobe": one("kernel_module"), "kmod": one("kernel_module"),
		"apt_repository": one("repository"), "yum_repository": one("repository"), "yumrepo": one("repository"), "apt_key": one("repository, with its key"),
		"symlink": one("link"), "wait_for": one("check"), "uri": one("check"), "known_hosts": one("known_host"), "ssh_authorized_key": one("authorized_key"),
	})
}

// otherFirewalls adds the names of firewalls, of which there are many.
func otherFirewalls(words map[string]string) map[string]string {
	for name := range strings.FieldsSeq("iptables nftables ufw firewalld firewall_rule iptables_rule security_group") {
		words[name] = words["firewall"]
	}
	return words
}

// explainOtherBlock returns the equivalent of a block type of another tool; "" if there is none.
func explainOtherBlock(name string) string {
	words := otherBlocks()
	if here := words[name]; here != "" {
		return here
	}
	return words[strings.ToLower(name)]
}

// explainNested adds to an error about a nested block what to write there instead.
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
		case k.explainOther(name) == "" && slices.Contains(strings.Fields("lifecycle dynamic provisioner connection if unless else for foreach case assert include"), name):
			d.Detail += " " + explainOtherBlock(name)
		default:
			d.Detail += k.suggestAttr(name)
		}
	}
}

// suggestAttr lists the names that a block accepts in place of an unknown one.
func (k *kindInfo) suggestAttr(name string) string {
	here := k.explainOther(name)
	near := diag.Suggest(name, k.names, "")
	if here != "" && strings.HasPrefix(near, " Did you mean \""+name) {
		return " " + here // only the beginning is alike
	}
	if near != "" && strings.HasPrefix(here, "Here that is "+strings.Trim(strings.TrimPrefix(near, " Did you mean "), `"?`)) {
		return near // the same name, spelled slightly differently
	}
	if near != "" && !strings.HasPrefix(here, "Here that is ") {
		return near // likelier than a word of another tool
	}
	if here != "" {
		return " " + here
	}
	return diag.Suggest(name, k.names, "What can stand here:")
}

// explainBare returns the correct form of a bare word that is no reference; "" if the word is not known.
func explainBare(word string) string {
	switch word {
	case "present", "absent", "latest", "purged", "mounted", "unmounted", "stopped", "file", "directory":
		return fmt.Sprintf("A text has quotes: %q.", word)
	case "installed":
		return "A text has quotes, and here that is \"present\"."
	case "debian", "ubuntu", "rhel", "redhat", "centos", "fedora", "rocky", "alpine", "arch", "suse":
		return fmt.Sprintf("A text has quotes: %q. Which system this is, a condition asks: node.os.id == %q, or node.os.family.", word, word)
	case "running", "started", "enabled", "yes", "on", "True":
		return "A bool is true or false, without quotes."
	case "disabled", "no", "off", "False", "undef", "nil", "None":
		return "A bool is true or false, without quotes; null leaves an attribute out."
	}
	return ""
}

// explainRoot returns our equivalent of the first name of a reference in other tools; "" if there is none.
func explainRoot(root string) string {
	for words, here := range map[string]string{
		"self this": "A block does not refer to itself: what two attributes share is a local, local.NAME.",
		"item":      "In a block with for_each that is each.value, and its key each.key.",
		"count":     "In a block with for_each the key is each.key. Numbered ones are made by for_each = [for n in range(3) : tostring(n)].",
		"facts ansible_facts hostvars grains trusted Facter ansible": "What this machine is stands in node; `converge facts` lists it.",
		"inventory_hostname ansible_hostname ansible_fqdn":           "Here that is node.hostname or node.fqdn.",
		"ansible_os_family ansible_distribution":                     "Here that is node.os.family or node.os.id.",
		"vars params variable variables values Values input inputs":  "Here that is var.NAME; the variable is declared by variable \"NAME\" { … }.",
		"locals":             "Here that is local.NAME, without s.",
		"pillar hiera":       "Layers of data are settings { data = [...] }; their values are those of variables: var.NAME.",
		"data":               "What this machine is stands in node; file(\"NAME\") reads a file beside the manifest.",
		"env ENV environ":    "The environment is not read, but for CONVERGE_VAR_NAME, which sets the variable NAME: var.NAME.",
		"terraform resource": "A reference begins with the kind: KIND.NAME.ATTRIBUTE.",
		"groups":             "What differs between machines is read from node; groups of the host are node.groups.",
		"default attributes": "An input is var.NAME; an attribute of the machine that you set yourself stands in node.d and is node.NAME.",
	} {
		if slices.Contains(strings.Fields(words), root) {
			return here
		}
	}
	return ""
}
