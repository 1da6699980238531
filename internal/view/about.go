package view

import (
	"encoding/json"
	"fmt"
	"io"
)

// Build says where a binary comes from.
type Build struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Dirty   bool   `json:"modified,omitempty"` // built from a changed tree
	Go      string `json:"go"`
	System  string `json:"platform"`
}

// ShowBuild writes the version of a program and where the program comes from.
func ShowBuild(w io.Writer, program string, b Build) {
	fmt.Fprintf(w, "%s %s\n", program, b.Version)
	if b.Commit != "" {
		dirty := ""
		if b.Dirty {
			dirty = ", modified"
		}
		fmt.Fprintf(w, "commit %s%s\n", b.Commit, dirty)
	}
	fmt.Fprintf(w, "%s %s\n", b.Go, b.System)
}

// BuildJSON writes a build as one JSON object.
func BuildJSON(w io.Writer, b Build) error { return json.NewEncoder(w).Encode(b) }

// Term is a word with its meaning in one line.
type Term struct{ Word, Meaning string }

// Terms lists words with their meanings, one a line.
func Terms(w io.Writer, ts []Term) {
	for _, t := range ts {
		fmt.Fprintf(w, "%-12s %s\n", t.Word, t.Meaning)
	}
}

// Text writes a text of this program that is laid out already.
func Text(w io.Writer, s string) { fmt.Fprint(w, s) }
