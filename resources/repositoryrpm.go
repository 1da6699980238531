package resources

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// fieldsOfRPM are the fields of a section that dnf.conf(5) and zypper(8) have in common.
func (w *RepositoryWant) fieldsOfRPM() ([]nativeField, error) {
	if err := w.requireURL("metalink", "mirrorlist"); err != nil {
		return nil, err
	}
	if p := w.Priority; p.Set && (p.Value < 1 || p.Value > 99) {
		return nil, attrError("priority", "must be from 1 to 99; the lower wins")
	}
	fields := []nativeField{{"name", w.Name}, {"baseurl", w.URL.Value}, {"enabled", bit(w.Enabled.Or(true))}, {"gpgcheck", bit(!w.Trusted.Value)}}
	if w.Trusted.Value || w.hasKey() && !w.trustsPackages() {
		fields = append(fields, nativeField{"repo_gpgcheck", bit(!w.Trusted.Value)})
	}
	if w.Provider.Value == "zypper" {
		fields = append(fields, nativeField{"autorefresh", "1"})
		if w.Trusted.Value {
			fields = append(fields, nativeField{"pkg_gpgcheck", "0"})
		}
	}
	if w.hasKey() {
		fields = append(fields, nativeField{"gpgkey", "file://" + w.KeyPath()})
	}
	if w.Priority.Set {
		fields = append(fields, nativeField{"priority", strconv.FormatInt(w.Priority.Value, 10)})
	}
	return w.withOptions(fields)
}

// defineZypper writes a file of zypper(8).
func defineZypper(w *RepositoryWant) ([]byte, error) {
	fields, err := w.fieldsOfRPM()
	return joinFields(writtenNote+"["+w.Name+"]\n", "=", fields), err
}

// pinnedSpecs are packages to which a repository of dnf gives a priority of their own, as dnf.conf(5) names them in
// includepkgs.
type pinnedSpecs struct {
	priority int
	specs    []string
}

// bestPriority is the priority of versions that a pin prefers: before those of all repositories.
const bestPriority = 1

// defineDnf writes a file of dnf.conf(5). dnf only ranks whole repositories. So a section of its own, with the same
// URL, offers the pinned packages, and the first section no longer does. A package belongs to the first pin that
// matches it.
func defineDnf(w *RepositoryWant) ([]byte, error) {
	pins, err := w.pinnedSpecs()
	if err != nil {
		return nil, err
	}
	fields, err := w.fieldsOfRPM()
	if err != nil {
		return nil, err
	}
	var taken []string
	for _, p := range pins {
		taken = append(taken, p.specs...)
	}
	text := joinFields(writtenNote+"["+w.Name+"]\n", "=", withField(fields, "excludepkgs", strings.Join(taken, " ")))
	taken = nil
	for i, p := range pins {
		id := w.Name + "-pin" + strconv.Itoa(i+1)
		section := withField(withField(fields, "name", id), "priority", strconv.Itoa(p.priority))
		section = withField(section, "includepkgs", strings.Join(p.specs, " "))
		section = withField(section, "excludepkgs", strings.Join(taken, " "))
		text = append(text, joinFields("\n["+id+"]\n", "=", section)...)
		taken = append(taken, p.specs...)
	}
	return text, nil
}

// pinnedSpecs groups the pins, names before patterns and longer ones first.
func (w *RepositoryWant) pinnedSpecs() ([]pinnedSpecs, error) {
	for _, option := range []string{"includepkgs", "excludepkgs", "exclude"} {
		if _, set := w.Options.Value[option]; set && len(w.Pin.Value) > 0 {
			return nil, attrError("pin", "cannot stand beside options of the name %s, which it is made of", option)
		}
	}
	var groups []pinnedSpecs
	for _, pattern := range slices.SortedFunc(maps.Keys(w.Pin.Value), comparePatterns) {
		value, err := w.pinOf(pattern)
		if err != nil {
			return nil, err
		}
		priority, spec := bestPriority, pattern+"-"+value
		if n, err := strconv.Atoi(value); err == nil {
			if n < 1 || n > 99 {
				return nil, attrError("pin", "%q must have a number from 1 to 99, of which the lower wins, or a version", pattern)
			}
			priority, spec = n, pattern
		} else if !isWord(strings.TrimLeft(value, "*?["), "+.~^:*?[]_") && value != "*" {
			return nil, attrError("pin", "%q must have a number or a version without its release: 10 or \"8.2*\"", pattern)
		}
		if last := len(groups) - 1; last >= 0 && groups[last].priority == priority {
			groups[last].specs = append(groups[last].specs, spec)
		} else {
			groups = append(groups, pinnedSpecs{priority, []string{spec}})
		}
	}
	return groups, nil
}

// withField replaces the field with the same name, or appends the field; without a value it adds none.
func withField(fields []nativeField, name, value string) []nativeField {
	if value == "" {
		return fields
	}
	fields = slices.Clone(fields)
	at := slices.IndexFunc(fields, func(f nativeField) bool { return strings.EqualFold(f.name, name) })
	if at < 0 {
		return append(fields, nativeField{name, value})
	}
	fields[at].value = value
	return fields
}

func bit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}
