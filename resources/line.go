package resources

import (
	"regexp"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
)

// LineWant is the struct of the kind line.
type LineWant struct {
	PartPlace
	LineAttrs
	Placing
}

// Line is the kind of one line of a file. A provider of nil serves documentation
// and validation.
func Line(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "line",
		Doc: "One whole line of a file whose other content is not converge's. With `match` it replaces the line that the expression matches; if none does, or without `match`, the exact line is there once. " +
			"For a file of keys and values, use `setting`, which knows its grammar.\n\n" +
			"With `ensure = \"absent\"`, every line that `match` matches, or that equals `line`, is removed.",
		Example: "line \"german\" {\n  path  = \"/etc/locale.gen\"\n  match = \"^#? ?de_DE[.]UTF-8 UTF-8\"\n  line  = \"de_DE.UTF-8 UTF-8\"\n}\n",
		Label:   "path",
		Attrs: resource.Typing[LineWant](partAttrs("line", []string{"line", "sensitive"}, append([]resource.Attr{
			{Name: "line", SecretIf: []string{"sensitive"}, Doc: "The line, without its end. Required, unless lines that `match` matches must be absent."},
			{Name: "match", Option: true, Public: true, Check: checkRegexp, Doc: "A regular expression (RE2) for the line that is replaced. It must match `line` itself: otherwise the next run would add another one."},
			{Name: "multiple", Option: true, Public: true, OneOf: []string{"error", "all", "first"}, Doc: "What is done if `match` matches several lines: `error` (also when unset), replace `all`, or only the `first`."},
		}, placingAttrs()...)...)),
		Prepare:     resource.Preparing(prepareLine),
		Links:       resource.Reading(lineLinks),
		Moves:       movesPackages,
		Inert:       true,
		ContentAttr: "line", TextContent: true,
		Restores: true, RecordAttr: "was",
		JoinRecords:    JoinPartPasts,
		BareRecord:     barePartPast,
		RecordDestroys: destroyedByPart,
		Revert: resource.Reverting(func(p resource.Past, before, after LineWant) ([]resource.RevertTarget, error) {
			return revertPart(p, Part{PartPlace: before.PartPlace, LineAttrs: before.LineAttrs}, Part{PartPlace: after.PartPlace, LineAttrs: after.LineAttrs})
		}),
		Named:    partNamed(lineNamed),
		Provider: p,
	}
}

func prepareLine(_ resource.Input, w *LineWant) error {
	w.preparePlace(PartLine)
	if err := w.preparePlacing(); err != nil {
		return err
	}
	if !w.Line.Set && !(w.IsAbsent() && w.Match.Set) {
		return attrError("line", "none is given, and one is needed unless there is match and ensure is \"absent\"")
	}
	if w.IsAbsent() && w.Match.Set {
		w.Line = resource.Opt[string]{}
	}
	l, err := w.Wish()
	if err == nil {
		err = l.Check()
	}
	if err != nil {
		return &resource.AttrError{Attr: "line", Err: err}
	}
	return nil
}

// Wish is the line in the form of package edit.
func (w *LineWant) Wish() (l edit.Line, err error) {
	l = edit.Line{Text: resource.DecodeBytes(w.Line.Value), Multiple: w.Multiple.Value, Absent: w.IsAbsent()}
	if l.Match, err = compile(w.Match); err != nil {
		return l, err
	}
	if w.Match.Set && w.comesBack() {
		l.Back = true
		l.Least, l.Removed = w.Past().linesOf(l)
	}
	l.After, l.Before, err = w.Where()
	return l, err
}

// Where returns the expressions of after and before; nil if there is none.
func (p *Placing) Where() (after, before *regexp.Regexp, err error) {
	if after, err = compile(p.After); err != nil {
		return nil, nil, err
	}
	before, err = compile(p.Before)
	return after, before, err
}

func compile(expr resource.Opt[string]) (*regexp.Regexp, error) {
	if !expr.Set {
		return nil, nil
	}
	return regexp.Compile(resource.DecodeBytes(expr.Value))
}

func lineLinks(w LineWant) resource.Links {
	id := "line " + w.Line.Value
	if w.Match.Set {
		id = "match " + w.Match.Value
	}
	return partLinks(w.PartPlace, id)
}

func lineNamed(id string) map[string]cty.Value {
	by, text, _ := strings.Cut(id, " ")
	if by == "line" { // match finds the line whether or not it has this text
		text = "^" + regexp.QuoteMeta(text) + "$"
	}
	return map[string]cty.Value{"match": cty.StringVal(text)}
}
