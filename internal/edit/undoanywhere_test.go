package edit

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestUndoAroundEdits: others write comments and keys anywhere in a file, while parts of it are made, changed, rolled
// back and pruned in any order. Once all parts are pruned, none of their lines is lost, doubled or in another section,
// and the rest of the file is as before, except for empty lines and sections that stay for those lines.
func TestUndoAroundEdits(t *testing.T) {
	kinds := slices.DeleteFunc(fileKinds(), func(k fileKind) bool { return k.dialect == MySQL })
	for _, kind := range append(kinds, fileKind{name: "fstab", comment: "#"}) {
		t.Run(kind.name, func(t *testing.T) {
			seeds := []uint64{135} // that have found something
			for seed := range uint64(30) {
				seeds = append(seeds, seed)
			}
			for _, seed := range seeds {
				t.Run(fmt.Sprint(seed), func(t *testing.T) { undoAroundEdits(t, kind, seed) })
			}
		})
	}
}

// undoAroundEdits draws everything from a seed.
func undoAroundEdits(t *testing.T, kind fileKind, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	var drawn []byte
	for range 4096 {
		drawn = binary.LittleEndian.AppendUint64(drawn, r.Uint64())
	}
	rapid.MakeFuzz(func(t *rapid.T) {
		h := newHost(t, kind)
		h.theirs = map[string]string{}
		t.Logf("it was %q", h.was)
		for range rapid.IntRange(2, 12).Draw(t, "steps") {
			h.step()
		}
		h.pruneWhatIsLeft()
		h.checkTheirs()
	})(t, drawn)
}

// editAnywhere makes others write a comment or a key before any line.
func (h *host) editAnywhere() {
	lines := strings.SplitAfter(string(h.now), "\n")
	i := rapid.IntRange(0, len(lines)-1).Draw(h.t, "edited at")
	if i > 0 && !strings.HasSuffix(lines[i-1], "\n") {
		return
	}
	nl := "\n"
	if strings.Contains(string(h.now), "\r\n") {
		nl = "\r\n"
	}
	text := fmt.Sprintf("%s theirs %d", h.kind.comment, len(h.theirs))
	if isFlat := h.kind.name != "fstab" && h.kind.format != JSON && h.kind.format != YAML; isFlat && rapid.Bool().Draw(h.t, "writes a key") {
		text = h.kind.assignment(fmt.Sprint("theirs", len(h.theirs)), 1)
	}
	lines = slices.Insert(lines, i, indentOf(lines[i])+text+nl)
	h.now = []byte(strings.Join(lines, ""))
	h.theirs[text] = h.sectionAt(lines, i)
	h.t.Logf("edited: %q", h.now)
}

// sectionAt returns the header above a line; "?" if it is unknown, or the line is a comment right above another header.
func (h *host) sectionAt(lines []string, at int) string {
	header := regexp.MustCompile(`^(\[.*\]|Match .*)\r?\n?$`)
	isComment := strings.HasPrefix(strings.TrimSpace(lines[at]), h.kind.comment)
	for _, l := range lines[at+1:] {
		if !isComment {
			break
		} else if header.MatchString(l) {
			return "?"
		}
		if !strings.HasPrefix(strings.TrimSpace(l), h.kind.comment) {
			break
		}
	}
	for _, l := range slices.Backward(lines[:at]) {
		if header.MatchString(l) {
			return strings.TrimSpace(l)
		}
	}
	return ""
}

// checkTheirs checks the lines of others, and the rest of the file.
func (h *host) checkTheirs() {
	lines := strings.SplitAfter(string(h.now), "\n")
	for text, section := range h.theirs {
		at := -1
		for i, l := range lines {
			if strings.TrimSpace(l) != text {
				continue
			}
			if at >= 0 {
				h.t.Errorf("%q is there twice: %q", text, h.now)
			}
			at = i
		}
		if at < 0 {
			h.t.Errorf("%q is lost: %q", text, h.now)
		} else if now := h.sectionAt(lines, at); now != section && now != "?" && section != "?" {
			h.t.Errorf("%q was in the section %q, and is in %q: %q", text, section, now, h.now)
		}
	}
	if was, is := h.bare(h.was), h.bare(h.now); was != is {
		h.t.Errorf("it was  %q\nit is   %q", was, is)
	}
}

// bare returns a file without the comments of others, empty lines, and sections that it did not have.
func (h *host) bare(src []byte) string {
	var out []string
	for line := range strings.Lines(string(src)) {
		text := strings.TrimRight(line, "\r\n")
		isNew := !slices.Contains(strings.FieldsFunc(string(h.was), func(r rune) bool { return r == '\r' || r == '\n' }), text)
		isSection := isNew && regexp.MustCompile(`^(\[[ab]\]|[ab]:|Match user [ab])$`).MatchString(text)
		if !isSection && !strings.Contains(text, "theirs") && strings.TrimSpace(text) != "" {
			out = append(out, text)
		}
	}
	text := strings.Join(out, "\n")
	if h.kind.format == JSON {
		text = regexp.MustCompile(`[\s,]`).ReplaceAllString(text, "")
		for _, name := range h.kind.sections {
			if object := fmt.Sprintf("%q:{", name); !strings.Contains(regexp.MustCompile(`\s`).ReplaceAllString(string(h.was), ""), object) {
				text = strings.ReplaceAll(text, object+"}", "")
			}
		}
	}
	return text
}

// drawFstab draws a line of fstab(5).
func drawFstab(t *rapid.T) (string, Part) {
	l := FstabLine{Name: rapid.SampledFrom([]string{"/a", "/a/b", "/c", "/d"}).Draw(t, "point")}
	l.Absent = rapid.IntRange(0, 3).Draw(t, "absent") == 0
	if !l.Absent {
		l.Want = FstabFields{"/dev/x", l.Name, "ext4", rapid.SampledFrom([]string{"ro", "rw", "nodev"}).Draw(t, "options"), "0", "2"}
	}
	return l.Name, l
}

// drawFstabFile draws a file of fstab(5).
func drawFstabFile(t *rapid.T) []byte {
	text := "# of others 0\n"
	for i, point := range []string{"/", "/a", "/c", "/z"} {
		if rapid.Bool().Draw(t, "has "+point) {
			text += fmt.Sprintf("/dev/%d\t%s ext4 ro,nodev 0 %d\n", i, point, i)
		}
		if rapid.Bool().Draw(t, "has a comment") {
			text += fmt.Sprintf("\n# of others %d\n", i+1)
		}
	}
	return []byte(text)
}
