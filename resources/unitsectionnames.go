package resources

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// checkSectionNames refuses a section that units of that type do not have: systemd leaves it out, with a warning in its log
// alone. Names that begin with X- are for other programs.
func checkSectionNames(unit UnitName, sections cty.Value) error {
	known := []string{"Unit", "Install"}
	switch suffix := strings.TrimPrefix(path.Ext(unit.String()), "."); suffix {
	case "service", "socket", "timer", "mount", "automount", "swap", "path", "slice", "scope":
		known = append(known, strings.ToUpper(suffix[:1])+suffix[1:])
	case "target", "device":
	default:
		return nil
	}
	all := sections.AsValueMap()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if slices.Contains(known, name) || strings.HasPrefix(name, "X-") {
			if err := checkServiceWords(name, all[name]); err != nil {
				return err
			}
			continue
		}
		return &resource.AttrError{Attr: "sections", Word: name, Err: fmt.Errorf("%s has no section %q.%s", unit, name, meantWord(name, known, "It has"))}
	}
	return nil
}

// checkServiceWords refuses a word that a key of a service does not take, of the keys that take one of a few words.
func checkServiceWords(section string, keys cty.Value) error {
	words := map[string]string{
		"Restart":       "no on-success on-failure on-abnormal on-watchdog on-abort always",
		"Type":          "simple exec forking oneshot dbus notify notify-reload idle",
		"KillMode":      "control-group mixed process none",
		"NotifyAccess":  "none main exec all",
		"ProtectSystem": "yes no true false on off 1 0 y n t f full strict",
		"ProtectHome":   "yes no true false on off 1 0 y n t f read-only tmpfs",
	}
	if section != "Service" {
		return nil
	}
	for key, v := range keys.AsValueMap() {
		given := ""
		if v.Type() == cty.String && !v.IsNull() && v.IsKnown() {
			given = v.AsString()
		}
		if known := strings.Fields(words[key]); given != "" && len(known) > 0 && !slices.Contains(known, given) {
			return &resource.AttrError{Attr: "sections", Word: given, Err: fmt.Errorf("%s takes no %q.%s", key, given, meantWord(given, known, "It takes"))}
		}
	}
	return nil
}

// meantWord is a proposal for a word that is none of those known, or the list of them.
func meantWord(given string, known []string, lead string) string {
	best, limit := "", max(2, len(given)/3)+1
	for _, k := range known {
		if d := levenshtein.Distance(strings.ToLower(given), strings.ToLower(k), nil); d < limit && d < len(given) {
			best, limit = k, d
		}
	}
	if best != "" {
		return fmt.Sprintf(" Did you mean %q?", best)
	}
	return " " + lead + " " + strings.Join(known, ", ") + "."
}
