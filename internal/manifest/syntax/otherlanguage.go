package syntax

import (
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
)

// maxLook is how many lines of a file are searched for another language.
const maxLook = 100

// findOtherLanguage returns the only error about a file in the language of another tool; nil if it is in none that is
// known. Errors about each of its lines would not help.
func findOtherLanguage(c Chunk) *hcl.Diagnostic {
	const here = " Here a block is KIND \"NAME\" { … }, with one NAME = VALUE on each line, such as file \"/etc/motd\" { … }; `converge explain` lists the kinds."
	ruby := regexp.MustCompile(`^[\w'\["%(].*\bdo( \|[\w, ]+\|)?$`)
	manifestOfPuppet := regexp.MustCompile(`^((if|unless|case) +[^{]*\$\w.*\{|\$\w+ *= *.+)$`)
	branch := regexp.MustCompile(`^(if|unless|case) [^{}=]*(==?|!=)?[^{}=]*$`)
	puppet := regexp.MustCompile(`^([\w:]+ *\{ *['"$\[].*: *|(class|define|node) +['\w:]+.*\{)$`)
	// The first lines of such files; in the middle of a manifest such a line is part of a text.
	yaml := regexp.MustCompile(`^(\s*[\w./-]+:( .*)?|\s*- .*)$`)
	shell := regexp.MustCompile(`^(if \[|for \w+ in |while |export \w+=|set -[a-z]|(sudo|echo|printf|cat|cp|mv|rm|ln|touch|tee|chmod|chown|useradd|groupadd|usermod|apt-get|apt|yum|dnf|systemctl|mkdir|cd|source|curl|wget|sed|git|pip|npm|docker|kubectl) [^={"]*$)`)
	section := regexp.MustCompile(`^\[[\w. :@-]+\]\s*$`)
	seen := false // a line with content
	lines := strings.SplitN(string(c.Doc.Data), "\n", maxLook+1)
	pos := hcl.InitialPos
	for i, line := range lines[:min(len(lines), maxLook)] {
		text := strings.TrimSpace(line)
		at := hcl.Range{Filename: c.Doc.Name, Start: pos, End: hcl.Pos{Line: pos.Line, Column: len(line) + 1, Byte: pos.Byte + len(line)}}
		pos = hcl.Pos{Line: i + 2, Column: 1, Byte: at.End.Byte + 1}
		switch {
		case strings.HasPrefix(text, "converge-plan ") && i == 0:
			return diag.Failure("A saved plan, not a manifest", "This file is a plan, as `converge plan --out` saves it: `converge apply FILE` carries it out. What is planned and validated is the folder of manifests that it was made from.", &at)
		case strings.HasPrefix(text, "#!") && i == 0:
			return diag.Failure("A script, not a manifest", "This file is a script."+here+" A script that converge is to run is a file, and an exec that runs it.", &at)
		case text == "" || strings.HasPrefix(text, "#"):
		case text == "---" || strings.HasPrefix(line, "- ") && strings.Contains(line, ":"):
			return diag.Failure("YAML, not a manifest", "This file is written in YAML, as playbooks of Ansible are."+here, &at)
		case !seen && text == "services:" || strings.HasPrefix(text, "version:") && strings.Contains(string(c.Doc.Data), "\nservices:"):
			return diag.Failure("YAML, not a manifest", "This file is written in YAML, as those of Docker Compose are. There is no kind for containers: a unit of systemd runs one, as a .container file of Podman or with ExecStart."+here, &at)
		case !seen && yaml.MatchString(line) && i+1 < len(lines) && yaml.MatchString(firstText(lines[i+1:])):
			return diag.Failure("YAML, not a manifest", "This file is written in YAML, as user-data of cloud-init and files of Kubernetes, Salt and Hiera are."+here, &at)
		case !seen && shell.MatchString(line):
			return diag.Failure("A script, not a manifest", "This file is written for a shell."+here+" Whether a block counts is said in it: when = ….", &at)
		case !seen && section.MatchString(line):
			return diag.Failure("INI, not a manifest", "This file has sections in brackets, as units of systemd and inventories of Ansible have."+here, &at)
		case !seen && strings.HasPrefix(text, "<"):
			return diag.Failure("XML or HTML, not a manifest", "This file is written in XML or HTML."+here, &at)
		case strings.HasPrefix(text, "{") && i == 0:
			return diag.Failure("JSON, not a manifest", "This file is written in JSON. A manifest in JSON has a name that ends in .hcl.json.", &at)
		case (ruby.MatchString(text) || !seen && branch.MatchString(text)) && strings.Contains(string(c.Doc.Data), "\nend"):
			return diag.Failure("Ruby, not a manifest", "This file is written in Ruby, as recipes of Chef are."+here, &at)
		case puppet.MatchString(text) || !seen && manifestOfPuppet.MatchString(text):
			return diag.Failure("Puppet, not a manifest", "This file is written in the language of Puppet."+here, &at)
		default:
			seen = true
		}
	}
	return nil
}

// firstText returns the first of several lines that is neither empty nor a comment.
func firstText(lines []string) string {
	for _, line := range lines {
		if text := strings.TrimSpace(line); text != "" && !strings.HasPrefix(text, "#") {
			return line
		}
	}
	return ""
}
