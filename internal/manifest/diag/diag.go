// Package diag makes, orders and writes the diagnostics of manifests.
//
// Start with [Failure] and [Write]. [Suggest] finds the name that was probably meant. The package does not know what the
// diagnostics are about.
package diag

import (
	"cmp"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// Failure returns an error diagnostic; at may be nil.
func Failure(summary, detail string, at *hcl.Range) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: at}
}

// extra holds what the library's diagnostics have no field for.
type extra struct {
	hidden string // why its source lines are not shown; "": they are
	name   string // the part of a hidden line that is shown and marked; "": none
	in     string // the declaration that it is about: file.page["eu"]; "": not known
}

func extraOf(d *hcl.Diagnostic) extra {
	e, _ := d.Extra.(extra)
	return e
}

// Hide makes d show its place but not its source lines, which hold a secret.
func Hide(d *hcl.Diagnostic) { hide(d, "it holds a sensitive value") }

// HideDoubtful is Hide for lines that may be secret.
func HideDoubtful(d *hcl.Diagnostic) { hide(d, "it may hold a sensitive value") }

func hide(d *hcl.Diagnostic, why string) { d.Extra = extra{hidden: why, in: extraOf(d).in} }

// HideBehind is HideDoubtful for a diagnostic about the name of a value; the name is shown, because it is no secret.
func HideBehind(d *hcl.Diagnostic, name string) {
	HideDoubtful(d)
	e := extraOf(d)
	e.name = name
	d.Extra = e
}

// IsHidden reports whether d shows no source lines.
func IsHidden(d *hcl.Diagnostic) bool { return extraOf(d).hidden != "" }

// In names the declaration that diagnostics are about, unless they name one already. The place alone is ambiguous: a
// block may make several resources, or be in a module that is called twice.
func In(diags hcl.Diagnostics, declaration string) hcl.Diagnostics {
	for _, d := range diags {
		if e := extraOf(d); e.in == "" {
			e.in = declaration
			d.Extra = e
		}
	}
	return diags
}

// Tidy orders diagnostics by place, removes duplicates, and drops references that would keep syntax trees and values
// alive, or in reach of a printer.
func Tidy(diags hcl.Diagnostics) hcl.Diagnostics {
	type key struct{ summary, detail, at string }
	seen := map[key]bool{}
	var out hcl.Diagnostics
	for _, d := range diags {
		d.Expression, d.EvalContext = nil, nil
		if _, ours := d.Extra.(extra); !ours {
			d.Extra = nil
		}
		k := key{summary: d.Summary, detail: d.Detail}
		if d.Subject != nil {
			k.at = d.Subject.String()
		}
		if !seen[k] {
			seen[k] = true
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(a, b *hcl.Diagnostic) int {
		fileA, atA := placeOf(a)
		fileB, atB := placeOf(b)
		return cmp.Or(cmp.Compare(fileA, fileB), cmp.Compare(atA, atB))
	})
	return out
}

// placeOf orders diagnostics without a place before all others.
func placeOf(d *hcl.Diagnostic) (file string, at int) {
	if d.Subject == nil {
		return "", -1
	}
	return d.Subject.Filename, d.Subject.Start.Byte
}

// Guard runs f and turns a panic into a diagnostic. It is the one border between this package and the libraries under it
// (HCL, cty, a kind's Prepare): a hostile manifest must not end the program. The value of the panic is not shown,
// because it may quote a sensitive value.
func Guard(f func() hcl.Diagnostics) (diags hcl.Diagnostics) {
	defer func() {
		if r := recover(); r != nil {
			diags = hcl.Diagnostics{Failure("Internal error",
				"The manifest could not be evaluated because of a mistake in converge; please report it, with this place: "+panicPlace()+".", nil)}
		}
	}()
	return f()
}

// panicPlace names the functions around the latest panic.
func panicPlace() string {
	pcs := make([]uintptr, 24)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	var out []string
	for len(out) < 4 {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") {
			out = append(out, fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line))
		}
		if !more {
			break
		}
	}
	return strings.Join(out, ", ")
}

// Place writes a range as FILE:LINE.
func Place(r hcl.Range) string { return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line) }

// Sentence returns an error's text as a sentence: capital, full stop.
func Sentence(err error) string {
	return Capital(End(err.Error()))
}

// Capital returns a text with its first letter in upper case, unless it begins with a name: in upper case that of a
// file, for example, would be a different one.
func Capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 || first == utf8.RuneError || beginsWithName(s) {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// beginsWithName reports whether the first word of a text is a name and not English: node.json, conf/site, web1, new_name.
func beginsWithName(s string) bool {
	words := strings.Fields(s)
	return len(words) > 0 && strings.ContainsAny(strings.TrimRight(words[0], ".,:;?!"), "./_=[@~0123456789")
}

// End adds a full stop to a text that has no end.
func End(s string) string {
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}
