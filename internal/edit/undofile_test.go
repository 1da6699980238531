package edit

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// fileKind describes how files of a format are drawn.
type fileKind struct {
	name     string
	format   Format
	dialect  Dialect
	comment  string
	sections []string // that a file may have, and parts may name; "" means none
}

func fileKinds() []fileKind {
	return []fileKind{
		{"keyvalue", KeyValue, Common, "#", []string{""}},
		{"space", Space, Common, "#", []string{""}},
		{"ssh", Space, SSH, "#", []string{"", "Match user a", "Match user b"}},
		{"ini", INI, Common, ";", []string{"", "a", "b"}},
		{"mysql", INI, MySQL, "#", []string{"a", "b"}},
		{"toml", TOML, Common, "#", []string{"", "a", "b"}},
		{"yaml", YAML, Common, "#", []string{"", "a", "b"}},
		{"json", JSON, Common, "//", []string{"", "a", "b"}},
	}
}

// keyNames returns the names of keys; no file has the last two.
func keyNames() []string { return []string{"k", "l", "m", "new", "newer"} }

// drawFile draws a file of a kind, with some of the sections that are drawn for parts.
func (k *fileKind) drawFile(t *rapid.T) []byte {
	lines := slices.Collect(func(yield func(string) bool) {
		yield(k.comment + " of others, and a line that has an end:")
		if yield(k.comment + " the file tells by it how its lines end"); k.format == JSON {
			yield("{")
		}
		k.drawSection(t, "", 0, yield)
		for _, s := range k.sections {
			if s != "" && rapid.Bool().Draw(t, "has section "+s) {
				k.drawSection(t, s, 1, yield)
			}
		}
		if k.format == JSON {
			yield("}")
		}
	})
	if k.format == JSON {
		lines = withCommas(lines)
	}
	nl := rapid.SampledFrom([]string{"\n", "\n", "\r\n"}).Draw(t, "line end")
	text := strings.Join(lines, nl)
	if len(lines) > 0 && rapid.Bool().Draw(t, "ends with a line end") {
		text += nl
	}
	return []byte(text)
}

// withCommas adds a comma after each member of an object but the last.
func withCommas(lines []string) []string {
	for i := range lines[:len(lines)-1] {
		next := slices.IndexFunc(lines[i+1:], func(l string) bool {
			return !strings.HasPrefix(strings.TrimSpace(l), "//") && strings.TrimSpace(l) != ""
		})
		last := strings.HasPrefix(strings.TrimSpace(lines[i+1+next]), "}")
		if text := strings.TrimSpace(lines[i]); !last && text != "" && !strings.HasPrefix(text, "//") && !strings.HasSuffix(text, "{") {
			lines[i] += ","
		}
	}
	return lines
}

func (k fileKind) drawSection(t *rapid.T, name string, depth int, yield func(string) bool) {
	indent := ""
	if k.format == YAML || k.format == JSON {
		indent = strings.Repeat("  ", depth)
	}
	if k.format == JSON {
		indent += "  "
	}
	keys := keyNames()[:3]
	var body []string
	if k.format != JSON && indent == "" && rapid.Bool().Draw(t, "has a line of its own") {
		body = append(body, k.comment+" of others 0", k.assignment("sub", 1))
	}
	for range rapid.IntRange(0, 4).Draw(t, "lines") {
		switch rapid.IntRange(0, 5).Draw(t, "line") {
		case 0:
			body = append(body, indent+k.comment+fmt.Sprint(" of others ", len(body)), indent+k.comment+" note")
		case 1:
			body = append(body, "", indent+k.comment+fmt.Sprint(" of others ", len(body)))
		case 2:
			body = append(body, indent+k.comment+fmt.Sprint(" of others ", len(body)), indent+k.comment+k.assignment("new", rapid.IntRange(1, 3).Draw(t, "value")))
		default: // neighbours, or separated by a line of others
			if rapid.Bool().Draw(t, "is set off") {
				body = append(body, indent+k.comment+fmt.Sprint(" of others ", len(body)))
			}
			if len(keys) > 0 {
				body = append(body, indent+k.assignment(keys[0], rapid.IntRange(1, 3).Draw(t, "value")))
				keys = keys[1:]
			}
		}
	}
	if k.format == JSON && (len(keys) < 3 || rapid.Bool().Draw(t, "has z")) { // no comma is added or removed after it
		body = append(body, indent+k.assignment("z", 1))
	}
	if name == "" {
		for _, l := range body {
			yield(l)
		}
		return
	}
	switch k.format {
	case INI, TOML:
		yield("[" + name + "]")
	case JSON:
		yield("  \"" + name + "\": {")
		defer yield("  }")
	case YAML:
		if !slices.ContainsFunc(body, func(l string) bool { return strings.Contains(l, ":") && !strings.Contains(l, "#") }) {
			body = append(body, indent+k.assignment("k", 1))
		}
		yield(name + ":")
	default:
		yield(name)
	}
	for _, l := range body {
		yield(l)
	}
}

func (k fileKind) assignment(key string, value int) string {
	switch k.format {
	case KeyValue:
		return fmt.Sprintf("%s=%d", key, value)
	case Space:
		return fmt.Sprintf("%s %d", key, value)
	case YAML:
		return fmt.Sprintf("%s: %d", key, value)
	case JSON:
		return fmt.Sprintf("%q: %d", key, value)
	}
	return fmt.Sprintf("%s = %d", key, value)
}
