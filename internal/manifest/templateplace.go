package manifest

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/source"
	"converge/internal/render"
)

// templatePlaces locates errors in templates.
type templatePlaces struct{ files *source.Files }

// refine adds the place in the template to the error of a function that renders it.
func (l templatePlaces) refine(d *hcl.Diagnostic, err error, secret bool) {
	var re *render.RenderError
	if !errors.As(err, &re) || d.Context == nil {
		return
	}
	call, text := *d.Context, withNullType(re.Msg, re.Null, varsOfCall(d))
	place, inFile := l.findInFile(re.Name, re)
	switch {
	case secret && !(inFile && re.Syntax):
		text = re.Withheld()
	case inFile:
		text = fmt.Sprintf("In the template that %s reads: %s", diag.Place(call), diag.End(text))
	}
	if !inFile {
		place, inFile = l.findInText(call, re)
	}
	switch {
	case inFile:
		d.Subject, d.Context = &place, nil
	case re.Line > 0:
		text = fmt.Sprintf("in line %d of the template, %s", re.Line, text)
	}
	d.Summary, d.Detail = "Invalid template", diag.Capital(diag.End(text))
}

// describeTemplate returns the text and the place of an error in the template of a resource; at is the place of the
// attribute.
func (in *instance) describeTemplate(re *render.RenderError, at hcl.Range, secret bool) (text string, place hcl.Range) {
	l := templatePlaces{in.block.mod.l.files}
	place, inFile := l.findInFile(in.block.mod.folder.resolvePath(re.Name), re)
	if text = withNullType(re.Msg, re.Null, valueOf(in, "vars")); secret && !(inFile && re.Syntax) { // the text in the manifest may contain a secret
		text = re.Withheld()
	}
	if inFile {
		return fmt.Sprintf("In %s (%s): %s", in.res.Addr, diag.Place(at), diag.End(text)), place
	}
	place, ok := l.findInText(at, re)
	if !ok {
		if place = at; re.Line > 0 {
			text = fmt.Sprintf("in line %d of the text, %s", re.Line, text)
		}
	}
	return fmt.Sprintf("In %s: %s", in.res.Addr, diag.End(text)), place
}

// findInFile returns the place in a template file that a rendering error is about; ok is false if the template is not
// from a file.
func (l templatePlaces) findInFile(path string, re *render.RenderError) (hcl.Range, bool) {
	r, ok := l.files.FindLine(path, re.Line, re.Col)
	if n := len(re.Word); ok && n > 0 && r.Start.Byte+n <= r.End.Byte {
		r.End = hcl.Pos{Line: r.Start.Line, Column: r.Start.Column + utf8.RuneCountInString(re.Word), Byte: r.Start.Byte + n}
	}
	return r, ok
}

// findInText returns the place of a rendering error in the manifest, if the template is a text there: the same word in
// the same action, counted from the beginning. Parts that come from elsewhere are not found.
func (l templatePlaces) findInText(at hcl.Range, re *render.RenderError) (hcl.Range, bool) {
	raw := l.files.TextAt(at)
	from := 0
	for n := re.Action; n > 0; n-- {
		i := strings.Index(raw[from:], "{{")
		if i < 0 {
			return at, false
		}
		if from += i; n > 1 {
			from += len("{{")
		}
	}
	end := len(raw)
	if i := strings.Index(raw[min(from+len("{{"), end):], "{{"); i >= 0 {
		end = from + len("{{") + i
	}
	if re.Action == 0 || from >= end {
		return at, false
	}
	for _, word := range []string{re.Word, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(re.Word)} {
		if i := strings.Index(raw[from:end], word); i >= 0 && word != "" {
			return within(at, raw, from+i, from+i+len(word)), true
		}
	}
	if re.Word != "" {
		return at, false
	}
	if i := strings.Index(raw[from:end], "}}"); i >= 0 {
		end = from + i + len("}}")
	}
	return within(at, raw, from, end), true
}

// findWord returns the place of a word in the text of a range: as a name of its own, the first one.
func findWord(files *source.Files, at hcl.Range, word string) (hcl.Range, bool) {
	if word == "" {
		return at, false
	}
	text := files.TextAt(at)
	m := regexp.MustCompile(`(?:^|[^\w-])(` + regexp.QuoteMeta(word) + `)(?:$|[^\w-])`).FindStringSubmatchIndex(text)
	if m == nil {
		return at, false
	}
	return within(at, text, m[2], m[3]), true
}

// within returns the range of some bytes of the text in a range.
func within(at hcl.Range, text string, from, to int) hcl.Range {
	pos := func(n int) hcl.Pos {
		before := text[:n]
		p := hcl.Pos{Line: at.Start.Line + strings.Count(before, "\n"), Byte: at.Start.Byte + n, Column: at.Start.Column}
		if i := strings.LastIndexByte(before, '\n'); i >= 0 {
			before, p.Column = before[i+1:], 1
		}
		p.Column += utf8.RuneCountInString(before)
		return p
	}
	return hcl.Range{Filename: at.Filename, Start: pos(from), End: pos(to)}
}
