package edit

import (
	"bytes"
	"errors"
	"strings"
)

// AuthorizedKey is a Part: one key in a file that sshd reads. The same key with other
// options is another part.
type AuthorizedKey struct {
	Fingerprint string     // of the key
	Key         SSHKey     // if it should be there
	Options     KeyOptions // see [ParseKeyOptions]
	AnyOptions  bool       // a line of the key counts with any options; only if Absent
	Absent      bool       // no line may have it
	memo        *Memo
}

// AuthorizedLine is a line of such a file that has a key.
type AuthorizedLine struct {
	Options KeyOptions // as in the line if sshd does not know them
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
	if normal, ok := readKeyOptions(options); ok {
		l.Options = normal
	}
	return l, true
}

// ParseWantedLine reads a wanted line of such a file. It refuses one that sshd would ignore; values of options need no
// quotes.
func ParseWantedLine(text string) (AuthorizedLine, error) {
	l, ok := ParseAuthorizedLine(text)
	if !ok || strings.ContainsAny(text, "\r\n\x00") {
		_, err := ParseSSHKey(text)
		return l, err
	}
	var err error
	if l.Options, err = ParseKeyOptions(string(l.Options)); err != nil {
		return l, err
	}
	_, err = ParseSSHKey(l.Key.String())
	return l, err
}

// String is the line.
func (l AuthorizedLine) String() string {
	if l.Options == "" {
		return l.Key.String()
	}
	return string(l.Options) + " " + l.Key.String()
}

// ID distinguishes the key and its options from others of the same file.
func (l AuthorizedLine) ID() string { return authorizedID(l.Key.Fingerprint(), l.Options) }

// ID distinguishes the part from others of the same file.
func (a AuthorizedKey) ID() string { return authorizedID(a.Fingerprint, a.Options) }

func authorizedID(fingerprint string, options KeyOptions) string {
	return strings.TrimSuffix(fingerprint+" "+string(options), " ")
}

// CutAuthorizedID splits an ID.
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
	for _, r := range parseKeyRows(rows(bytes.TrimPrefix(src, []byte(utf8BOM)))) {
		out = append(out, r.AuthorizedLine)
	}
	return out
}

func parseKeyRows(all []row) (out []keyRow) {
	for _, r := range all {
		if l, ok := ParseAuthorizedLine(r.text); ok {
			out = append(out, keyRow{r, l})
		}
	}
	return out
}

// Keys, in a memo, of the rows with keys, and of their indexes.
type (
	keyRowsOf  struct{}
	keyBlobsOf struct{}
	keyNamesOf struct{}
)

func readKeyRows(m *Memo, src []byte) []keyRow {
	lines := readRows(m, src)
	all, _ := recall(m, src, keyRowsOf{}, func() ([]keyRow, error) { return parseKeyRows(lines), nil }) // parsing never fails
	return all
}

// findKeyRows returns the rows of a file with a key, which is identified by its blob or, without one, by its
// fingerprint.
func findKeyRows(m *Memo, src []byte, blob, fingerprint string) []keyRow {
	all := readKeyRows(m, src)
	if blob == "" {
		prints, _ := recall(m, src, keyNamesOf{}, func() (map[string][]keyRow, error) {
			return indexRows(all, func(r keyRow) string { return r.Key.Fingerprint() }), nil
		})
		return prints[fingerprint]
	}
	blobs, _ := recall(m, src, keyBlobsOf{}, func() (map[string][]keyRow, error) {
		return indexRows(all, func(r keyRow) string { return r.Key.Blob }), nil
	})
	return blobs[blob]
}

func indexRows[R any](all []R, name func(R) string) map[string][]R {
	out := make(map[string][]R, len(all))
	for _, r := range all {
		out[name(r)] = append(out[name(r)], r)
	}
	return out
}

// LinesOf returns the lines of the file with the key of a fingerprint, in order.
func (m *Memo) LinesOf(fingerprint string) (out []AuthorizedLine) {
	for _, r := range findKeyRows(m, m.body, "", fingerprint) {
		out = append(out, r.AuthorizedLine)
	}
	return out
}

// find returns the rows with the key, and with these options if they count.
func (a AuthorizedKey) find(src []byte) (out []keyRow) {
	for _, r := range findKeyRows(a.memo, src, a.Key.Blob, a.Fingerprint) {
		if a.AnyOptions || a.Options == r.Options {
			out = append(out, r)
		}
	}
	return out
}

// isRight reports whether a line is as wanted, including its comment if one is wanted.
func (a AuthorizedKey) isRight(r keyRow) bool {
	return a.Key.Comment == "" || a.Key.Comment == r.Key.Comment
}

func (a AuthorizedKey) look(src []byte) (State, error) {
	found := a.find(src)
	if len(found) == 0 {
		return State{Right: a.Absent, Line: lineAtEnd(a.memo, src)}, nil
	}
	s := State{Present: true, Value: found[0].String(), Line: found[0].number}
	if a.Absent {
		s.Besides = listTexts(found[1:], func(r keyRow) row { return r.row })
		return s, nil
	}
	for _, r := range found {
		if a.isRight(r) {
			s.Right, s.Value, s.Line = true, r.String(), r.number
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
		var gone []row
		for _, r := range found {
			gone = append(gone, r.row)
		}
		return removeAll(src, gone), nil
	case a.Key.Blob == "":
		return nil, errors.New("the key itself is not known, only its fingerprint")
	case len(found) == 0:
		return insertLines(src, len(src), AuthorizedLine{a.Options, a.Key}.String()), nil
	}
	return found[0].comment(src, a.Key.Comment), nil
}

// comment replaces the comment of a row's key, and nothing else.
func (r keyRow) comment(src []byte, comment string) []Splice {
	at := r.start + len(strings.TrimRight(r.text, " \t")) - len(r.Key.Comment)
	if r.Key.Comment == "" {
		comment = " " + comment
	}
	return replace(src, at, r.stop(), comment)
}
