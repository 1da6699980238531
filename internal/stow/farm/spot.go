package farm

// spot is one entry of an image and its place in the target.
type spot struct {
	sub    string // in the image
	target string // in the target
	typ    Type   // of the entry, not followed
	name   string // of the entry
	prefix string // the text of a link to it at its place, without the name
}

// text returns the text of a link to the entry at its place.
func (s spot) text() string { return s.prefix + s.name }

// reads reports whether text equals that, without making a string.
func (s spot) reads(text string) bool {
	n := len(s.prefix)
	return len(text) == n+len(s.name) && text[:n] == s.prefix && text[n:] == s.name
}

// ignorePath returns the path that ignore lists match: the place in the target, with the last name spelled as in the
// package.
func (s spot) ignorePath(target string) string {
	if target == parentPath(s.sub) {
		return s.sub
	}
	return pathBelow(target, s.name)
}
