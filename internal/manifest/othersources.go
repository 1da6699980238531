package manifest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// sourceOfTerraform returns our equivalent of a data source of Terraform, by its type; "" if it is not known.
func sourceOfTerraform(name string) string {
	for _, source := range []struct{ pattern, here string }{
		{`http`, `What a URL answers is no value of an expression. As a file it is file "PATH" { source = "https://…", sha256 = "…" }; a program in /etc/converge/facts.d that asks for it, and prints JSON, is node.custom.NAME; a check { http = "…" } asks a service.`},
		{`external|shell.*|command.*`, `A program that prints JSON stands in /etc/converge/facts.d, and what it prints is node.custom.NAME; for a secret it is secret "NAME" { command = ["…"] } and secret.NAME.`},
		{`template_file|cloudinit_config|template_cloudinit_config|template.*`, `A template is rendered by templatefile("NAME", { … }), or written to a file by the kind template.`},
		{`(local_)?(sensitive_)?file|local_.*|filesystem.*|archive_file`, `file("NAME") reads a file beside the manifest, templatefile("NAME", { … }) renders one, yamldecode(file("NAME")) takes it apart; a file that is secret is secret "NAME" { file = "…" }.`},
		{`vault.*|.*secret.*|.*password.*|sops.*|.*ssm_parameter.*|.*keyvault.*|.*kms.*`, `A secret is declared by secret "NAME" { command = ["…"] }, or with credential, age, sops or file as its source, and is then secret.NAME.`},
		{`terraform_remote_state|tfe_outputs`, `Other sites have no values to read. What several hosts share stands in a file of settings { data = [...] }, whose values are those of variables: var.NAME.`},
		{`consul.*|etcd.*|external_.*|dns_.*`, `A program in /etc/converge/facts.d that asks for it, and prints JSON, is node.custom.NAME.`},
		{`.*_(instance|instances|metadata|caller_identity|region|zones|availability_zones|client_config)|cloud.*`, "What cloud-init knows of this machine is node.cloud; other facts stand in node, and `converge facts` lists them."},
		{`host|hosts|system|os|machine|.*_facts?|platform`, "What this machine is stands in node, and `converge facts` lists it."},
	} {
		if regexp.MustCompile(`^(` + source.pattern + `)$`).MatchString(name) {
			return source.here
		}
	}
	return ""
}

// kindOfTerraform returns the kind that corresponds to a resource type of Terraform, such as local_file; "" if there is none.
func (dec decoder) kindOfTerraform(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '_' || r == '-' })
	kinds := dec.mod.l.kinds
	if kinds.has(strings.ToLower(name)) {
		return strings.ToLower(name)
	}
	i := slices.IndexFunc(words, func(w string) bool { return kinds.has(w) })
	switch {
	case name == "null_resource" || name == "terraform_data":
		return "exec"
	case slices.Contains([]string{"aws", "azurerm", "google", "digitalocean", "hcloud", "openstack", "kubernetes", "docker"}, words[0]) || i < 0:
		return ""
	}
	return words[i]
}

// explainTerraform returns our equivalent of a block of Terraform, by the labels of its type and its name. ok is false
// for other blocks.
func (dec decoder) explainTerraform(block string, labels []string) (here string, ok bool) {
	if len(labels) == 0 || labels[0] == "" {
		return "", false
	}
	of, name := labels[0], "NAME"
	if len(labels) > 1 {
		name = labels[1]
	}
	switch block {
	case "data":
		if here = sourceOfTerraform(of); here == "" {
			here = fmt.Sprintf("No data source reads %s. %s", of, explainOtherBlock(block))
		}
		return here, true
	case "resource":
		kind := dec.kindOfTerraform(of)
		if kind != "" && kind != of {
			return fmt.Sprintf("A block begins with its kind, and %s is here: %s %q { … }.", of, kind, name), true
		} else if kind != "" {
			return fmt.Sprintf("A block begins with its kind: %s %q { … }.", kind, name), true
		}
		if here = explainOtherBlock(of); here == "" {
			here = "converge manages what is on the host that it runs on; `converge explain` lists the kinds."
		}
		return fmt.Sprintf("A block begins with its kind, as file \"/etc/motd\" { … } does, and %s is none. %s", of, here), true
	}
	return "", false
}

// labelsAfter returns the labels in the rest of a header.
func labelsAfter(header string) []string {
	before, _, _ := strings.Cut(header, "{")
	var out []string
	for _, m := range regexp.MustCompile(`"((?:[^"\\]|\\.)*)"|([\w-]+)`).FindAllStringSubmatch(before, 3) {
		out = append(out, m[1]+m[2])
	}
	return out
}
