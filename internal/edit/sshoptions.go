package edit

import (
	"errors"
	"fmt"
	"strings"
)

// KeyOptions are the options before a key in authorized_keys, in a form in which equal options have equal texts: names
// in lower case, values in quotes. Their order counts, as it does to sshd: "restrict,pty" permits a terminal,
// "pty,restrict" does not.
type KeyOptions string

// ParseKeyOptions reads options as in authorized_keys, except that values need no quotes, which sshd wants.
func ParseKeyOptions(text string) (KeyOptions, error) {
	parts, err := splitOptions(text)
	if err != nil {
		return "", err
	}
	return JoinKeyOptions(parts)
}

// JoinKeyOptions reads options, each a text of its own. A value needs no
// quotes.
func JoinKeyOptions(options []string) (KeyOptions, error) {
	out, names := make([]string, len(options)), make([]string, len(options))
	for i, o := range options {
		var err error
		if names[i], out[i], err = normalOption(o); err != nil {
			return "", err
		}
	}
	return KeyOptions(strings.Join(out, ",")), checkOptionNames(names)
}

// readKeyOptions reads options as sshd reads those of a line: false if it ignores the key because of them.
func readKeyOptions(text string) (KeyOptions, bool) {
	parts, err := splitOptions(text)
	if err != nil {
		return "", false
	}
	for _, part := range parts {
		_, value, hasValue := strings.Cut(part, "=")
		if _, quoted := unquoteOption(value); hasValue && !quoted {
			return "", false
		}
	}
	options, err := ParseKeyOptions(text)
	return options, err == nil
}

// splitOptions splits options at commas outside of quotes. sshd accepts superfluous commas.
func splitOptions(text string) (parts []string, err error) {
	for text != "" {
		i, open := indexUnquoted(text, ",")
		if open {
			return nil, errors.New("has a quote without its end")
		}
		part, rest := text, ""
		if i >= 0 {
			part, rest = text[:i], text[i+1:]
		}
		if text = rest; part != "" {
			parts = append(parts, part)
		}
	}
	return parts, nil
}

// indexUnquoted returns the index of the first of chars outside of quotes; -1: there is none, and open reports whether
// a quote has no end. A quote after a backslash does not count.
func indexUnquoted(text, chars string) (at int, open bool) {
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == '"':
			i++
		case text[i] == '"':
			open = !open
		case !open && strings.IndexByte(chars, text[i]) >= 0:
			return i, false
		}
	}
	return -1, open
}

// normalOption returns the name of one option, and its normal form. sshd ignores a line with an unknown option.
func normalOption(text string) (name, normal string, err error) {
	name, value, hasValue := strings.Cut(text, "=")
	name = strings.ToLower(strings.TrimSpace(name))
	switch {
	case name == "" && !hasValue:
		return "", "", errors.New("has an empty option")
	case isFlagOption(name) && hasValue:
		return "", "", fmt.Errorf("has a value for %q, which takes none", name)
	case isFlagOption(name):
		return name, name, nil
	case !isValueOption(name):
		return "", "", fmt.Errorf("has %q, which is no option of sshd: it would ignore the key", name)
	case !hasValue:
		return "", "", fmt.Errorf("has no value for %q: %s=\"…\"", name, name)
	}
	if v, ok := unquoteOption(value); ok {
		value = v
	}
	switch {
	case strings.ContainsAny(value, "\r\n\x00"):
		return "", "", fmt.Errorf("has more than one line for %q", name)
	case strings.HasSuffix(value, `\`):
		return "", "", fmt.Errorf("has a backslash at the end of the value of %q, which sshd cannot read", name)
	}
	if err := checkOptionValue(name, value); err != nil {
		return "", "", fmt.Errorf("has %s=%q, and %w", name, value, err)
	}
	return name, name + `="` + strings.ReplaceAll(value, `"`, `\"`) + `"`, nil
}

// unquoteOption removes the quotes around a whole value. A backslash only means something before a quote.
func unquoteOption(value string) (string, bool) {
	if len(value) < 2 || value[0] != '"' {
		return value, false
	}
	var out strings.Builder
	for i := 1; i < len(value); i++ {
		switch {
		case value[i] == '\\' && i+1 < len(value) && value[i+1] == '"':
			out.WriteByte('"')
			i++
		case value[i] == '"':
			return out.String(), i == len(value)-1
		default:
			out.WriteByte(value[i])
		}
	}
	return value, false
}

// cutOptions cuts options off the beginning of a line, as sshd does: up to the first blank outside of quotes.
func cutOptions(text string) (options, rest string, ok bool) {
	i, _ := indexUnquoted(text, " \t")
	if i < 0 {
		return text, "", false
	}
	return text[:i], strings.TrimLeft(text[i:], " \t"), true
}
