package manifest

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/syntax"
	"converge/internal/resource"
)

// hostFacts is the value of node in expressions and templates. Facts and the operator's attributes are gathered once and
// together; a fact that is read on use is read only if the manifest names it.
type hostFacts struct {
	find  func() (cty.Value, error)
	onUse map[string]func() (cty.Value, error)

	mu      sync.Mutex
	err     error                // a required fact could not be read
	objects map[string]cty.Value // by the names in it, see objectOf
	plain   map[string]any       // the same, as templates see them
	used    map[string]bool      // references: "node.os.id"
}

func newHostFacts(o Options) *hostFacts {
	return &hostFacts{find: o.Node, onUse: o.NodeOnUse, objects: map[string]cty.Value{}, plain: map[string]any{}, used: map[string]bool{}}
}

// common is the name under which objectOf has all facts but those read on use.
const common = ""

// scopeValue returns node for an expression with these references.
func (h *hostFacts) scopeValue(refs []ref) cty.Value {
	h.mu.Lock()
	defer h.mu.Unlock()
	var names []string
	for i := range refs {
		if refs[i].use != useNode {
			continue
		}
		h.used[referenceText(refs[i].trav)] = true
		name, ok := nameStep(refs[i].trav, 1)
		if !ok || h.onUse[name] == nil {
			name = common
		}
		names = append(names, name)
	}
	_, v := h.objectOf(names)
	return v
}

// templateValue returns node for a template of that text, or for a kind that reads facts itself (no text).
func (h *hostFacts) templateValue(text string) any {
	h.mu.Lock()
	defer h.mu.Unlock()
	names := []string{common}
	for name := range h.onUse {
		if strings.Contains(text, name) {
			names = append(names, name)
		}
	}
	for _, use := range findNodeUses(text) {
		h.used[use] = true
	}
	key, v := h.objectOf(names)
	if h.plain[key] == nil {
		h.plain[key] = h.plainOf(v)
	}
	return h.plain[key]
}

// plainOf returns node as templates see it. It leaves out an on-use fact that could not be read: a template that prints
// it then fails instead of printing "<no value>".
func (h *hostFacts) plainOf(node cty.Value) any {
	plain, _ := resource.GoValue(node).(map[string]any)
	for name := range h.onUse {
		if found, ok := plain[name].(map[string]any); ok {
			maps.DeleteFunc(found, func(_ string, v any) bool { return v == nil })
		}
	}
	return plain
}

// objectOf returns an object of the named facts, and the key under which it is cached. If a fact cannot be read, the
// whole load fails.
func (h *hostFacts) objectOf(names []string) (key string, v cty.Value) {
	slices.Sort(names)
	key = strings.Join(slices.Compact(names), " ")
	if v, ok := h.objects[key]; ok {
		return key, v
	}
	all := map[string]cty.Value{}
	for name := range strings.SplitSeq(key, " ") {
		find := h.onUse[name]
		if name == common {
			find = h.find
		}
		if find == nil {
			continue
		}
		found, err := find()
		switch {
		case err != nil:
			h.err = err
		case name == common:
			maps.Copy(all, found.AsValueMap())
		default:
			all[name] = found
		}
	}
	v = cty.ObjectVal(all)
	h.objects[key] = v
	return key, v
}

// failure returns why a fact could not be read; nil if all were.
func (h *hostFacts) failure() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

// uses returns the references to node that were evaluated, sorted.
func (h *hostFacts) uses() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(maps.Keys(h.used))
}

// referenceText returns a reference as [Site.Facts] lists it, up to the first step that is not a name.
func referenceText(t hcl.Traversal) string {
	text := t.RootName()
	for i := 1; i < len(t); i++ {
		name, ok := syntax.StepName(t[i])
		if !ok || strings.Contains(name, ".") {
			break
		}
		text += "." + name
	}
	return text
}

// findNodeUses returns the references to node in a template: node.os.id. A doubtful reference counts as a reference to
// all of node, and so does a text without any reference.
func findNodeUses(text string) []string {
	const word = "node"
	var out []string
	for rest := text; ; {
		_, after, found := strings.Cut(rest, word)
		if !found {
			break
		}
		end := 0
		for end < len(after) && (after[end] == '.' || after[end] == '_' || isAlnum(after[end])) {
			end++
		}
		use := word
		if name := strings.TrimRight(after[:end], "."); strings.HasPrefix(name, ".") {
			use += name
		}
		out, rest = append(out, use), after[end:]
	}
	if len(out) == 0 {
		out = append(out, word)
	}
	return out
}

func isAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
