package diag

import (
	"bytes"
	"fmt"
	"io"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/resource"
)

// maxWritten is how many diagnostics are written out in full.
const maxWritten = 50

// Write writes diagnostics for people: what, where, the line, and
// what to do. files are those of the manifest.Site. A width of 0 does not wrap.
//
// It shows source lines and the texts of the diagnostics, never a value, and
// not the lines of a place that holds a secret. Control characters in sources
// and texts do not reach the terminal.
func Write(w io.Writer, files map[string]*hcl.File, diags hcl.Diagnostics, width int, color bool) error {
	w = &shortLines{w: w, color: color}
	shown := map[string]*hcl.File{}
	for i, d := range diags {
		if i == maxWritten {
			_, err := fmt.Fprintf(w, "… and %d more.\n", len(diags)-i)
			return err
		}
		c := *d
		c.Expression, c.EvalContext = nil, nil // the library would print the values in them
		c.Summary, c.Detail = string(plain([]byte(c.Summary))), string(plain([]byte(c.Detail)))
		visible, out := shown, w
		if secret, hidden := c.Extra.(withheld); hidden {
			visible, out = nil, secretWriter{w, secret.why}
		} else if c.Subject != nil && shown[c.Subject.Filename] == nil && files[c.Subject.Filename] != nil {
			shown[c.Subject.Filename] = &hcl.File{Bytes: plain(files[c.Subject.Filename].Bytes)}
		}
		if visible != nil && c.Subject != nil && visible[c.Subject.Filename] != nil {
			// The library walks over its whole input, letter by letter.
			text := visible[c.Subject.Filename].Bytes
			visible = map[string]*hcl.File{c.Subject.Filename: {Bytes: untilLine(text, c.Subject.End.Byte)}}
		}
		if err := hcl.NewDiagnosticTextWriter(out, visible, uint(max(0, width)), color).WriteDiagnostic(&c); err != nil {
			return err
		}
	}
	return nil
}

// untilLine returns text up to the end of the line that contains the byte.
func untilLine(text []byte, at int) []byte {
	if at >= len(text) {
		return text
	}
	if n := bytes.IndexByte(text[at:], '\n'); n >= 0 {
		return text[:at+n+1]
	}
	return text
}

// maxLine is the most bytes of a line that are written: a line of a generated
// manifest may be as long as the manifest.
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

// secretWriter explains why there are no lines where the library reports that it
// has none.
type secretWriter struct {
	io.Writer
	why string
}

func (w secretWriter) Write(p []byte) (int, error) {
	_, err := w.Writer.Write(bytes.ReplaceAll(p, []byte("(source code not available)"), []byte("(not shown: "+w.why+")")))
	return len(p), err
}

// plain replaces control characters byte by byte, so that places stay right.
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
