package abi

import (
	"cmp"
	"fmt"
	"io"
	"strings"
)

// ReasonKind is a way in which a library can fail its users.
type ReasonKind string

// The ways.
const (
	NoLibrary ReasonKind = "soname"
	OtherArch ReasonKind = "machine"
	NoVersion ReasonKind = "version"
	NoSymbol  ReasonKind = "symbol"
	OtherSize ReasonKind = "size"
)

// Reason is why a dependent must be rebuilt.
type Reason struct {
	Kind    ReasonKind `json:"kind"`
	Soname  string     `json:"soname"`
	Arch    Arch       `json:"machine"`
	Version string     `json:"version,omitempty"`
	Symbol  string     `json:"symbol,omitempty"`
	Was     uint64     `json:"was,omitempty"` // bytes of copied data, as the dependent was built
	Is      uint64     `json:"is,omitempty"`
}

// String describes the reason.
func (r Reason) String() string {
	symbol := r.Symbol
	if r.Version != "" {
		symbol += "@" + r.Version
	}
	switch r.Kind {
	case NoLibrary:
		return r.Soname + " is gone"
	case OtherArch:
		return fmt.Sprintf("%s is there, but not for %s", r.Soname, r.Arch)
	case NoVersion:
		return fmt.Sprintf("%s: version %s is gone", r.Soname, r.Version)
	case NoSymbol:
		return fmt.Sprintf("%s: symbol %s is gone", r.Soname, symbol)
	case OtherSize:
		return fmt.Sprintf("%s: data %s has %d bytes instead of the %d that were copied", r.Soname, symbol, r.Is, r.Was)
	}
	return string(r.Kind)
}

func compareReasons(a, b Reason) int {
	return cmp.Or(cmp.Compare(a.Soname, b.Soname), cmp.Compare(a.Arch, b.Arch), cmp.Compare(a.kindRank(), b.kindRank()),
		cmp.Compare(a.Version, b.Version), cmp.Compare(a.Symbol, b.Symbol), cmp.Compare(a.Was, b.Was))
}

func (r Reason) kindRank() int {
	return strings.Index("soname machine version symbol size", string(r.Kind))
}

// BrokenError is a switch, or with an empty To a removal, that would break programs.
type BrokenError struct {
	FOO, From, To string
	Effects       []Effect
}

// Error lists the dependents, one a line.
func (e *BrokenError) Error() string {
	what := "package"
	if len(e.Effects) > 1 {
		what = "packages"
	}
	text := fmt.Sprintf("cannot switch %s %s → %s: %d %s would have to be rebuilt (--accept-broken switches nevertheless)", e.FOO, e.From, e.To, len(e.Effects), what)
	if e.To == "" {
		text = fmt.Sprintf("cannot unstow %s %s: %d %s would lack a library (--accept-broken unstows nevertheless)", e.FOO, e.From, len(e.Effects), what)
	}
	for _, f := range e.Effects {
		text += "\n  " + f.Summary()
	}
	return text
}

// Summary returns the name of a dependent and the first reasons why it must be rebuilt.
func (e Effect) Summary() string {
	const most = 3
	var reasons []string
	for i, r := range e.Reasons {
		if i == most {
			reasons = append(reasons, fmt.Sprintf("and %d more", len(e.Reasons)-most))
			break
		}
		reasons = append(reasons, r.String())
	}
	return e.Name + ": " + strings.Join(reasons, "; ")
}

// ExitCode returns that of a conflict: the program could continue, but the user has not requested it.
func (*BrokenError) ExitCode() int { return 1 }

// Breaks returns the error that refuses a switch: it lists the installed dependents that work now and would not
// afterwards. It is nil if there are none.
func (im Impact) Breaks() *BrokenError {
	e := &BrokenError{FOO: im.FOO, From: im.From, To: im.To}
	for _, f := range im.Effects {
		if f.Verdict == Rebuild && f.Installed && !f.Already && im.From != "" {
			e.Effects = append(e.Effects, f)
		}
	}
	if len(e.Effects) == 0 {
		return nil
	}
	return e
}

// WriteText writes the impact for people, in three groups; empty groups are left out.
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
