package main

import (
	"cmp"
	"fmt"
	"strings"

	"converge/internal/app/exit"
)

// listStatuses is the part of a command's help that lists its exit statuses.
func listStatuses(codes ...int) string { return describeStatuses(nil, codes...) }

// describeStatuses is listStatuses for a command that means something else by some.
func describeStatuses(own map[int]string, codes ...int) string {
	var b strings.Builder
	b.WriteString("\n\nEXIT STATUS\n\n")
	for _, c := range codes {
		fmt.Fprintf(&b, "    %-4d %s\n", c, cmp.Or(own[c], exit.Meaning(c)))
	}
	return strings.TrimRight(b.String(), "\n")
}

// runStatuses is what success means to the commands that plan a run.
func runStatuses() map[int]string {
	return map[int]string{exit.OK: "success: everything is as declared, or the plan was made"}
}
