package reference

import (
	"fmt"
	"strings"

	"github.com/mitchellh/go-wordwrap"

	"converge/internal/resource"
)

// Explain returns the reference of a kind as text with at most that many columns.
func Explain(k *resource.Kind, width int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "KIND\n    %s\n\nDESCRIPTION\n", k.Name)
	for para := range strings.SplitSeq(strings.TrimSpace(k.Doc), "\n\n") {
		b.WriteString(foldParagraph(para, 4, width) + "\n\n")
	}
	if k.Example != "" {
		fmt.Fprintf(&b, "EXAMPLE\n%s\n\n", indentLines(strings.TrimSpace(k.Example), 4))
	}
	b.WriteString("ATTRIBUTES\n")
	explainItems(&b, listSettable(k), width)
	if c := listComputed(k); len(c) > 0 {
		b.WriteString("SHOWN IN PLANS, CANNOT BE SET\n")
		explainItems(&b, c, width)
	}
	b.WriteString("ATTRIBUTES OF EVERY KIND\n")
	explainItems(&b, listCommon(), width)
	if len(k.Verbs) > 0 {
		b.WriteString("ACTIONS\n")
		b.WriteString(foldIndented("The actions, weakest first: "+strings.Join(k.Verbs, ", ")+". If several are due, converge performs the strongest, once.", 4, width) + "\n\n")
		explainItems(&b, listVerbs(k), width)
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// ExplainAttr returns the reference of one attribute; ok is false if blocks of the kind do not accept it.
func ExplainAttr(k *resource.Kind, name string, width int) (text string, ok bool) {
	for _, items := range [][]item{listSettable(k), listComputed(k), listCommon(), listVerbs(k)} {
		for _, it := range items {
			if it.name == name {
				var b strings.Builder
				explainItems(&b, []item{{k.Name + "." + name, it.kind, it.doc}}, width)
				return strings.TrimRight(b.String(), "\n") + "\n", true
			}
		}
	}
	return "", false
}

// Attributes lists all attributes that a block of the kind may set, in order.
func Attributes(k *resource.Kind) []string {
	var out []string
	for _, items := range [][]item{listSettable(k), listVerbs(k), listCommon()} {
		for _, it := range items {
			out = append(out, it.name)
		}
	}
	return out
}

func explainItems(b *strings.Builder, items []item, width int) {
	for _, it := range items {
		fmt.Fprintf(b, "    %s  (%s)\n%s\n\n", it.name, strings.ReplaceAll(it.kind, "`", ""), foldIndented(joinLines(it.doc), 8, width))
	}
}

func foldIndented(s string, by, width int) string {
	return indentLines(wordwrap.WrapString(s, uint(max(width-by, 20))), by)
}

func indentLines(s string, by int) string {
	pad := strings.Repeat(" ", by)
	return pad + strings.ReplaceAll(s, "\n", "\n"+pad)
}
