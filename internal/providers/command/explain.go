package command

import (
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// explainGuards explains, for a command whose guards all still report a need, the finding of each guard.
func explainGuards(c resource.Change, want *resources.ExecWant) string {
	var out []string
	if path := string(want.Creates.Value); path != "" {
		out = append(out, "creates: there is nothing at "+quoted(c, "creates", path))
	}
	for _, g := range []struct {
		attr, how string
		guard     cty.Value
	}{{"only_if", "succeeds", want.OnlyIf}, {"unless", "fails", want.Unless}} {
		argv, shell := resources.GuardArgv(g.guard)
		if argv == nil {
			continue
		}
		if shell {
			argv = argv[2:]
		}
		out = append(out, g.attr+": "+quoted(c, g.attr, strings.Join(argv, " "))+" "+g.how)
	}
	if len(out) == 0 {
		return ""
	}
	return "its guards still see a need (" + strings.Join(out, "; ") + ")"
}

// maxWords is how many bytes of a guard are shown.
const maxWords = 200

func quoted(c resource.Change, attr, words string) string {
	if c.Secret[attr] {
		return "(sensitive)"
	}
	if len(words) > maxWords {
		words = words[:maxWords] + "…"
	}
	return words
}
