package edit

import (
	"fmt"
	"strings"
)

// elsewhereOf is the key, in a memo, of the assignments of a file by their names alone.
type elsewhereOf struct{ rules rules }

// overall reads the keys of a file of lines in all of its sections.
type overall struct{ flat }

// check refuses a key that another section assigns as well, if the program ignores sections: it uses the last
// assignment, and the author of another section expects this one. live are the assignments of the section. Restored
// settings are not checked, because the file was so before.
func (f overall) check(src []byte, live []assignment) error {
	if !f.rules.overall || f.Back || f.Several == KeepSeveral || isListPHP(f.Key) || isApartPHP(f.section()) {
		return nil
	}
	for _, a := range f.named(src) {
		switch place := "in [" + a.section + "]"; {
		case f.sameSection(a.section) || isApartPHP(a.section):
		case a.section == "" && len(live) == 0:
			return &LineError{a.number, fmt.Errorf("%s is set here, above all sections, and PHP takes no notice of sections: declare no section", f.Key)}
		case len(live) == 0:
			return &LineError{a.number, fmt.Errorf("%s is set here, %s, and PHP takes no notice of sections: declare section = %q", f.Key, place, a.section)}
		default:
			if a.section == "" {
				place = "above all sections"
			}
			return &LineError{a.number, fmt.Errorf("%s is set here, %s, and at line %d, and PHP takes no notice of sections: remove one of the two", f.Key, place, live[0].number)}
		}
	}
	return nil
}

// named returns the assignments of the key in all sections.
func (f overall) named(src []byte) []assignment {
	all := f.assignments(src)
	names, _ := recall(f.memo, src, elsewhereOf{f.rules}, func() (map[string][]assignment, error) {
		names := make(map[string][]assignment, len(all))
		for _, a := range all {
			if !a.commented {
				names[f.fold(a.name)] = append(names[f.fold(a.name)], a)
			}
		}
		return names, nil
	})
	return names[f.fold(f.Key)]
}

// isListPHP reports whether PHP accumulates all assignments of a name.
func isListPHP(name string) bool {
	return name == "extension" || name == "zend_extension" || strings.HasSuffix(name, "]")
}

// isApartPHP reports whether a section belongs to one host or one folder, and overrides all others there.
func isApartPHP(section string) bool {
	section = strings.ToLower(section)
	return strings.HasPrefix(section, "host=") || strings.HasPrefix(section, "path=")
}

// SameKey reports whether a file can have only one key with that name in both sections, because its reader ignores
// sections.
func (d Dialect) SameKey(f Format, key, section, other string) bool {
	return d.rules(f).overall && !isListPHP(key) && !isApartPHP(section) && !isApartPHP(other)
}

// KeyOutside returns the line, and its section, with a key that a setting without a section does not find; 0 if there
// is none. The setting may mean that one.
func KeyOutside(m *Memo, s *Setting) (line int, section string) {
	read, _ := m.with(s).(*Setting)
	if s.Format != INI || len(s.Section) > 0 || s.Absent || m.err != nil {
		return 0, ""
	}
	f := overall{flat{read, s.Dialect.rules(s.Format)}}
	if live, _ := f.found(m.body); len(live) > 0 {
		return 0, ""
	}
	for _, a := range f.named(m.body) {
		return a.number, a.section
	}
	return 0, ""
}
