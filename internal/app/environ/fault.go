package environ

import (
	"errors"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/view"
)

// writeFault writes the error of a command with --json to standard output. If that fails, standard error gets the same
// in words.
func (e *Env) writeFault(code int, err error, hints []string) {
	if !e.JSON {
		return
	}
	f := view.Fault{Code: code, Finding: view.Finding{Summary: e.Scrub.String(err.Error())}, Hints: hints}
	found := e.ListFindings(listDiagnostics(err))
	for _, d := range found {
		if d.Severity == "error" {
			f.Finding, f.Findings = d, found
			f.Severity = ""
			break
		}
	}
	_ = view.WriteFault(e.Out, f) // standard output remembers its own error
}

// listDiagnostics returns the diagnostics in an error.
func listDiagnostics(err error) hcl.Diagnostics {
	var joined interface{ Unwrap() []error }
	var one *hcl.Diagnostic
	var all hcl.Diagnostics
	switch {
	case errors.As(err, &all):
	case errors.As(err, &joined):
		for _, err := range joined.Unwrap() {
			all = append(all, listDiagnostics(err)...)
		}
	case errors.As(err, &one):
		all = hcl.Diagnostics{one}
	}
	return all
}

// ListFindings returns diagnostics in the form for programs, without secrets.
func (e *Env) ListFindings(diags hcl.Diagnostics) []view.Finding {
	out := make([]view.Finding, len(diags))
	for i, d := range diags {
		out[i] = view.Finding{Severity: "error", Summary: e.Scrub.String(d.Summary), Detail: e.Scrub.String(d.Detail)}
		if d.Severity == hcl.DiagWarning {
			out[i].Severity = "warning"
		}
		if r := d.Subject; r != nil {
			out[i].File, out[i].Range = r.Filename, &view.Range{Start: view.Position(r.Start), End: view.Position(r.End)}
		}
	}
	return out
}
