package resources

import (
	"strings"

	"converge/internal/resource"
)

// unitLinks returns the keys that a unit provides and needs: those of its path, and those that its content names.
func unitLinks(want Entry) resource.Links {
	if strings.HasPrefix(want.Name.Value, "/") { // the physical path, which replaces the label
		want.Path = resource.Text(want.Name.Value)
	}
	l := pathLinks(want)
	if want.IsAbsent() {
		return l
	}
	if want.DropIn.Set {
		l.Needs = append(l.Needs, dropInNeeds(UnitOf(string(want.Path)))...)
	}
	l.Needs = append(l.Needs, contentNeeds(want.Content)...)
	return l
}

// dropInNeeds returns the needs of a drop-in: the unit that it adds to, which a package may ship.
func dropInNeeds(of string) []resource.Need {
	name, err := ParseUnitName(of)
	if err != nil {
		return nil
	}
	const reason = "it adds to that unit"
	needs := []resource.Need{{Key: "unit:" + of, Reason: reason, Late: true}}
	if template := name.TemplateName(); template != "" {
		needs = append(needs, resource.Need{Key: "unit:" + template, Reason: reason, Late: true})
	}
	return append(needs, resource.Need{Key: "package:" + name.Prefix, Reason: "the package bears the name of its unit"})
}

// UnitUses are things that a unit file names and that have to exist first.
type UnitUses struct {
	Programs     []string // absolute paths, of commands whose failure counts
	Environments []string // files of variables
	Users        []string
	Groups       []string
	Rooted       bool // the programs belong to another root
}

// ReadUnitUses reads the names in a unit file. Text that is not a unit file names nothing.
func ReadUnitUses(text []byte) (u UnitUses) {
	opts, err := ReadUnitOptions(text)
	if err != nil {
		return UnitUses{}
	}
	for _, o := range opts {
		value := strings.TrimSpace(o.Value)
		plain := value != "" && !strings.Contains(value, "%")
		switch {
		case o.Name == "RootDirectory" || o.Name == "RootImage":
			u.Rooted = u.Rooted || value != ""
		case !plain && !strings.HasPrefix(o.Name, "Exec"):
		case o.Name == "User":
			u.Users = append(u.Users, value)
		case o.Name == "Group":
			u.Groups = append(u.Groups, value)
		case o.Name == "EnvironmentFile":
			u.Environments = append(u.Environments, strings.TrimPrefix(value, "-"))
		case strings.HasPrefix(o.Name, "Exec"):
			if p := programOf(value); p != "" {
				u.Programs = append(u.Programs, p)
			}
		}
	}
	return u
}

// programOf returns the program of a command line of a unit, see systemd.service(5); "" if its failure does not count,
// or its path is not plain.
func programOf(line string) string {
	p := strings.TrimLeft(line, "@:+!|")
	if !strings.HasPrefix(p, "/") {
		return ""
	}
	p, _, _ = strings.Cut(p, " ")
	if strings.ContainsAny(p, "%$\"'\\*?") {
		return ""
	}
	return p
}

// contentNeeds returns the needs of things that the content of a unit file names.
func contentNeeds(content *resource.Blob) (needs []resource.Need) {
	if content == nil {
		return nil
	}
	text, ok := content.Bytes()
	if !ok {
		return nil
	}
	u := ReadUnitUses(text)
	add := func(prefix, reason string, names []string) {
		for _, name := range names {
			needs = append(needs, resource.Need{Key: prefix + resource.EncodeBytes(name), Reason: reason})
		}
	}
	add("user:", "it runs as that user", u.Users)
	add("group:", "it runs as that group", u.Groups)
	addPaths := func(reason string, paths []string) {
		for _, p := range paths {
			needs = append(needs, pathNeeds(resource.EncodeBytes(p), reason)...)
		}
	}
	addPaths("it reads that file", u.Environments)
	if u.Rooted {
		return needs
	}
	addPaths("it runs that program", u.Programs)
	for _, p := range u.Programs {
		needs = append(needs, resource.Need{Key: "program:" + resource.EncodeBytes(p), Reason: "it runs that program", Late: true})
	}
	return needs
}
