package edit

import (
	"errors"
	"strings"
)

// AuthorizedKey is a Part: one key in a file that sshd reads. The same key with other
// options is another part.
type AuthorizedKey struct {
	Fingerprint string     // of the key
	Key         SSHKey     // where it is to be there
	Options     KeyOptions // see [ParseKeyOptions]
	AnyOptions  bool       // of no line that has the key the options count; only if Absent
	Absent      bool       // no line has it
	memo        *Memo
}

// AuthorizedLine is a line of such a file that has a key.
type AuthorizedLine struct {
	Options KeyOptions // as they are in the line where sshd does not know them
	Key     SSHKey
}

// ParseAuthorizedLine reads a line; ok is false if it has no key, so that sshd ignores it.
func ParseAuthorizedLine(text string) (l AuthorizedLine, ok bool) {
	text = strings.TrimLeft(text, " \t")
	if text == "" || text[0] == '#' {
		return l, false
	}
	key, rest, ok := cutSSHKey(text)
	options := ""
	if !ok {
		if options, text, ok = cutOptions(text); ok {
			key, rest, ok = cutSSHKey(text)
		}
	}
	if !ok {
		return l, false
	}
	l.Key, l.Options = key, KeyOptions(options)
	l.Key.Comment = strings.TrimRight(rest, " \t")
	if normal, err := ParseKeyOptions(options); err == nil {
		l.Options = normal
	}
	return l, true
}

// String is the line.
func (l AuthorizedLine) String() string {
	if l.Options == "" {
		return l.Key.String()
	}
	return string(l.Options) + " " + l.Key.String()
}

// ID tells the key and its options from others of the same file.
func (l AuthorizedLine) ID() string { return authorizedID(l.Key.Fingerprint(), l.Options) }

// ID tells the part from others of the same file.
func (a AuthorizedKey) ID() string { return authorizedID(a.Fingerprint, a.Options) }

func authorizedID(fingerprint string, options KeyOptions) string {
	return strings.TrimSuffix(fingerprint+" "+string(options), " ")
}

// CutAuthorizedID takes an ID apart.
func CutAuthorizedID(id string) (fingerprint string, options KeyOptions) {
	fingerprint, text, _ := strings.Cut(id, " ")
	return fingerprint, KeyOptions(text)
}

// keyRow is a row with a key.
type keyRow struct {
	row
	AuthorizedLine
}

// AuthorizedLines returns the lines of a file that have keys, in order.
func AuthorizedLines(src []byte) (out []AuthorizedLine) {
	for _, r := range keyRows([]byte(strings.TrimPrefix(string(src), utf8BOM))) {
		out = append(out, r.AuthorizedLine)
	}
	return out
}

func keyRows(src []byte) (out []keyRow) {
	for _, r := range rows(src) {
		if l, ok := ParseAuthorizedLine(r.text); ok {
			out = append(out, keyRow{r, l})
		}
	}
	return out
}

// keyRowsOf is the key of such rows in a memo.
type keyRowsOf struct{}

func (a AuthorizedKey) find(src []byte) (out []keyRow) {
	all, _ := recall(a.memo, src, keyRowsOf{}, func() ([]keyRow, error) { return keyRows(src), nil })
	for _, r := range all {
		if a.fits(r.AuthorizedLine) {
			out = append(out, r)
		}
	}
	return out
}

// fits reports whether a line has the key, with these options if they count.
func (a AuthorizedKey) fits(l AuthorizedLine) bool {
	if a.Key.Blob != "" && a.Key.Blob != l.Key.Blob || !a.AnyOptions && a.Options != l.Options {
		return false
	}
	return a.Key.Blob != "" || a.Fingerprint == l.Key.Fingerprint()
}

// isRight reports whether a line is as it is to be: its comment is, if there is to be
// one.
func (a AuthorizedKey) isRight(r keyRow) bool {
	return a.Key.Comment == "" || a.Key.Comment == r.Key.Comment
}

func (a AuthorizedKey) look(src []byte) (State, error) {
	found := a.find(src)
	if len(found) == 0 {
		return State{Right: a.Absent, Line: lineAt(src, len(src))}, nil
	}
	s := State{Present: true, Value: found[0].String(), Line: lineAt(src, found[0].start)}
	for _, r := range found {
		if !a.Absent && a.isRight(r) {
			s.Right, s.Value, s.Line = true, r.String(), lineAt(src, r.start)
			break
		}
	}
	return s, nil
}

func (a AuthorizedKey) plan(src []byte) ([]Splice, error) {
	found := a.find(src)
	switch state, err := a.look(src); {
	case err != nil || state.Right:
		return nil, err
	case a.Absent:
		return removeMatching(src, func(text string) bool {
			l, ok := ParseAuthorizedLine(text)
			return ok && a.fits(l)
		}), nil
	case a.Key.Blob == "":
		return nil, errors.New("the key itself is not known, only its fingerprint")
	case len(found) == 0:
		return insertLines(src, len(src), AuthorizedLine{a.Options, a.Key}.String()), nil
	}
	return found[0].comment(src, a.Key.Comment), nil
}

// comment gives the key of a row another comment, and leaves all else as it is.
func (r keyRow) comment(src []byte, comment string) []Splice {
	at := r.start + len(strings.TrimRight(r.text, " \t")) - len(r.Key.Comment)
	if r.Key.Comment == "" {
		comment = " " + comment
	}
	return replace(src, at, r.stop(), comment)
}
