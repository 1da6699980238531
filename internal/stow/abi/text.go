package abi

import (
	"fmt"
	"io"
	"strings"
)

// WriteText writes the impact for people: three groups, those without a member
// left out.
func (im Impact) WriteText(w io.Writer) error {
	var b strings.Builder
	from := ""
	if im.From != "" {
		from = im.From + " → "
	}
	fmt.Fprintf(&b, "%s %s%s\n", im.FOO, from, im.To)
	for _, g := range []struct {
		verdict Verdict
		title   string
	}{
		{Nothing, "need nothing"},
		{Relink, "are relinked by the switch"},
		{Rebuild, "must be rebuilt"},
	} {
		im.writeGroup(&b, g.verdict, g.title)
	}
	if len(im.Effects) == 0 {
		b.WriteString("nothing else is known that could link to it\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (im Impact) writeGroup(b *strings.Builder, v Verdict, title string) {
	for _, e := range im.Effects {
		if e.Verdict != v {
			continue
		}
		if title != "" {
			fmt.Fprintf(b, "\n%s:\n", title)
			title = ""
		}
		fmt.Fprintf(b, "  %s%s\n", e.Name, e.formatRemarks(im))
		for _, r := range e.Reasons {
			fmt.Fprintf(b, "    %s\n", r)
		}
	}
}

func (e Effect) formatRemarks(im Impact) string {
	var list []string
	if !e.Installed {
		list = append(list, "not installed")
	}
	if e.Pinned {
		list = append(list, fmt.Sprintf("its run path leads to %s/%s", im.FOO, im.From))
	}
	if e.Already {
		list = append(list, "does not fit the installed version either")
	}
	if e.Unsure {
		list = append(list, "symbols not recorded")
	}
	s := ""
	if e.Verdict == Relink {
		s = ": " + strings.Join(e.Links, " ")
	}
	if len(list) > 0 {
		s += " (" + strings.Join(list, "; ") + ")"
	}
	return s
}
