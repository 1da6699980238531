package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
)

// templateFuncs are the functions of a template: the pure ones of sprig, and
// those of text/template itself that make text, which has to be measured.
func templateFuncs() template.FuncMap {
	out := pureFuncs()
	out["print"], out["printf"], out["println"] = fmt.Sprint, fmt.Sprintf, fmt.Sprintln
	out["html"], out["js"], out["urlquery"] = template.HTMLEscaper, template.JSEscaper, template.URLQueryEscaper
	return out
}

// pureFuncs is sprig less its impure functions, and with an order in those
// that follow a map's.
func pureFuncs() template.FuncMap {
	out := template.FuncMap{}
	for name, f := range sprig.GenericFuncMap() {
		if !isImpure(name) {
			out[name] = f
		}
	}
	out["keys"] = sortedKeys
	out["values"] = sortedValues
	return out
}

// isImpure reports whether sprig's function of that name depends on more than
// its input: the clock, chance, the environment, the time zone, the network.
// sprig's own hermetic list leaves in key generation, salted hashes and more.
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

// leavesDataAlone reports whether rendering can neither write into its data
// nor show where in memory they lie, so that they need not be copied.
func leavesDataAlone(source string, funcs template.FuncMap) bool {
	for name := range funcs {
		switch name {
		case "set", "unset", "merge", "mustMerge", "mergeOverwrite", "mustMergeOverwrite", "sortAlpha":
			return false
		}
	}
	const printf = "printf"
	for at := strings.Index(source, printf); at >= 0; at = strings.Index(source, printf) {
		source = source[at+len(printf):]
		if format := strings.TrimLeft(source, " \t\r\n"); format == "" || format[0] != '"' && format[0] != '`' {
			return false // a format that cannot be seen
		}
		if hasPointerVerb(source) {
			return false
		}
	}
	return true
}

// hasPointerVerb reports whether %p, in any dress, occurs in s.
func hasPointerVerb(s string) bool {
	for at := strings.IndexByte(s, '%'); at >= 0; at = strings.IndexByte(s, '%') {
		s = s[at+1:]
		if strings.HasPrefix(strings.TrimLeft(s, "-+# 0123456789.*[]"), "p") {
			return true
		}
	}
	return false
}
