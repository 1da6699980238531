package rpm

import "strings"

// ParseIni parses sections of KEY=VALUE, as in .repo files and the configuration of dnf and zypper. Continuation lines
// of a value are indented.
func ParseIni(text string) map[string]map[string]string {
	all := map[string]map[string]string{}
	section, key := map[string]string(nil), ""
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "" || trimmed[0] == '#' || trimmed[0] == ';':
		case trimmed[0] == '[' && strings.HasSuffix(trimmed, "]"):
			name := trimmed[1 : len(trimmed)-1]
			if all[name] == nil {
				all[name] = map[string]string{}
			}
			section, key = all[name], ""
		case section == nil:
		case (line[0] == ' ' || line[0] == '\t') && key != "":
			section[key] += "\n" + trimmed
		default:
			k, value, _ := strings.Cut(trimmed, "=")
			key = strings.TrimSpace(k)
			section[key] = strings.TrimSpace(value)
		}
	}
	return all
}

// IsTrue parses a boolean of such a file; any other value, such as a missing one, means unset.
func IsTrue(value string, unset bool) bool {
	switch strings.ToLower(value) {
	case "1", "yes", "true", "on":
		return true
	case "0", "no", "false", "off":
		return false
	}
	return unset
}
