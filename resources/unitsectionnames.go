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

// checkSectionNames refuses a section that units of that type do not have: systemd ignores it, with a warning only in
// its log. Names that begin with X- are for other programs.
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
			if err := checkUnitKeys(name, all[name]); err != nil {
				return err
			}
			if err := checkServiceWords(name, all[name]); err != nil {
				return err
			}
			continue
		}
		return &resource.AttrError{Attr: "sections", Word: name, Err: fmt.Errorf("%s has no section %q.%s", unit, name, meantWord(name, known, "It has"))}
	}
	return nil
}

// checkUnitKeys refuses a key in a wrong section, and a key that differs in one letter from one of the section:
// systemd ignores both, with a warning only in its log. Any other unknown key may exist in a later systemd.
func checkUnitKeys(section string, keys cty.Value) error {
	known := unitKeys(section)
	homes := map[string]string{
		"Unit":    "Description Documentation After Before Requires Wants BindsTo PartOf Conflicts Requisite OnFailure ConditionPathExists AssertPathExists",
		"Service": "ExecStart ExecStartPre ExecStartPost ExecStop ExecStopPost ExecReload Restart RestartSec Type PIDFile RemainAfterExit User Group Environment EnvironmentFile WorkingDirectory",
		"Install": "WantedBy RequiredBy Alias Also",
		"Timer":   "OnCalendar OnBootSec OnUnitActiveSec OnUnitInactiveSec Persistent RandomizedDelaySec",
	}
	for _, key := range slices.Sorted(maps.Keys(keys.AsValueMap())) {
		if len(known) == 0 || slices.Contains(known, key) || strings.HasPrefix(key, "X-") {
			continue
		}
		why := ""
		for _, home := range slices.Sorted(maps.Keys(homes)) {
			if home != section && slices.Contains(strings.Fields(homes[home]), key) {
				why = fmt.Sprintf("It stands in %s.", home)
			}
		}
		for _, k := range known {
			if why == "" && (strings.EqualFold(k, key) || len(key) > 4 && areOneApart(k, key)) {
				why = fmt.Sprintf("Did you mean %q?", k)
			}
		}
		if why != "" {
			return &resource.AttrError{Attr: "sections", Word: key, Err: fmt.Errorf("the section %s has no %q. %s", section, key, why)}
		}
	}
	return nil
}

// areOneApart reports whether two words differ in one letter, which is missing, added or replaced, or in two letters
// that are swapped.
func areOneApart(a, b string) bool {
	switch d := levenshtein.Distance(a, b, nil); {
	case d == 1:
		return true
	case d != 2 || len(a) != len(b):
		return false
	}
	for i := range len(a) - 1 {
		if a[i] != b[i] {
			return a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		}
	}
	return false
}

// checkServiceWords refuses a word that a key of a service does not accept, for keys with a few possible words.
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
		given, word := "", ""
		if v.Type() == cty.String && !v.IsNull() && v.IsKnown() {
			given, word = v.AsString(), v.AsString()
		} else if v.Type() == cty.Bool && !v.IsNull() && v.IsKnown() {
			given, word = map[bool]string{true: "yes", false: "no"}[v.True()], fmt.Sprint(v.True())
		}
		if known := strings.Fields(words[key]); given != "" && len(known) > 0 && !slices.Contains(known, given) {
			return &resource.AttrError{Attr: "sections", Word: word, Err: fmt.Errorf("%s takes no %q.%s", key, given, meantWord(given, known, "It takes"))}
		}
	}
	return nil
}

// meantWord proposes one of the known words, or lists them.
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
