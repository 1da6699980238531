package edit

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// nextInLine returns the key that followed one that was removed from braces of YAML, and the text between the two; ""
// if there was none.
func nextInLine(h Hunk) (next, between string) {
	removed := strings.TrimRight(h.Old, ", ")
	line, _, _ := strings.Cut(h.Old[len(removed):]+h.Next, "\n")
	from := len(line) - len(strings.TrimLeft(line, ", "))
	name, _, isKey := strings.Cut(line[from:], ":")
	if !isKey || !strings.Contains(line[:from], ",") || strings.ContainsAny(name, "{}[]\"', ") {
		return "", ""
	}
	return name, line[:from]
}

// insertBefore is the splice that inserts a key in its old form before the one that followed it; nil if that is
// missing.
func (f yamlFile) insertBefore(src []byte) []Splice {
	if f.next == "" {
		return nil
	}
	pairs, in, err := f.walk(src)
	if err != nil || in == nil || in.Style&yaml.FlowStyle == 0 || len(pairs) != len(f.Section) {
		return nil
	}
	i := slices.IndexFunc(in.Content, func(n *yaml.Node) bool { return n.Value == f.next })
	if i < 0 || i%2 > 0 {
		return nil
	}
	return []Splice{{At: f.offset(src, in.Content[i].Line, in.Content[i].Column), New: f.written + f.between}}
}
