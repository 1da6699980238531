package service

import (
	"fmt"
	"path"
	"strings"

	"converge/resources"
)

// listLinks lists the links that enabling the unit makes.
func (f unitFile) listLinks() ([]string, error) {
	name := f.name
	if name.Template {
		if f.in.defaultInstance == "" {
			if f.in.makesLinks() {
				return nil, fmt.Errorf("%s is a template without DefaultInstance=: name an instance", name)
			}
			return nil, nil
		}
		name.Template, name.Instance = false, f.in.defaultInstance
	}
	var out []string
	for _, r := range []struct {
		by  []string
		how string
	}{{f.in.wantedBy, "wants"}, {f.in.requiredBy, "requires"}, {f.in.upheldBy, "upholds"}} {
		for _, by := range r.by {
			by, err := expandSpecifiers(by, name)
			if err != nil {
				return nil, err
			}
			out = append(out, etcUnits+"/"+by+"."+r.how+"/"+name.String())
		}
	}
	for _, a := range f.in.alias {
		a, err := expandSpecifiers(a, name)
		if err != nil {
			return nil, err
		}
		if a != f.name.String() {
			out = append(out, etcUnits+"/"+a)
		}
	}
	for _, l := range out {
		if path.Clean(l) != l || !strings.HasPrefix(l, etcUnits+"/") {
			return nil, fmt.Errorf("its [Install] section leads out of %s: %q", etcUnits, l)
		}
	}
	return out, nil
}

// expandSpecifiers replaces the specifiers that are known in an [Install] section of a machine that does not run.
func expandSpecifiers(s string, name resources.UnitName) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i++; i == len(s) {
			return "", fmt.Errorf("%q ends in a lone %%", s)
		}
		switch s[i] {
		case '%':
			b.WriteByte('%')
		case 'i':
			b.WriteString(name.Instance)
		case 'p':
			b.WriteString(name.Prefix)
		case 'n':
			b.WriteString(name.String())
		case 'N':
			b.WriteString(strings.TrimSuffix(name.String(), "."+name.Type))
		case 'j':
			b.WriteString(name.Prefix[strings.LastIndexByte(name.Prefix, '-')+1:])
		default:
			return "", fmt.Errorf("%q holds %%%c, which only the machine itself can tell", s, s[i])
		}
	}
	return b.String(), nil
}
