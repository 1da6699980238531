package pack

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/goreleaser/nfpm/v2"
)

// relationsOf returns the relations of p in the form of a format.
func (p Package) relationsOf(format string) (nfpm.Overridables, error) {
	var o nfpm.Overridables
	also := p.Also[format]
	for _, list := range []struct {
		from, more []string
		to         *[]string
	}{
		{p.Depends, also.Depends, &o.Depends},
		{p.Recommends, also.Recommends, &o.Recommends},
		{p.Suggests, also.Suggests, &o.Suggests},
		{p.Provides, also.Provides, &o.Provides},
		{p.Conflicts, also.Conflicts, &o.Conflicts},
		{p.Replaces, also.Replaces, &o.Replaces},
	} {
		for _, text := range append(append([]string(nil), list.from...), list.more...) {
			r, err := relation(text, format)
			if err != nil {
				return o, err
			}
			*list.to = append(*list.to, r)
		}
	}
	if format == APK { // apk has no field for it
		for _, c := range o.Conflicts {
			o.Depends = append(o.Depends, "!"+c)
		}
	}
	return o, nil
}

// relation returns "name >= 1.2" in the form of a format. It does not change further syntax of a family ("a | b" of deb,
// "(a or b)" of rpm).
func relation(text, format string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" || strings.ContainsAny(text, "\n\r") {
		return "", fmt.Errorf("%q names no package", text)
	}
	m := regexp.MustCompile(`^([^\s<>=|()]+)\s*(<<|>>|<=|>=|<|>|=)\s*([^\s<>=|()]+)$`).FindStringSubmatch(text)
	if m == nil {
		return text, nil
	}
	name, op, version := m[1], m[2], m[3]
	switch format {
	case Deb:
		if op == "<" || op == ">" {
			op += op // a single one means "or equal", and is deprecated
		}
		return fmt.Sprintf("%s (%s %s)", name, op, version), nil
	case RPM:
		return fmt.Sprintf("%s %s %s", name, single(op), version), nil
	}
	return name + single(op) + version, nil
}

// single converts deb's << and >> to the operators of the others.
func single(op string) string {
	if op == "<<" || op == ">>" {
		return op[:1]
	}
	return op
}
