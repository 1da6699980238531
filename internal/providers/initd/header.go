package initd

import "strings"

// header is the part of a script's LSB header that converge uses ("Comment conventions for init scripts" of the LSB).
type header struct {
	found    bool
	requires []string // services and $facilities that are started before, if they are there
	starts   []string // runlevels that start it: S, 1 to 5
	stops    []string // runlevels that stop it
}

// parseHeader parses the LSB header of a script.
func parseHeader(text string) (h header) {
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		switch trimmed := strings.TrimRight(line, " \t"); {
		case trimmed == "### BEGIN INIT INFO":
			inside = true
			continue
		case trimmed == "### END INIT INFO" && inside:
			h.found = true
			return h
		case !inside:
			continue
		}
		comment, ok := strings.CutPrefix(line, "#")
		name, value, colon := strings.Cut(comment, ":")
		if !ok || !colon {
			continue
		}
		switch words := strings.Fields(value); strings.ToLower(strings.TrimSpace(name)) {
		case "required-start", "should-start":
			h.requires = append(h.requires, words...)
		case "default-start":
			h.starts = words
		case "default-stop":
			h.stops = words
		}
	}
	return header{} // it has no end
}
