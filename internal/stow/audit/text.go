package audit

import (
	"fmt"
	"io"
	"strings"
)

// WriteText writes the report for people: a line for each version, and one
// below it for each target that shows it.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, e := range r.Versions {
		fmt.Fprintf(&b, "%s%s\n", e.Name, e.remarksText())
		for _, u := range e.Uses {
			fmt.Fprintf(&b, "  %s%s\n", u.Target, u.holderText())
		}
		if c := e.Contents; c != nil {
			fmt.Fprintf(&b, "  sha256:%s, %d files, %d bytes\n", c.Digest, c.Files, c.Bytes)
		}
	}
	for _, v := range r.Unseen {
		fmt.Fprintf(&b, "cannot look at the view %s: what it uses is not known, so nothing is called unreferenced\n", v)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (u Use) holderText() string {
	if u.Holder == "" {
		return ", not managed"
	}
	return ", managed by " + u.Holder
}

func (e Entry) remarksText() string {
	list := []string{"available"}
	switch {
	case e.Missing:
		list[0] = "missing"
	case e.Installed:
		list[0] = "installed"
	}
	if e.Unreferenced {
		list = append(list, "unreferenced")
	}
	if e.Alias != "" {
		list = append(list, "link to "+e.Alias)
	}
	if len(e.Control) > 0 {
		list = append(list, "control data of "+strings.Join(e.Control, ", "))
	}
	return ": " + strings.Join(list, "; ")
}
