package edit

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Fields of a line of fstab(5), in their order.
const (
	FstabDevice = iota
	FstabPoint
	FstabType
	FstabOptions
	FstabDump
	FstabPass
)

// FstabAny is the text of a wanted field that may have any value.
const FstabAny = "*"

// FstabFields are the fields of a line of fstab(5), without their escapes. An omitted field is empty.
type FstabFields [6]string

// String returns the fields as a line. Omitted fields at its end stay omitted.
func (f FstabFields) String() string {
	n := len(f)
	for n > FstabOptions && f[n-1] == "" {
		n--
	}
	words := make([]string, n)
	for i := range words {
		words[i] = EscapeFstab(orDefault(i, f[i]))
	}
	return strings.Join(words, " ")
}

// Wanted returns the fields as a line for [ParseWantedFstab], without trailing fields that may have any value.
func (f FstabFields) Wanted() string {
	n := len(f)
	for n > FstabType+1 && f[n-1] == FstabAny {
		n--
	}
	words := make([]string, n)
	for i := range words {
		words[i] = EscapeFstab(f[i])
	}
	return strings.Join(words, " ")
}

// ParseWantedFstab parses a wanted line. Omitted fields may have any value.
func ParseWantedFstab(line string) (f FstabFields, ok bool) {
	f, ok = ParseFstabFields(line)
	for i := range f {
		if f[i] == "" {
			f[i] = FstabAny
		}
	}
	return f, ok
}

// orDefault returns the meaning of an omitted field.
func orDefault(field int, text string) string {
	switch {
	case text != "":
		return text
	case field == FstabOptions:
		return "defaults"
	case field >= FstabDump:
		return "0"
	}
	return text
}

// Meets reports whether a line has the meaning of the wanted one: the order of options does not count, nor do quotes
// around the value of a tag.
func (f FstabFields) Meets(want FstabFields) bool {
	for i := range f {
		if !meetsField(i, f[i], want[i]) {
			return false
		}
	}
	return true
}

func meetsField(field int, have, want string) bool {
	have, want = orDefault(field, have), orDefault(field, want)
	switch {
	case want == FstabAny, have == want:
		return true
	case field == FstabDevice:
		return unquoteTag(have) == unquoteTag(want)
	case field == FstabPoint:
		return path.Clean(have) == path.Clean(want)
	case field == FstabOptions:
		return slices.Equal(optionSet(have), optionSet(want))
	}
	return false
}

// unquoteTag removes the quotes of UUID="…".
func unquoteTag(device string) string {
	tag, value, ok := strings.Cut(device, "=")
	if !ok || len(value) < 2 || value[0] != value[len(value)-1] || value[0] != '"' && value[0] != '\'' {
		return device
	}
	return tag + "=" + value[1:len(value)-1]
}

func optionSet(options string) []string {
	set := slices.DeleteFunc(SplitOptions(options), func(o string) bool { return o == "" || o == "defaults" })
	slices.Sort(set)
	return slices.Compact(set)
}

// SplitOptions splits options at commas outside of quotes, as in context="a:b:c0,c1".
func SplitOptions(options string) (out []string) {
	from, quoted := 0, false
	for i := range len(options) {
		switch {
		case options[i] == '"':
			quoted = !quoted
		case options[i] == ',' && !quoted:
			out, from = append(out, options[from:i]), i+1
		}
	}
	return append(out, options[from:])
}

// EscapeFstab escapes a field so that it is one word, and not a comment.
func EscapeFstab(field string) string {
	var b strings.Builder
	for i := range len(field) {
		if c := field[i]; strings.IndexByte(" \t\n\r\\", c) >= 0 || c == '#' && i == 0 {
			fmt.Fprintf(&b, `\%03o`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// UnescapeFstab returns the field that a word of fstab encodes.
func UnescapeFstab(word string) string {
	if !strings.Contains(word, `\`) {
		return word
	}
	var b strings.Builder
	for i := 0; i < len(word); i++ {
		if word[i] == '\\' && i+3 < len(word) && isOctal(word[i+1], '3') && isOctal(word[i+2], '7') && isOctal(word[i+3], '7') {
			b.WriteByte((word[i+1]-'0')<<6 | (word[i+2]-'0')<<3 | (word[i+3] - '0'))
			i += 3
			continue
		}
		b.WriteByte(word[i])
	}
	return b.String()
}

func isOctal(c, most byte) bool { return c >= '0' && c <= most }

// ParseFstabFields parses a line; ok is false for a comment, and for a line that is not one of fstab.
func ParseFstabFields(line string) (f FstabFields, ok bool) {
	words := fstabWords(line)
	for i := range min(len(f), len(words)) {
		f[i] = UnescapeFstab(line[words[i][0]:words[i][1]])
	}
	return f, len(words) > FstabType
}

// fstabWords are the places of the first six words of a line; none of a comment.
func fstabWords(line string) (out [][2]int) {
	for i := 0; len(out) < len(FstabFields{}); {
		for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
			i++
		}
		from := i
		for i < len(line) && line[i] != ' ' && line[i] != '\t' {
			i++
		}
		if from == i || line[from] == '#' { // the rest is a remark
			return out
		}
		out = append(out, [2]int{from, i})
	}
	return out
}

// FstabEntry is one line of a file.
type FstabEntry struct {
	Fields FstabFields
	Text   string // the whole line
	Line   int    // from 1
	row    row
}

// IsSwap reports whether the entry is one of swap space, which has no mount point.
func (e FstabEntry) IsSwap() bool { return e.Fields[FstabType] == "swap" }

// Fstab is a parsed file of fstab(5).
type Fstab struct {
	Entries []FstabEntry // in order

	points map[string][]int // by mount point
	swaps  map[string][]int // by device of swap space; both are indexes of entries
	below  map[string]int   // by folder: the first entry whose mount point is below it
}

// ReadFstab reads a file of fstab(5).
func ReadFstab(src []byte) *Fstab {
	f := &Fstab{points: map[string][]int{}, swaps: map[string][]int{}, below: map[string]int{}}
	for n, r := range rows(src) {
		fields, ok := ParseFstabFields(r.text)
		if !ok {
			continue
		}
		i := len(f.Entries)
		e := FstabEntry{fields, r.text, n + 1, r}
		f.Entries = append(f.Entries, e)
		if e.IsSwap() {
			device := unquoteTag(fields[FstabDevice])
			f.swaps[device] = append(f.swaps[device], i)
			continue
		}
		point := path.Clean(fields[FstabPoint])
		f.points[point] = append(f.points[point], i)
		eachAbove(point, func(folder string) {
			if _, known := f.below[folder]; !known {
				f.below[folder] = i
			}
		})
	}
	return f
}

// eachAbove calls do for each folder above an absolute path.
func eachAbove(p string, do func(folder string)) {
	for strings.HasPrefix(p, "/") && p != "/" {
		p = path.Dir(p)
		do(p)
	}
}

// JoinFstab returns the lines of entries as one text.
func JoinFstab(entries []FstabEntry) string {
	lines := make([]string, len(entries))
	for i, e := range entries {
		lines[i] = e.Text
	}
	return strings.Join(lines, "\n")
}
