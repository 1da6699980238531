package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
)

// templateFuncs are the functions of a template: the pure ones of sprig, with a defined order in those that list a
// map, and those of text/template itself that make text, which has to be measured.
func templateFuncs() template.FuncMap {
	out := template.FuncMap(sprig.GenericFuncMap())
	maps.DeleteFunc(out, func(name string, _ any) bool { return isImpure(name) })
	maps.Copy(out, template.FuncMap{
		"keys": sortedKeys, "values": sortedValues, "print": fmt.Sprint, "printf": sprintf, "println": fmt.Sprintln,
		"html": template.HTMLEscaper, "js": template.JSEscaper, "urlquery": template.URLQueryEscaper,
	})
	return out
}

// isImpure reports whether sprig's function with that name depends on more than its input: the clock, chance, the
// environment, the time zone, the network. sprig's own hermetic list keeps key generation, salted hashes and more.
func isImpure(name string) bool {
	switch name {
	case "now", "ago", "date", "date_in_zone", "date_modify", "dateInZone", "dateModify",
		"htmlDate", "htmlDateInZone", "must_date_modify", "mustDateModify",
		"toDate", "mustToDate", "unixEpoch", "durationRound",
		"randAlphaNum", "randAlpha", "randAscii", "randNumeric", "randBytes", "randInt", "shuffle", "uuidv4",
		"env", "expandenv", "getHostByName",
		"bcrypt", "htpasswd", "encryptAES",
		"genPrivateKey", "genCA", "genCAWithKey", "genSelfSignedCert", "genSelfSignedCertWithKey",
		"genSignedCert", "genSignedCertWithKey":
		return true
	}
	return false
}

// sortedKeys is sprig's keys in the order of the keys, map by map.
func sortedKeys(dicts ...map[string]any) []string {
	out := []string{}
	for _, d := range dicts {
		out = append(out, slices.Sorted(maps.Keys(d))...)
	}
	return out
}

// sortedValues is sprig's values in the order of their keys.
func sortedValues(dict map[string]any) []any {
	out := make([]any, 0, len(dict))
	for _, k := range slices.Sorted(maps.Keys(dict)) {
		out = append(out, dict[k])
	}
	return out
}

// leavesDataAlone reports whether rendering can neither write into its data nor show their memory addresses, so that
// they need not be copied.
func leavesDataAlone(source string, funcs template.FuncMap) bool {
	for name := range funcs {
		switch name {
		case "set", "unset", "merge", "mustMerge", "mergeOverwrite", "mustMergeOverwrite", "sortAlpha":
			return false
		}
	}
	if !strings.Contains(source, "printf") {
		return true
	}
	for _, rest := range strings.Split(source, "printf")[1:] {
		if format := strings.TrimLeft(rest, " \t\r\n"); format == "" || format[0] != '"' && format[0] != '`' {
			return false // the format is not known
		}
	}
	// The loop finds %p, with any flags.
	return !slices.ContainsFunc(strings.Split(source, "%")[1:], func(verb string) bool {
		return strings.HasPrefix(strings.TrimLeft(verb, "-+# 0123456789.*[]"), "p")
	})
}
