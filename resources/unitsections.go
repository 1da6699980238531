package resources

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// lineEnds are the bytes at which systemd ends a line of a unit file.
const lineEnds = "\n\r\x00"

// writeSections writes the sections of a unit file in the order of systemd.unit(5): [Unit] first and [Install] last.
// Keys are sorted by name; the values of a key keep their order.
func writeSections(sections cty.Value) ([]byte, error) {
	var out bytes.Buffer
	all := sections.AsValueMap()
	for _, name := range slices.SortedFunc(maps.Keys(all), compareSections) {
		if out.Len() > 0 {
			out.WriteByte('\n')
		}
		fmt.Fprintf(&out, "[%s]\n", resource.DecodeBytes(name))
		keys := all[name].AsValueMap()
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			lines, err := unitValues(keys[key])
			if err != nil {
				return nil, fmt.Errorf("%s.%s %w", name, key, err)
			}
			for _, line := range lines {
				fmt.Fprintf(&out, "%s=%s\n", key, line)
			}
		}
	}
	return out.Bytes(), nil
}

func compareSections(a, b string) int {
	rank := func(name string) int {
		switch name {
		case "Unit":
			return 0
		case "Install":
			return 2
		}
		return 1
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b))
}

// unitValues returns the values of a key; each becomes a line. A null has
// none.
func unitValues(v cty.Value) ([]string, error) {
	switch t := v.Type(); {
	case v.IsNull():
		return nil, nil
	case t.IsTupleType() || t.IsListType() || t.IsSetType():
		var out []string
		for _, e := range v.AsValueSlice() {
			s, err := unitValue(e)
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		}
		return out, nil
	}
	s, err := unitValue(v)
	return []string{s}, err
}

// unitValue writes one value.
func unitValue(v cty.Value) (string, error) {
	if v.IsNull() {
		return "", errors.New("must not contain null")
	}
	switch v.Type() {
	case cty.Bool:
		return map[bool]string{true: "yes", false: "no"}[v.True()], nil
	case cty.Number:
		return v.AsBigFloat().Text('f', -1), nil
	case cty.String:
		s := resource.DecodeBytes(v.AsString())
		if strings.ContainsAny(s, lineEnds) || strings.HasSuffix(s, `\`) {
			return "", errors.New(`must be one line, which does not end with a backslash`)
		}
		return s, nil
	}
	return "", errors.New("must be a string, a number, a bool, or a list of them")
}

// checkSections checks the form of sections: systemd-analyze checks their meaning.
func checkSections(v cty.Value) error {
	if err := checkObject(v); err != nil {
		return err
	}
	sections := v.AsValueMap()
	for _, name := range slices.Sorted(maps.Keys(sections)) {
		keys := sections[name]
		if name == "" || strings.ContainsAny(name, "[]"+lineEnds) {
			return fmt.Errorf("must have the names of sections, and %q is none", name)
		}
		if t := keys.Type(); keys.IsNull() || !t.IsObjectType() && !t.IsMapType() {
			return explainNoSection(name)
		}
		settings := keys.AsValueMap()
		for _, key := range slices.Sorted(maps.Keys(settings)) {
			value := settings[key]
			if !isUnitKey(key) {
				return fmt.Errorf("must have the names of settings, and %q is none", key)
			}
			if _, err := unitValues(value); err != nil {
				return fmt.Errorf("%s.%s %w", name, key, err)
			}
		}
	}
	return nil
}

// explainNoSection is the error about a wrong section name: usually it is a setting of a section.
func explainNoSection(name string) error {
	switch name {
	case "Unit", "Service", "Install", "Timer", "Socket", "Path", "Mount", "Automount", "Swap", "Slice", "Scope", "Match", "Network", "Link":
		return fmt.Errorf("must have the settings of each section in braces: %s = { NAME = VALUE }", name)
	}
	return fmt.Errorf("must have each setting in its section, and %s is in none: { %s = { %s = … } }", name, sectionOf(name), name)
}

// sectionOf is the usual section of a setting (systemd.directives(7)).
func sectionOf(setting string) string {
	switch {
	case slices.Contains([]string{"WantedBy", "RequiredBy", "Alias", "Also", "UpheldBy"}, setting):
		return "Install"
	case slices.Contains([]string{"Description", "Documentation", "After", "Before", "Wants", "Requires", "BindsTo", "PartOf", "Conflicts", "OnFailure", "OnSuccess"}, setting),
		strings.HasPrefix(setting, "Condition"), strings.HasPrefix(setting, "Assert"), strings.HasPrefix(setting, "StartLimit"):
		return "Unit"
	case strings.HasPrefix(setting, "On"), setting == "Persistent", setting == "RandomizedDelaySec":
		return "Timer"
	case strings.HasPrefix(setting, "Listen"), setting == "Accept":
		return "Socket"
	}
	return "Service"
}

func isUnitKey(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		return !letter && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}
