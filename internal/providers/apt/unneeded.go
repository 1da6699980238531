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

// unneededNote names the packages that removals leave behind: apt does not remove
// the packages that were installed automatically with the removed ones.
func unneededNote(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("came along with other packages and stays, though nothing needs it then: %s; apt-get autoremove would remove it", strings.Join(names, ", "))}
}

// lastRemoval returns the last item that apt removes, which carries the note about
// the packages left behind; nil if apt removes none.
func (q *request) lastRemoval() *item {
	var last *item
	for _, it := range q.items {
		if op := q.operationOn(it.name); it.err == nil && op != nil && op.removes() {
			last = it
		}
	}
	return last
}
