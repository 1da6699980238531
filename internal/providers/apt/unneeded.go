package apt

import (
	"fmt"
	"strings"
)

// parseUnneeded reads the block that `apt-get -s` puts before its solution, about
// packages that came along with others and that nothing needs then:
//
//	The following packages were automatically installed and are no longer required:
//	  NAME NAME …
func parseUnneeded(out string) []string {
	_, block, ok := strings.Cut(out, "automatically installed and ")
	if !ok {
		return nil
	}
	_, block, _ = strings.Cut(block, "\n")
	var names []string
	for line := range strings.Lines(block) {
		if !strings.HasPrefix(line, "  ") {
			break
		}
		names = append(names, strings.Fields(line)...)
	}
	return names
}

// unneededNote says what stays behind when packages go: apt removes by itself
// nothing that came along with them.
func unneededNote(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("came along with other packages and stays, though nothing needs it then: %s; apt-get autoremove would remove it", strings.Join(names, ", "))}
}

// lastRemoval is the last item that goes, where what stays behind is told; nil
// if none goes.
func (q *request) lastRemoval() *item {
	var last *item
	for _, it := range q.items {
		if op := q.operationOn(it.name); it.err == nil && op != nil && op.removes() {
			last = it
		}
	}
	return last
}
