package facts

import (
	"fmt"
	"strings"

	"converge/internal/fsys"
)

// readOS reads os-release from /etc or else /usr/lib, as os-release(5) specifies.
func readOS(t fsys.Files) (OS, error) {
	for _, name := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		b, err := t.ReadFile(name, maxFile)
		if isMissing(err) {
			continue
		}
		if err != nil {
			return OS{}, fmt.Errorf("cannot read os-release: %w", err)
		}
		kv, err := ParseOSRelease(string(b))
		if err != nil {
			return OS{}, fmt.Errorf("cannot read os-release: %s:%w", name, err)
		}
		return osOf(kv), nil
	}
	return OS{}, nil
}

func osOf(kv map[string]string) OS {
	o := OS{ID: kv["ID"], Version: kv["VERSION_ID"], Codename: kv["VERSION_CODENAME"], Name: kv["PRETTY_NAME"]}
	if o.ID == "" {
		o.ID = "linux" // the default of os-release(5)
	}
	o.Family = o.ID
	for id := range strings.FieldsSeq(o.ID + " " + kv["ID_LIKE"]) {
		if f := familyOf(id); f != "" {
			o.Family = f
			break
		}
	}
	return o
}

func familyOf(id string) string {
	switch id {
	case "debian", "ubuntu":
		return "debian"
	case "rhel", "fedora", "centos", "redhat", "amzn":
		return "redhat"
	case "suse", "opensuse", "sles", "opensuse-leap", "opensuse-tumbleweed":
		return "suse"
	case "arch", "archlinux":
		return "arch"
	case "alpine", "gentoo":
		return id
	}
	return ""
}

// ParseOSRelease reads a file of shell assignments as os-release(5) restricts
// them: no expansion, quotes and backslashes as in a shell. The error starts
// with the line's number.
func ParseOSRelease(text string) (map[string]string, error) {
	kv := map[string]string{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, raw, ok := strings.Cut(line, "=")
		if !ok || !isShellName(key) {
			return nil, fmt.Errorf("%d: %.40q is not an assignment", n, line)
		}
		val, err := shellWord(raw)
		if err != nil {
			return nil, fmt.Errorf("%d: %s: %w", n, key, err)
		}
		kv[key] = val
	}
	return kv, nil
}

func isShellName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// shellWord removes the quotes from one word. Only a comment may follow the word.
func shellWord(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\'':
			end := strings.IndexByte(s[i+1:], '\'')
			if end < 0 {
				return "", fmt.Errorf("a quote is not closed")
			}
			b.WriteString(s[i+1 : i+1+end])
			i += 1 + end
		case '"':
			n, err := doubleQuoted(&b, s[i+1:])
			if err != nil {
				return "", err
			}
			i += n
		case '\\':
			if i++; i == len(s) {
				return "", fmt.Errorf("nothing follows the last backslash")
			}
			b.WriteByte(s[i])
		case ' ', '\t':
			if rest := strings.TrimSpace(s[i:]); rest[0] != '#' {
				return "", fmt.Errorf("%.40q follows the value", rest)
			}
			return b.String(), nil
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

// doubleQuoted reads up to the closing quote and returns the number of bytes, including the quote. A backslash escapes
// only characters that a shell would expand.
func doubleQuoted(b *strings.Builder, s string) (int, error) {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return i + 1, nil
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte("\"\\$`", s[i+1]) >= 0:
			i++
		}
		b.WriteByte(s[i])
	}
	return 0, fmt.Errorf("a quote is not closed")
}
