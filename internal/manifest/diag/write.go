package diag

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/mitchellh/go-wordwrap"

	"converge/internal/resource"
)

// maxWritten is how many diagnostics are written out in full.
const maxWritten = 50

// Write writes diagnostics for people: what is wrong, where, the source line, and what to do. files are those of the
// manifest.Site. A width of 0 does not wrap.
//
// It shows source lines and the texts of the diagnostics, never a value, and
// not the lines of a place that holds a secret. Control characters in sources
// and texts do not reach the terminal.
func Write(w io.Writer, files map[string]*hcl.File, diags hcl.Diagnostics, width int, color bool) error {
	w = &shortLines{w: w, color: color}
	shown := map[string][]byte{}
	for i, d := range diags {
		if i == maxWritten {
			_, err := fmt.Fprintf(w, "… and %d more.\n", len(diags)-i)
			return err
		}
		var text []byte
		if d.Subject != nil && !IsHidden(d) && files[d.Subject.Filename] != nil {
			name := d.Subject.Filename
			if shown[name] == nil {
				shown[name] = plain(files[name].Bytes)
			}
			text = shown[name]
		}
		if _, err := io.WriteString(w, describe(d, text, width, color)); err != nil {
			return err
		}
	}
	return nil
}

// describe returns a diagnostic as text; text is its source, nil if that must not be shown.
func describe(d *hcl.Diagnostic, text []byte, width int, color bool) string {
	severity, start, end := "Error", "\x1b[31m", "\x1b[0m"
	if d.Severity == hcl.DiagWarning {
		severity, start = "Warning", "\x1b[33m"
	}
	if !color {
		start, end = "", ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s%s: %s\n\n", start, severity, end, plain([]byte(d.Summary)))
	if d.Subject != nil {
		fmt.Fprintf(&b, "  on %s line %d%s:\n", d.Subject.Filename, d.Subject.Start.Line, placeIn(d))
		switch {
		case IsHidden(d):
			b.WriteString(describeHidden(d))
		case text == nil:
			b.WriteString("  (source code not available)\n\n")
		default:
			fmt.Fprintf(&b, "%s\n", snippet(d, text, color))
		}
	}
	if d.Detail != "" {
		detail := string(plain([]byte(d.Detail)))
		if width > 0 {
			detail = wordwrap.WrapString(detail, uint(width))
		}
		fmt.Fprintf(&b, "%s\n\n", detail)
	}
	return b.String()
}

// describeHidden explains why the lines of a diagnostic are not shown.
func describeHidden(d *hcl.Diagnostic) string {
	e := extraOf(d)
	if e.name == "" {
		return fmt.Sprintf("  (not shown: %s)\n\n", e.hidden)
	}
	name := string(plain([]byte(e.name)))
	return fmt.Sprintf("%4d: %s … (not shown: %s)\n      %s\n\n", d.Subject.Start.Line, name, e.hidden, strings.Repeat("^", utf8.RuneCountInString(name)))
}

// placeIn names the declaration that a diagnostic is about.
func placeIn(d *hcl.Diagnostic) string {
	if in := extraOf(d).in; in != "" {
		return ", in " + string(plain([]byte(in)))
	}
	return ""
}

// maxLine is how many bytes of a line are shown: a line of a generated manifest may be as long as the manifest.
const maxLine = 1000

// shortLines truncates long lines.
type shortLines struct {
	w     io.Writer
	color bool
	used  int // bytes of the line so far
}

func (s *shortLines) Write(p []byte) (int, error) {
	var out []byte
	for line := range bytes.Lines([]byte(resource.DecodeMessage(string(p)))) {
		text, end := bytes.CutSuffix(line, []byte("\n"))
		if room := max(0, maxLine-s.used); len(text) <= room {
			out = append(out, text...)
		} else if room > 0 {
			out = append(append(out, bytes.ToValidUTF8(text[:room], nil)...), "…"...)
			if s.color {
				out = append(out, "\x1b[0m"...)
			}
		}
		if s.used += len(text); end {
			out, s.used = append(out, '\n'), 0
		}
	}
	if _, err := s.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// plain replaces control characters byte by byte, so that offsets stay valid.
func plain(b []byte) []byte {
	if bytes.IndexFunc(b, isControl) < 0 {
		return b
	}
	out := bytes.Clone(b)
	for i, c := range out {
		if isControl(rune(c)) {
			out[i] = '?'
		}
	}
	return out
}

func isControl(r rune) bool { return r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0x7f }
