package syntax

import (
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
)

// maxLook is how many lines of a file are looked at for another language.
const maxLook = 100

// findOtherLanguage returns the one error about a file that is written in the language of another tool; nil if
// it is none that is known. Each of its lines would be an error of its own, and none of them would
// help.
func findOtherLanguage(c Chunk) *hcl.Diagnostic {
	const here = " Here a block is KIND \"NAME\" { … }, with one NAME = VALUE on each line, such as file \"/etc/motd\" { … }; `converge explain` lists the kinds."
	ruby := regexp.MustCompile(`^[\w']+.*\bdo( \|\w+\|)?$`)
	puppet := regexp.MustCompile(`^([\w:]+ *\{ *['"$\[].*: *|(class|define|node) +['\w:]+.*\{)$`)
	lines := strings.SplitN(string(c.Doc.Data), "\n", maxLook+1)
	pos := hcl.InitialPos
	for i, line := range lines[:min(len(lines), maxLook)] {
		text := strings.TrimSpace(line)
		at := hcl.Range{Filename: c.Doc.Name, Start: pos, End: hcl.Pos{Line: pos.Line, Column: len(line) + 1, Byte: pos.Byte + len(line)}}
		pos = hcl.Pos{Line: i + 2, Column: 1, Byte: at.End.Byte + 1}
		switch {
		case text == "" || strings.HasPrefix(text, "#"):
		case text == "---" || strings.HasPrefix(line, "- ") && strings.Contains(line, ":"):
			return diag.Failure("YAML, not a manifest", "This file is written in YAML, as playbooks of Ansible are."+here, &at)
		case strings.HasPrefix(text, "{") && i == 0:
			return diag.Failure("JSON, not a manifest", "This file is written in JSON. A manifest in JSON has a name that ends in .hcl.json.", &at)
		case ruby.MatchString(text) && strings.Contains(string(c.Doc.Data), "\nend"):
			return diag.Failure("Ruby, not a manifest", "This file is written in Ruby, as recipes of Chef are."+here, &at)
		case puppet.MatchString(text):
			return diag.Failure("Puppet, not a manifest", "This file is written in the language of Puppet."+here, &at)
		}
	}
	return nil
}
