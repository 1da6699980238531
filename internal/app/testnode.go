package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"converge/internal/facts"
	"converge/internal/manifest/diag"
	"converge/internal/plantest"
)

// judgeNode refuses a name in the node of a test that is misspelt: it is no fact, the manifest does not read it, and it
// is similar to a fact or to what the manifest reads. Any other name may be an attribute of the operator that many
// tests have in common.
func judgeNode(t chosenTest, made *madePlan) (failures []plantest.Failure) {
	if made.plan == nil || len(t.Node) == 0 {
		return nil
	}
	known := map[string]bool{}
	for _, f := range facts.Table() {
		known[f.Name] = true
	}
	for _, ref := range made.reads {
		if name, _, _ := strings.Cut(strings.TrimPrefix(ref, "node."), "."); name != "node" { // kinds read facts as well
			known[name] = true
		}
	}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(known)), func(name string) bool { return strings.Contains(name, ".") })
	for _, name := range slices.Sorted(maps.Keys(t.Node)) {
		near := diag.Misspelt(name, names)
		if known[name] || near == "" {
			continue
		}
		failures = append(failures, plantest.Failure{
			Place:   fmt.Sprintf("%s:%d", t.file, t.At.Start.Line),
			Message: fmt.Sprintf("node has %q, which is no fact and which the manifest does not read. Did you mean %q?", name, near),
		})
	}
	return failures
}
