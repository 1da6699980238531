package kinds

import (
	"strings"
	"testing"
)

// TestReferenceLeavesOutWhatServesARollback: a reader of a kind's page can neither set such
// an attribute nor make use of it.
func TestReferenceLeavesOutWhatServesARollback(t *testing.T) {
	inner := []string{"was", "part", "address", "xattrs"}
	for _, k := range List(Providers{}) {
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
