package edit

import (
	"bytes"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestLineFiles makes and undoes lines, blocks and mount points in files of distributions that are not settings.
func TestLineFiles(t *testing.T) {
	files := readCorpus(t, "testdata/lines.txtar")
	var tried, refused int
	for _, file := range slices.Sorted(maps.Keys(files)) {
		for name, src := range variants(files[file]) {
			for _, p := range linePartsOf(file, src) {
				tried++
				err := roundTrip(src, p)
				var at *LineError
				switch {
				case err == nil:
					if out, err := Edit(src, []Part{p}); err != nil || !keepsLines(src, out, []Part{p}) {
						t.Errorf("%s, %s: %#v makes %q, %v", file, name, p, out, err)
					}
				case errors.As(err, &at):
					refused++
					t.Logf("%s, %s: %#v is refused: %v", file, name, p, err)
				default:
					t.Errorf("%s, %s: %#v: %v", file, name, p, err)
				}
			}
		}
	}
	if refused*maxRefused > tried {
		t.Errorf("%d of %d edits are refused", refused, tried)
	}
	t.Logf("%d edits, %d refused", tried, refused)
}

// linePartsOf lists parts for every line of a file: another text for it, its removal, a new line and a block beside it,
// and in fstab the edits of mounts.
func linePartsOf(file string, src []byte) (out []Part) {
	for _, r := range rows(bytes.TrimPrefix(src, []byte(utf8BOM))) {
		if strings.TrimSpace(r.text) == "" {
			continue
		}
		this := regexp.MustCompile("^" + regexp.QuoteMeta(r.text) + "( # 2)?$")
		out = append(out, Line{Text: r.text, Absent: true}, Line{Text: r.text + " # 2", Match: this, Multiple: "first"},
			Line{Text: "a new line", After: this}, Block{Marker: "one", Comment: "#", Content: "two\nlines", Before: this})
	}
	if !strings.HasSuffix(file, "fstab") {
		return out
	}
	out = append(out, FstabLine{Name: "/new", Want: FstabFields{"/dev/x", "/new", "ext4", "noexec"}})
	for _, e := range ReadFstab(bytes.TrimPrefix(src, []byte(utf8BOM))).Entries {
		if e.Fields[2] != "swap" {
			want := e.Fields
			want[3] = "noexec"
			out = append(out, FstabLine{Name: e.Fields[1], Want: want}, FstabLine{Name: e.Fields[1], Absent: true})
		}
	}
	return out
}

// keepsLines reports whether an edited file has all lines of the old one that the parts do not concern, in their order
// and byte by byte. It knows no grammar: a part concerns a line that contains the part's name, or that continues such a
// line.
func keepsLines(src, out []byte, parts []Part) bool {
	kept := bytes.SplitAfter(append(bytes.Clone(out), '\n'), []byte("\n"))
	touched := false
	for i, line := range bytes.SplitAfter(append(bytes.Clone(src), '\n'), []byte("\n")) {
		text := strings.TrimRight(string(line), "\r\n")
		if i == 0 {
			text = strings.TrimPrefix(text, utf8BOM)
		}
		isMore := touched && indentOf(text) != ""
		if touched = isMore || slices.ContainsFunc(parts, func(p Part) bool { return isAbout(p, text) }); touched || strings.TrimSpace(text) == "" {
			continue
		}
		at := slices.IndexFunc(kept, func(k []byte) bool { return sameLine(k, text) })
		if at < 0 {
			return false
		}
		kept = kept[at+1:]
	}
	return true
}

// sameLine compares a line of the edited file, with its line end and an optional mark before it, with a text.
func sameLine(line []byte, text string) bool {
	return strings.TrimPrefix(strings.TrimRight(string(line), "\r\n"), utf8BOM) == text
}

// isAbout reports whether a line may belong to a part.
func isAbout(p Part, text string) bool {
	has := func(name string) bool {
		fold := strings.NewReplacer("-", "_", "/", ".").Replace
		return strings.Contains(fold(strings.ToLower(text)), fold(strings.ToLower(name)))
	}
	switch p := p.(type) {
	case *Setting:
		return has(p.Key)
	case Line:
		return text == p.Text || p.Match != nil && p.Match.MatchString(text)
	case Block:
		return has(p.Begin()) || has(p.End())
	case FstabLine:
		return has(strings.ReplaceAll(p.Name, " ", `\040`))
	}
	return false
}
