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

// writeJSON writes a value on one line. JSON is also YAML.
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
	case Bare:
		return string(v), nil
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

// writeYAML writes a value on one line: a string without quotes if it stays a string.
func writeYAML(v any) (string, error) {
	if b, ok := v.(Bare); ok {
		return string(b), nil
	}
	s, ok := v.(string)
	if !ok || !isPlainYAML(s) {
		out, err := writeJSON(v)
		return escapeForYAML(out), err
	}
	return s, nil
}

// isPlainYAML reports whether a string needs no quotes.
func isPlainYAML(s string) bool {
	if s == "" || strings.ContainsAny(s, "\n\r\t\"'#:{}[],&*!|>%@`") || strings.TrimSpace(s) != s || strings.ContainsAny(s[:1], "-?=<~") {
		return false
	}
	if isTypedElsewhere(s) {
		return false
	}
	if escapeForYAML(s) != s {
		return false
	}
	tree, err := parseYAML([]byte(s))
	return err == nil && tree == any(s)
}

// isTypedElsewhere reports whether readers of YAML 1.1 take a string without quotes for a boolean, or for a number of
// seconds.
func isTypedElsewhere(s string) bool {
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off":
		return true
	}
	first, rest, ok := strings.Cut(strings.TrimLeft(s, "+-"), ":")
	return ok && first != "" && rest != "" && strings.Trim(first, "0123456789_") == "" && strings.Trim(rest, "0123456789:._") == ""
}

// escapeForYAML escapes the characters of a JSON text that YAML does not allow, or takes for the end of a line.
func escapeForYAML(text string) string {
	var out strings.Builder
	for _, r := range text {
		if r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffe || r == 0xffff {
			fmt.Fprintf(&out, `\u%04x`, r)
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}
