package resources

import (
	"fmt"
	"strings"
	"unicode"
)

// AptSource is one suite of one source of apt. SignedBy is its option of that name.
type AptSource struct {
	URI, Suite, SignedBy string
	Disabled             bool
}

// AptLines reads the sources of a text with a line for each, see sources.list(5).
func AptLines(text string) []AptSource {
	var out []AptSource
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "deb")
		if rest = strings.TrimSpace(strings.TrimPrefix(rest, "-src")); !ok {
			continue
		}
		s := AptSource{}
		if options, after, ok := strings.Cut(rest, "]"); ok && strings.HasPrefix(options, "[") {
			rest = after
			for option := range strings.FieldsSeq(options[1:]) {
				if value, ok := strings.CutPrefix(option, "signed-by="); ok {
					s.SignedBy = value
				}
			}
		}
		if words := strings.Fields(rest); len(words) > 1 {
			s.URI, s.Suite = words[0], words[1]
			out = append(out, s)
		}
	}
	return out
}

// AptSources reads the sources of a text in the form deb822, see sources.list(5).
func AptSources(text string) []AptSource {
	var out []AptSource
	fields := map[string]string{}
	last := ""
	end := func() {
		for _, uri := range strings.Fields(fields["uris"]) {
			for _, suite := range strings.Fields(fields["suites"]) {
				out = append(out, AptSource{uri, suite, fields["signed-by"], IsOff(fields["enabled"])})
			}
		}
		clear(fields)
		last = ""
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.TrimSpace(line) == "":
			end()
		case line[0] == ' ' || line[0] == '\t':
			if last != "" {
				fields[last] += " " + strings.TrimSpace(line)
			}
		default:
			name, value, _ := strings.Cut(line, ":")
			last = strings.ToLower(strings.TrimSpace(name))
			fields[last] = strings.TrimSpace(value)
		}
	}
	end()
	return out
}

// Key identifies the source as apt compares it: two with one key must not have different Signers.
func (s AptSource) Key() string {
	return strings.Replace(strings.TrimRight(s.URI, "/"), "file:///", "file:/", 1) + " " + s.Suite
}

// Signers are the values of Signed-By, as apt compares them: fingerprints in upper case.
func (s AptSource) Signers() []string {
	words := strings.FieldsFunc(s.SignedBy, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	for i, w := range words {
		if digits := strings.ToUpper(strings.TrimSuffix(w, "!")); len(digits) == 40 && strings.Trim(digits, "0123456789ABCDEF") == "" {
			words[i] = strings.ToUpper(w)
		}
	}
	return words
}

// IsFlat reports whether the suite is a folder of a flat repository.
func (s AptSource) IsFlat() bool { return strings.HasSuffix(s.Suite, "/") }

// Base returns the folder of the source's Release file, with a slash at its end.
func (s AptSource) Base() string {
	uri := strings.TrimRight(s.URI, "/") + "/"
	switch {
	case s.IsFlat() && s.Suite == "/":
		return uri
	case s.IsFlat():
		return uri + s.Suite
	}
	return uri + "dists/" + s.Suite + "/"
}

// Place returns the host and the path of its URL, without scheme and user.
func (s AptSource) Place() string { return strings.TrimRight(placeOf(s.URI), "/") }

func placeOf(uri string) string {
	_, rest, ok := strings.Cut(uri, ":")
	if !ok {
		rest = uri
	}
	rest, network := strings.CutPrefix(rest, "//")
	host, path, ok := strings.Cut(rest, "/")
	if !network || !ok {
		return rest
	}
	return host[strings.LastIndexByte(host, '@')+1:] + "/" + path
}

// ListPrefix begins the names of its lists in /var/lib/apt/lists: the URL of its Release file without scheme and user,
// quoted as apt does (URItoFileName in apt's apt-pkg/contrib/strutl.cc).
func (s AptSource) ListPrefix() string {
	rest := placeOf(s.Base())
	var b strings.Builder
	for i := range len(rest) {
		switch c := rest[i]; {
		case strings.IndexByte("\\|{}[]<>\"^~_=!@#$%^&*", c) >= 0 || c <= ' ' || c >= 0x7f:
			fmt.Fprintf(&b, "%%%02x", c)
		case c == '/':
			b.WriteByte('_')
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
