package initd

import (
	"context"
	"slices"
	"strings"
)

// make makes the links of a service according to its header, as update-rc.d(8) does without insserv(8). The service
// starts after those that it requires.
func (l rcLinks) make(ctx context.Context, s script) error {
	facilities := l.readFacilities()
	for _, level := range s.header.starts {
		if !slices.Contains(startLevels(), level) {
			continue
		}
		there, err := l.list(level)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(there, func(k rcLink) bool { return k.name == s.name && k.start }) {
			continue
		}
		k := rcLink{level: level, start: true, number: findNumber(s.header.requires, there, facilities), name: s.name}
		if err := l.fs.MakeLink(ctx, "service", l.path(k), "../init.d/"+s.name); err != nil {
			return err
		}
	}
	for _, level := range s.header.stops {
		if !slices.Contains(allLevels(), level) {
			continue
		}
		had, err := l.of(s.name, []string{level})
		if err != nil {
			return err
		}
		if len(had) > 0 {
			continue
		}
		k := rcLink{level: level, number: 1, name: s.name}
		if err := l.fs.MakeLink(ctx, "service", l.path(k), "../init.d/"+s.name); err != nil {
			return err
		}
	}
	return nil
}

// findNumber returns the number of a service that starts after those that it requires, as far as its runlevel starts
// these.
func findNumber(requires []string, there []rcLink, facilities map[string][]string) int {
	number := 1
	for _, name := range expandFacilities(requires, facilities) {
		for _, k := range there {
			if k.start && k.name == name {
				number = max(number, min(k.number+1, 99))
			}
		}
	}
	return number
}

// expandFacilities replaces $facilities by the services that provide them.
func expandFacilities(names []string, facilities map[string][]string) []string {
	var out []string
	seen := map[string]bool{}
	for todo := slices.Clone(names); len(todo) > 0; todo = todo[1:] {
		name := strings.TrimPrefix(todo[0], "+") // + marks an optional one
		switch {
		case seen[name]:
			continue
		case strings.HasPrefix(name, "$"):
			todo = append(todo, facilities[name]...)
		default:
			out = append(out, name)
		}
		seen[name] = true
	}
	return out
}

// readFacilities reads which services provide which facilities, see insserv.conf in insserv(8).
func (l rcLinks) readFacilities() map[string][]string {
	text, err := l.fs.ReadFile("/etc/insserv.conf", maxScript)
	if err != nil {
		return nil
	}
	out := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) > 1 && strings.HasPrefix(f[0], "$") {
			out[f[0]] = append(out[f[0]], f[1:]...)
		}
	}
	return out
}
