package edit

import (
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// Object is an object of JSON that converge made, or found empty, for a key: it returns to that state once the last of
// its keys is removed, whichever that is.
type Object struct {
	Path []string `json:"path"`
	Was  string   `json:"was,omitempty"` // "": it was not there
}

// objectsFor returns the objects around a key that are missing or empty in a file, and those of them that are known
// already.
func objectsFor(m *Memo, p Part, known map[string]Object) (out []Object) {
	s, ok := m.with(p).(*Setting)
	if !ok || s.Format != JSON || s.Absent {
		return nil
	}
	texts, err := jsonFile{s}.objects(m.body)
	if err != nil {
		return nil
	}
	path := s.path()
	for n := range path {
		o, isKnown := known[joinNames(path[:n])]
		switch {
		case n >= len(texts):
			out = append(out, Object{Path: path[:n]})
		case isKnown:
			out = append(out, o)
		case isHollow(texts[n]):
			out = append(out, Object{path[:n], texts[n]})
		}
	}
	return out
}

// objects returns the text of each existing object on the way to the key, the outermost first.
func (f jsonFile) objects(src []byte) (out []string, err error) {
	if isBare(src) {
		return nil, nil
	}
	all, err := f.ways(src)
	for _, v := range all {
		out = append(out, string(src[v.StartOffset:v.EndOffset]))
	}
	return out, err
}

// ways returns the objects on the way to the key as values, the outermost first.
func (f jsonFile) ways(src []byte) (out []*hujson.Value, err error) {
	objects, _, err := f.walk(src)
	if err != nil {
		return nil, err
	}
	now, err := f.root(src)
	for i, o := range objects {
		out = append(out, now)
		if at := f.members(src, o)[f.path()[i]]; len(at) > 0 {
			now = &o.Members[at[0]].Value
		}
	}
	return out, err
}

// isHollow reports whether an object has neither keys nor comments.
func isHollow(text string) bool {
	return strings.HasPrefix(text, "{") && strings.Trim(text[1:], " \t\r\n") == "}"
}

// made returns an object that converge made; false if others did.
func (f jsonFile) made(path []string) (Object, bool) {
	for _, o := range f.Made {
		if slices.Equal(o.Path, path) {
			return o, true
		}
	}
	return Object{}, false
}

// hollow returns the splices that also remove objects that converge made and that contain only the key; false if there
// are none.
func (f jsonFile) hollow(src []byte, k *jsonKey) (out []Splice, err error) {
	ways, err := f.ways(src)
	if err != nil || len(f.Made) == 0 {
		return nil, err
	}
	member := &k.in.Members[k.index]
	for n := len(ways) - 1; n >= 0; n-- {
		o, isMade := f.made(f.path()[:n])
		from, to := ways[n].StartOffset, ways[n].EndOffset
		around := string(src[from:member.Name.StartOffset]) + string(src[member.Value.EndOffset:to])
		switch {
		case !isMade || !isHollow(strings.Replace(around, ",", "", 1)):
			return out, nil
		case o.Was != "":
			return replace(src, from, to, o.Was), nil
		case n == 0:
			return removeRows(src, from, lineEnd(src, to)), nil
		}
		above, _ := ways[n-1].Value.(*hujson.Object)
		i := f.members(src, above)[f.path()[n-1]][0]
		if out, err = f.removeMember(src, &jsonKey{above, i}); err != nil {
			return nil, err
		}
		member = &above.Members[i]
	}
	return out, nil
}

// joinObjects returns the objects of two edits of one part.
func joinObjects(first, then []Object) []Object {
	out := slices.Clone(first)
	for _, o := range then {
		if !slices.ContainsFunc(out, func(known Object) bool { return slices.Equal(known.Path, o.Path) }) {
			out = append(out, o)
		}
	}
	return out
}

// strandsComma reports whether taking edits back leaves a comma behind a comment: the key before it came first, and
// was removed.
func (b *Back) strandsComma(before, after []byte, parts []Part) bool {
	if s := firstSetting(parts); s == nil || s.Format != JSON {
		return false
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(before)) {
		known[strings.TrimSpace(line)] = true
	}
	for _, h := range slices.Concat(b.Hunks...) {
		for line := range strings.Lines(h.Old) {
			known[strings.TrimSpace(line)] = true
		}
	}
	for line := range strings.Lines(string(after)) {
		line = strings.TrimSpace(line)
		if _, comment, has := strings.Cut(line, "//"); has && strings.HasSuffix(comment, ",") && !known[line] {
			return true
		}
	}
	return false
}
