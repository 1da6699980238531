package edit

import "strings"

// splitSection splits a text that adds a setting with its section: into the lines above the setting, the text that one
// more setting of the section would add, and the lines that close the section. Nothing is above if the text adds no
// section. If the setting has been removed since, all of the text is above.
func splitSection(s *Setting, text string) (above, more, closing string) {
	if s.Format == JSON {
		return splitObject(text)
	}
	at := 1 + strings.LastIndexByte(strings.TrimSuffix(text, "\n"), '\n')
	if (section{s}).isHeader(strings.TrimRight(text[at:], "\r\n")) {
		return text, "", ""
	}
	if strings.Trim(text[:at], "\r\n") == "" {
		return "", text, ""
	}
	return text[:at], text[at:], ""
}

// splitObject is splitSection for a key in objects of its own.
func splitObject(text string) (above, more, closing string) {
	lines := strings.Split(text, "\n")
	at := len(lines)
	for at > 1 && strings.Trim(lines[at-1], " \t,") == "}" {
		at--
	}
	if at == len(lines) || at < 3 || strings.Contains(text, "\r") {
		return "", text, ""
	}
	return strings.Join(lines[:at-1], "\n"), ",\n" + lines[at-1], "\n" + strings.Join(lines[at:], "\n")
}

// firstOf identifies the text of a setting at its place: its first line, up to the value.
func firstOf(s *Setting, text string) string {
	line, _, _ := strings.Cut(strings.TrimLeft(text, " \t\r\n,"), "\n")
	ends := "=: \t"
	if s.Format == YAML || s.Format == JSON {
		ends = ":"
	}
	if i := strings.IndexAny(line, ends); i > 0 && line[0] != '[' {
		line = line[:i]
	}
	return strings.TrimRight(line, "\r")
}

// isSetOff reports whether an empty line is before a section that is new.
func isSetOff(text string) bool {
	return strings.HasPrefix(text, "\n") || strings.HasPrefix(text, "\r\n")
}
