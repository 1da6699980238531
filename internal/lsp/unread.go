package lsp

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"converge/internal/lsp/wire"
)

// checkUnread refuses to change a name that may also occur where the server finds no references: in parts that do not
// parse, and in JSON manifests. Renaming only the other places would leave a broken reference.
func (x *index) checkUnread(n name) error {
	for _, dir := range x.foldersAround(n) {
		for _, m := range x.space.folder(dir) {
			if at := m.unreadName(n); at >= 0 {
				line, file := m.text.Position(at).Line+1, filepath.Base(m.path)
				if isJSON(m.path) {
					return wire.Refuse("%s:%d has the name %s, and names are not changed in JSON: change it there by hand, or write that manifest in HCL", file, line, n.text)
				}
				return wire.Refuse("%s:%d may have the name %s, and cannot be read: mend that block first", file, line, n.text)
			}
		}
	}
	return nil
}

// unreadName returns the offset of a possible occurrence of a name in a part of a document that does not parse; -1: none.
func (m *manifest) unreadName(n name) int {
	d := m.parsed()
	if isJSON(m.path) {
		return findInJSON(d.Text, n)
	}
	word := []byte(escape(n.text))
	for _, broken := range d.Broken {
		for at := broken.Start; ; at++ {
			at = findWord(d.Text[:broken.End], word, at)
			if at < 0 {
				break
			}
			if end := at + len(word); !bytes.Equal(d.Healed[at:end], d.Text[at:end]) {
				return at
			}
		}
	}
	return -1
}

// findInJSON returns the offset of a name in a JSON manifest: in a reference, or as a key or a text if there are blocks
// that it may belong to; -1: none.
func findInJSON(text []byte, n name) int {
	root := n.what
	for reference, what := range roots() {
		if what == n.what {
			root = reference
		}
	}
	inText := escape(quote(n.text)) // quoted in an expression, which is a quoted text
	for _, reference := range []string{root + "." + n.text, root + "[" + inText + "]"} {
		if at := findWord(text, []byte(reference), 0); at >= 0 {
			return at
		}
	}
	for _, block := range blocksNaming(n.what) {
		if bytes.Contains(text, []byte(quote(block))) {
			return bytes.Index(text, []byte(quote(n.text)))
		}
	}
	return -1
}

// blocksNaming returns the blocks whose keys may be such names: those that declare them, and for variables and outputs,
// modules.
func blocksNaming(what string) []string {
	switch what {
	case "local":
		return []string{"locals"}
	case "variable", "output":
		return []string{what, "module"}
	}
	return []string{what}
}

// findWord returns the offset, from a given one on, of a word that is not part of a longer one; -1: there is none.
func findWord(text, word []byte, from int) int {
	for at := from; at <= len(text); at++ {
		i := bytes.Index(text[at:], word)
		if i < 0 {
			return -1
		}
		at += i
		before, _ := utf8.DecodeLastRune(text[:at])
		after, _ := utf8.DecodeRune(text[at+len(word):])
		first, _ := utf8.DecodeRune(word)
		last, _ := utf8.DecodeLastRune(word)
		if !(isOfWord(before) && isOfWord(first)) && !(isOfWord(last) && isOfWord(after)) {
			return at
		}
	}
	return -1
}

func isOfWord(r rune) bool {
	return r == '_' || r == '-' || unicode.IsDigit(r) || unicode.IsLetter(r)
}

func isJSON(path string) bool { return strings.HasSuffix(path, ".json") }

// foldersInJSON returns the folders of possible module sources in a JSON manifest.
func foldersInJSON(m *manifest) []string {
	var out []string
	for _, found := range regexp.MustCompile(`"source"\s*:\s*"(\.[^"\\]*)"`).FindAllSubmatch(m.text.Bytes(), -1) {
		out = append(out, filepath.Join(filepath.Dir(m.path), string(found[1])))
	}
	return out
}
