package journal

import (
	"strings"
	"unicode/utf8"
)

// Failure is one thing that did not go as it should in a run.
type Failure struct {
	Resource string   `json:"resource"`         // address
	Verb     string   `json:"verb,omitempty"`   // an action that is still owed
	Error    string   `json:"error,omitempty"`  // why
	Behind   []string `json:"behind,omitempty"` // it was skipped because these failed
}

// The end of a run names the first few failures, each cut short, so that the
// history reads a bounded tail of every run. The journal holds them whole.
const (
	mostFailures   = 8
	maxFailureText = 400      // bytes
	maxEnd         = 32 << 10 // bytes of the longest end; escapes take up to six bytes for one
)

// Fail notes something that failed, was skipped or is held back. It does not
// wait for the disk.
func (r *Run) Fail(f Failure) error {
	f.Error = r.scrubText(f.Error)
	if err := r.writeRecords([]record{{Fail: &f}}, false); err != nil {
		return err
	}
	if len(r.failures) < mostFailures && len(f.Behind) == 0 {
		f.Error, f.Resource = cutText(f.Error), cutText(f.Resource)
		r.failures = append(r.failures, f)
	}
	return nil
}

// cutText shortens s to maxFailureText bytes, between two characters.
func cutText(s string) string {
	if len(s) <= maxFailureText {
		return s
	}
	s = s[:maxFailureText]
	for len(s) > 0 && !utf8.ValidString(s[max(0, len(s)-utf8.UTFMax):]) && !utf8.RuneStart(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return strings.ToValidUTF8(s, "") + "…"
}
