package manifest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
)

// foreignTarget is a notification target of other tools: Service["nginx"], "service[nginx]" or "restart nginx".
type foreignTarget struct{ kind, name, verb string }

// readForeignTarget parses the text of an expression; false if it is not a target of another tool.
func readForeignTarget(text string) (t foreignTarget, ok bool) {
	text = strings.Trim(text, "[] \t")
	if m := regexp.MustCompile(`^"?([A-Za-z_]+)\["?([\w@.-]+)"?\]?"?$`).FindStringSubmatch(text); m != nil {
		return foreignTarget{kind: strings.ToLower(m[1]), name: m[2]}, true
	}
	if m := regexp.MustCompile(`(?i)^"(restart|reload|start|stop|run)(?:ed)? ([\w@.-]+)(?: service)?"$`).FindStringSubmatch(text); m != nil {
		return foreignTarget{"service", m[2], strings.ToLower(m[1])}, true
	}
	return t, false
}

// explainTarget returns our equivalent of an attribute that notifies a target in other tools; "" if it is not such an
// attribute, or names no target.
func (l *loader) explainTarget(attr, text string) string {
	if attr != "notify" && attr != "notifies" {
		return ""
	}
	t, ok := readForeignTarget(text)
	k := l.kinds.find(t.kind)
	if !ok || k == nil || len(k.Verbs) == 0 {
		return ""
	}
	if !slices.Contains(k.Verbs, t.verb) {
		t.verb = k.Verbs[0]
		if slices.Contains(k.Verbs, "restart") {
			t.verb = "restart"
		}
	}
	name := "." + t.name
	if !isBareName(t.name) {
		name = fmt.Sprintf("[%q]", t.name)
	}
	here := fmt.Sprintf("Here that is notifies = [%s%s.%s]", t.kind, name, t.verb)
	if len(k.Verbs) > 1 {
		here += "; its actions are " + strings.Join(k.Verbs, ", ")
	}
	return here + "."
}

func isBareName(name string) bool { return regexp.MustCompile(`^[A-Za-z_][\w-]*$`).MatchString(name) }

// mergeForeign merges errors with the same explanation, such as those about the hour and the minute of a cron. It leaves
// out explanations that an error about the kind of the block contains already.
func mergeForeign(diags hcl.Diagnostics) hcl.Diagnostics {
	first := map[string]*hcl.Diagnostic{}
	names := map[*hcl.Diagnostic][]string{}
	out := diags[:0:0]
	for _, d := range diags {
		head, here, ok := strings.Cut(d.Detail, ". ")
		_, name, named := strings.Cut(head, " has no attribute ")
		switch {
		case d.Summary != "Unknown attribute" || !ok || !named || strings.HasPrefix(here, "What can stand here") || strings.HasPrefix(here, "Did you mean"):
		case slices.ContainsFunc(diags, func(o *hcl.Diagnostic) bool { return o.Summary != d.Summary && meansKind(o.Detail, here) }):
			continue
		case first[here] != nil:
			names[first[here]] = append(names[first[here]], fmt.Sprintf("%s on line %d", name, d.Subject.Start.Line))
			continue
		default:
			first[here] = d
		}
		out = append(out, d)
	}
	for d, also := range names {
		d.Detail = diag.End(d.Detail) + " The same holds for " + strings.Join(also, ", ") + "."
	}
	return out
}

// meansKind reports whether two texts suggest the same other kind.
func meansKind(a, b string) bool {
	const kinds = "is the kind "
	_, a, okA := strings.Cut(a, kinds)
	_, b, okB := strings.Cut(b, kinds)
	wordOf := func(s string) string { return strings.Trim(strings.Fields(s + " .")[0], ",:.") }
	return okA && okB && wordOf(a) == wordOf(b)
}

// suggestOutput suggests an output in place of one that a module does not have.
func suggestOutput(name string, outputs []string) string {
	near := diag.Suggest(name, outputs, "Its outputs are")
	if strings.Contains(near, "Did you mean") {
		return near
	}
	return near + " What a module lets others see is an output in its folder: output \"NAME\" { value = … }."
}
