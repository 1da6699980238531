package units

import (
	"iter"
	"path"
	"strings"

	"converge/internal/resource"
	"converge/resources"
)

// candidate is a unit file that a change will write.
type candidate struct {
	path   string // the path that it will have
	unit   string
	text   []byte
	secret bool // no message may show its content

	uncheckable bool // its kind has an attribute that skips the check
}

// candidatesOf returns the unit files that the changes write and systemd must judge.
func candidatesOf(cs []resource.Change) []candidate {
	var out []candidate
	for _, c := range cs {
		if k, ok := candidateOf(c); ok {
			out = append(out, k)
		}
	}
	return out
}

// plannedCandidates returns the unit files that changes of any kind write.
func plannedCandidates(cs iter.Seq[resource.Change]) (out []candidate) {
	for c := range cs {
		switch {
		case c.Kind == nil:
		case c.Kind.Name == "timer":
			out = append(out, timerCandidates(c)...)
		case c.Kind.Name == "unit":
			out = append(out, candidatesOf([]resource.Change{c})...)
		}
	}
	return out
}

func candidateOf(c resource.Change) (candidate, bool) {
	if c.Action != resource.Create && !c.Differs("content") {
		return candidate{}, false
	}
	e, err := resource.Decode[resources.Entry](c.Want)
	if err != nil || e.IsAbsent() || e.Unverified.Value || e.Content == nil {
		return candidate{}, false
	}
	text, err := readBlob(e.Content)
	at := e.Path.Bytes()
	unit := resources.UnitOf(at)
	if err != nil || unit == "" {
		return candidate{}, false
	}
	return candidate{path: at, unit: unit, text: text, secret: c.Secret["content"] || e.Sensitive.Value, uncheckable: true}, true
}

// staged returns where the candidate belongs in a folder of unit files.
func (c *candidate) staged() (folder, name string) {
	folder, name = path.Base(path.Dir(c.path)), path.Base(c.path)
	if !strings.HasSuffix(folder, ".d") {
		folder = ""
	}
	return folder, name
}

// isNamedIn reports whether a line is about the candidate itself, rather than about a unit that it needs.
func (c candidate) isNamedIn(line string) bool { return strings.HasPrefix(line, c.path+":") }

// unitOfChange returns the unit whose settings a change alters, or "".
func unitOfChange(c resource.Change) string {
	if c.Action == resource.Update && !c.Differs("content") {
		return ""
	}
	return resources.UnitOf(resource.DecodeBytes(c.Path()))
}
