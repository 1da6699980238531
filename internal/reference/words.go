package reference

import (
	"slices"
	"strings"
)

// Words lists the words that [ExplainWord] explains, in order: the blocks of the language other than resources, its
// functions, and the attributes that blocks of every kind accept.
func Words() []string {
	out := append(Functions(), Blocks()...)
	for _, it := range listCommon() {
		out = append(out, it.name)
	}
	slices.Sort(out)
	return out
}

// ExplainWord returns the reference of a word of the language, with at most that many columns; "": the word is unknown.
func ExplainWord(name string, width int) string {
	var b strings.Builder
	for _, l := range listBlocks() {
		if l.name == name {
			b.WriteString("BLOCK\n")
			explainItems(&b, []item{l.item}, width)
			b.WriteString("ATTRIBUTES\n")
			explainItems(&b, l.attrs, width)
		}
	}
	for _, f := range listFunctions() {
		if nameOfCall(f.name) == name {
			b.WriteString("FUNCTION\n")
			explainItems(&b, []item{f}, width)
		}
	}
	for _, it := range listCommon() {
		if it.name == name {
			b.WriteString("ATTRIBUTE OF EVERY KIND\n")
			explainItems(&b, []item{it}, width)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// Blocks lists the blocks of the language other than resources.
func Blocks() []string {
	var out []string
	for _, l := range listBlocks() {
		out = append(out, l.name)
	}
	return out
}

// SummaryOfBlock returns the first sentence about such a block.
func SummaryOfBlock(name string) string {
	for _, l := range listBlocks() {
		if l.name == name {
			first, _, _ := strings.Cut(strings.ReplaceAll(l.doc, "`", ""), ". ")
			first, _, _ = strings.Cut(first, ": ")
			return strings.TrimSuffix(first, ".")
		}
	}
	return ""
}

// BlockAttributes lists the attributes of a block other than resources; nil: the block is unknown.
func BlockAttributes(name string) []string {
	for _, l := range listBlocks() {
		if l.name == name {
			out := []string{}
			for _, it := range l.attrs {
				out = append(out, it.name)
			}
			return out
		}
	}
	return nil
}

// ExplainBlockAttr returns the reference of one attribute of such a block; "": it does not accept that attribute.
func ExplainBlockAttr(name, attr string, width int) string {
	for _, l := range listBlocks() {
		for _, it := range l.attrs {
			if l.name == name && it.name == attr {
				var b strings.Builder
				explainItems(&b, []item{{name + "." + attr, it.kind, it.doc}}, width)
				return strings.TrimRight(b.String(), "\n") + "\n"
			}
		}
	}
	return ""
}
