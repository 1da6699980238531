package manifest

import (
	"slices"
	"strings"
)

// otherAttr explains what to write here in place of some attributes that other tools have for some kinds.
type otherAttr struct{ kinds, names, here string }

const (
	needless = "It is not needed: "
	byExec   = "No kind has it: an exec does it, and creates, only_if or unless say whether it has to run."
)

// rarerAttrsOfKinds is attrsOfKinds for further attributes of Ansible, Puppet, Chef, Terraform and cloud-init.
func rarerAttrsOfKinds() map[string]string {
	out := map[string]string{}
	for _, of := range slices.Concat(otherAttrsOfFiles(), otherAttrsOfServices(), otherAttrsOfAccounts()) {
		for kind := range strings.FieldsSeq(of.kinds) {
			for name := range strings.FieldsSeq(of.names) {
				out[kind+"."+name] = of.here
			}
		}
	}
	return out
}
