package view

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// TestResult is the result of a test of plans.
type TestResult struct {
	File     string        `json:"file"`
	Line     int           `json:"line"`
	Name     string        `json:"test"`
	Passed   bool          `json:"passed"`
	Failures [][]string    `json:"failures,omitempty"` // each a headline with its place, and more lines
	Elapsed  time.Duration `json:"elapsed_ns"`
	Updated  string        `json:"updated,omitempty"` // the golden plan that was rewritten
}

// TestSummary sums up tests.
type TestSummary struct {
	Tests    int        `json:"tests"`
	Failed   int        `json:"failed"`
	Untested []Untested `json:"untested,omitempty"`
}

// Untested are the blocks of a manifest that no test covers.
type Untested struct {
	Manifest string   `json:"manifest"`
	Blocks   []string `json:"blocks"`
	Of       int      `json:"of"` // all its blocks
}

// ShowTest writes the result of a test.
func ShowTest(w io.Writer, color bool, t TestResult) {
	h := &screen{opt: Options{Color: color}}
	word, style := "ok    ", green
	if !t.Passed {
		word, style = "FAIL  ", red
	}
	h.writeLine(h.paint(style, word), safe(t.Name), h.paint(dim, fmt.Sprintf("  # %s:%d", safe(t.File), t.Line)))
	if t.Updated != "" {
		h.writeLine("      wrote ", safe(t.Updated))
	}
	for _, lines := range t.Failures {
		for _, l := range lines {
			h.writeLine("      ", safeTabs(l))
		}
	}
	h.flushTo(w)
}

// shownUntested is how many uncovered blocks are listed.
const shownUntested = 6

// SumUpTests writes how many tests have passed, and the blocks that none of them covers.
func SumUpTests(w io.Writer, color bool, s TestSummary, verbose bool) {
	h := &screen{opt: Options{Color: color}}
	h.writeLine()
	for _, u := range s.Untested {
		names, more := u.Blocks, ""
		if len(names) > shownUntested && !verbose {
			names, more = names[:shownUntested], fmt.Sprintf(" and %d more", len(names)-shownUntested)
		}
		h.writeLine(h.paint(dim, fmt.Sprintf("Named by no test, %d of %s in %s: ", len(u.Blocks), plural(u.Of, "block"), safe(u.Manifest))), safe(strings.Join(names, ", ")), more)
	}
	if s.Failed > 0 {
		h.writeLine(h.paint(red, fmt.Sprintf("%s, %d failed.", plural(s.Tests, "test"), s.Failed)))
	} else {
		h.writeLine(agree(s.Tests, "1 test passed.", "tests passed."))
	}
	h.flushTo(w)
}
