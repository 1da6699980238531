package edit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// writeJSON writes a value on one line. JSON is YAML as well.
func writeJSON(v any) (string, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", fmt.Errorf("cannot write the value: %w", err)
	}
	return strings.TrimSpace(out.String()), nil
}

// writeTOML writes a value on one line.
func writeTOML(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", fmt.Errorf("toml has no null")
	case string:
		return quoteTOML(v), nil
	case float64:
		s := strings.ToLower(strconv.FormatFloat(v, 'g', -1, 64)) // nan, +inf
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return s, nil
		}
		if !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		return s, nil
	case []any:
		var parts []string
		for _, e := range v {
			s, err := writeTOML(e)
			if err != nil {
				return "", err
			}
			parts = append(parts, s)
		}
		return "[" + strings.Join(parts, ", ") + "]", nil
	case map[string]any:
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			s, err := writeTOML(v[k])
			if err != nil {
				return "", err
			}
			parts = append(parts, keyTOML(k)+" = "+s)
		}
		return "{" + strings.Join(parts, ", ") + "}", nil
	}
	return fmt.Sprint(v), nil
}

func quoteTOML(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// keyTOML writes a name as a key.
func keyTOML(name string) string {
	bare := name != ""
	for _, c := range []byte(name) {
		bare = bare && (c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z')
	}
	if bare {
		return name
	}
	return quoteTOML(name)
}

// writeYAML writes a value on one line: a string without quotes where it stays one.
func writeYAML(v any) (string, error) {
	s, ok := v.(string)
	if !ok {
		return writeJSON(v)
	}
	if s == "" || strings.ContainsAny(s, "\n\r\t\"'#:{}[],&*!|>%@`") || strings.TrimSpace(s) != s || strings.ContainsAny(s[:1], "-?=<~") {
		return writeJSON(v)
	}
	if tree, err := parseYAML([]byte(s)); err != nil || tree != any(s) {
		return writeJSON(v)
	}
	switch strings.ToLower(s) { // which are booleans for others
	case "y", "n", "yes", "no", "on", "off":
		return writeJSON(v)
	}
	return s, nil
}
