package control

import (
	"strings"

	"converge/internal/providers/stow/stanza"
)

// ABI is a shared library by its soname, and versions of its symbols:
// "libfoo.so.1", or "libfoo.so.1:FOO_1.0 FOO_1.1".
type ABI struct {
	Soname   string
	Versions []string
}

// String writes it as the field has it.
func (a ABI) String() string {
	if len(a.Versions) == 0 {
		return a.Soname
	}
	return a.Soname + ":" + strings.Join(a.Versions, " ")
}

// LinkDepend is a library that a package is linked to, and whose it was.
type LinkDepend struct {
	Package string // FOO of the stow directory, or a package of the machine's manager; "" if unknown
	ABI     ABI
}

// String writes it as the field has it.
func (l LinkDepend) String() string {
	if l.Package == "" {
		return l.ABI.String()
	}
	return l.Package + " abi(" + l.ABI.String() + ")"
}

// ParseABI reads the value of Provides-ABI: libraries parted by semicolons. An
// error is a [stanza.WordError].
func ParseABI(value string) ([]ABI, error) {
	var out []ABI
	for at, part := range split(value, ';') {
		a, err := parseABI(part)
		if err != nil {
			return nil, stanza.Shift(err, at)
		}
		out = append(out, a)
	}
	return out, nil
}

func parseABI(part string) (ABI, error) {
	soname, versions, _ := strings.Cut(strings.TrimSpace(part), ":")
	if soname == "" || strings.ContainsAny(soname, " \t\n()") {
		return ABI{}, &stanza.WordError{At: len(part) - len(strings.TrimLeft(part, " \t\n")), Word: strings.TrimSpace(part), Text: "is not SONAME or SONAME:VERSION..."}
	}
	return ABI{soname, strings.Fields(versions)}, nil
}

// ParseLinkDepends reads the value of Link-Depends: "PACKAGE abi(SONAME:VERSION...)",
// or "SONAME:VERSION..." alone where the package is not known, parted by
// semicolons. An error is a [stanza.WordError].
func ParseLinkDepends(value string) ([]LinkDepend, error) {
	var out []LinkDepend
	for at, part := range split(value, ';') {
		text := strings.TrimSpace(part)
		at += strings.Index(part, text)
		if a, err := parseABI(text); err == nil {
			out = append(out, LinkDepend{"", a})
			continue
		}
		pkg, rest, ok := strings.Cut(text, " ")
		inner, open := strings.CutPrefix(strings.TrimSpace(rest), "abi(")
		inner, shut := strings.CutSuffix(inner, ")")
		if !ok || !open || !shut || pkg == "" {
			return nil, &stanza.WordError{At: at, Word: text, Text: "is not PACKAGE abi(SONAME:VERSION...)"}
		}
		a, err := parseABI(inner)
		if err != nil {
			return nil, stanza.Shift(err, at+strings.Index(text, inner))
		}
		out = append(out, LinkDepend{pkg, a})
	}
	return out, nil
}
