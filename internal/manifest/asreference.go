package manifest

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/resource"
)

// suggestReference returns the reference that a text in its place was meant to be.
func suggestReference(l *loader, e *edge, v cty.Value) string {
	given := l.files.TextAt(e.rng)
	if v.Type() != cty.String || !strings.HasPrefix(given, `"`) || strings.Contains(given, "${") {
		return ""
	}
	inJSON := strings.HasSuffix(e.rng.Filename, ".json")
	form, known := referenceForm(l, strings.ReplaceAll(strings.Trim(given, `"`), `\"`, `"`))
	if form != "" && !known {
		return "; a reference " + form
	}
	if !inJSON {
		if form == "" {
			return "; a reference is written without quotes"
		}
		return "; a reference is written without quotes: " + form
	}
	if form == "" {
		form = `package.nginx`
		if e.attr == "notifies" {
			form = `service.nginx.restart`
		}
	}
	return fmt.Sprintf("; a reference in JSON is a text with that alone in it: \"%s\"", strings.ReplaceAll(form, `"`, `\"`))
}

// referenceForm writes a text as the reference that it was meant to be: file./etc/motd as file["/etc/motd"]. If it does
// not begin with a kind, known is false and form explains that; form is "" if the text does not look like a reference.
func referenceForm(l *loader, text string) (form string, known bool) {
	m := regexp.MustCompile(`^(\w+)(?:\.|\[)(.+?)\]?$`).FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	kind, name := m[1], strings.Trim(m[2], `"'`)
	if !l.kinds.has(kind) {
		return fmt.Sprintf("begins with a kind, and %q is none.%s", kind, strings.TrimSuffix(diag.Suggest(kind, l.kinds.names, ""), ".")), false
	}
	verb := ""
	if i := strings.LastIndexByte(name, '.'); i >= 0 && l.kinds.find(kind).Rank(name[i+1:]) >= 0 {
		name, verb = strings.Trim(name[:i], `"']`), name[i:]
	}
	return resource.Addr{Kind: kind, Name: name}.String() + verb, true
}
