package kinds

import (
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// TestReferenceLeavesOutWhatServesARollback: a reader of a kind's page can neither set nor use such an attribute.
func TestReferenceLeavesOutWhatServesARollback(t *testing.T) {
	inner := []string{"was", "part", "address", "xattrs"}
	for _, k := range New().All() {
		for i := range k.Attrs {
			a := &k.Attrs[i]
			serves := a.Computed && strings.Contains(a.Doc, "rollback")
			for _, name := range inner {
				serves = serves || a.Computed && a.Name == name
			}
			if serves && !a.Internal {
				t.Errorf("%s.%s is to be internal: %s", k.Name, a.Name, a.Doc)
			}
			if a.Internal && !a.Computed {
				t.Errorf("%s.%s is set by a manifest, and no reader would know how", k.Name, a.Name)
			}
		}
	}
}

// TestRecordsOfSecretsAreSecret: a record contains the bytes around a thing in its file, so each text that may become
// part of these makes the record secret. Names and words of a closed set need not.
func TestRecordsOfSecretsAreSecret(t *testing.T) {
	never := []string{"swap.size", "sysctl.file"} // not in a line, and the name of the file
	for _, k := range New().All() {
		var record *resource.Attr
		for i := range k.Attrs {
			if a := &k.Attrs[i]; k.RecordAttr != "" && a.Name == k.RecordAttr || strings.HasSuffix(a.Name, "_was") {
				record = a
			}
		}
		if record == nil {
			continue
		}
		for i := range k.Attrs {
			a := &k.Attrs[i]
			isText := strings.Contains(a.Type.FriendlyName(), "string") || a.Type == cty.DynamicPseudoType
			if k.Name == "user" {
				isText = a.Name == "ssh_keys"
			}
			isName := a.Name == k.Label || a.Name == "ensure" || a.Name == "verify" || a.Public || len(a.OneOf) > 0
			if isText && !isName && !a.Computed && !slices.Contains(never, k.Name+"."+a.Name) && !slices.Contains(record.SecretIf, a.Name) {
				t.Errorf("%s.%s is recorded in %s openly", k.Name, a.Name, record.Name)
			}
		}
	}
}
