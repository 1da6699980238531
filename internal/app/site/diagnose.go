package site

import (
	"bytes"
	"fmt"
	"io"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/manifest"
	"converge/internal/manifest/diag"
	"converge/internal/scrub"
)

// diagnose shows diagnostics; with an error among them it returns one.
func ShowDiagnostics(env *environ.Env, ms *manifest.Site, diags hcl.Diagnostics) error {
	if len(diags) == 0 {
		return nil
	}
	var files map[string]*hcl.File
	if ms != nil {
		files = ms.Files
	}
	var text bytes.Buffer
	if err := diag.Write(&text, files, scrubDiagnostics(env, ms, diags), environ.TerminalWidth(env.Err), env.IsColored(env.Err)); err != nil {
		return err
	}
	if _, err := io.WriteString(env.Err, env.Scrub.String(text.String())); err != nil {
		return err
	}
	if diags.HasErrors() {
		return exit.Silently(exit.Failure)
	}
	return nil
}

// scrubDiagnostics removes sensitive strings from diagnostics before they are
// folded and coloured, and from errors from now on. It shows the manifest's own
// lines, with the same strings removed.
func scrubDiagnostics(env *environ.Env, ms *manifest.Site, diags hcl.Diagnostics) hcl.Diagnostics {
	if ms == nil || len(ms.Secrets) == 0 {
		return diags
	}
	env.Scrub = scrub.New(ms.Secrets)
	for _, d := range diags {
		d.Summary, d.Detail = env.Scrub.String(d.Summary), env.Scrub.String(d.Detail)
	}
	return diags
}

func FormatPlace(r hcl.Range) string {
	if r.Filename == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line)
}
