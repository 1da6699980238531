package view

import "io"

// Fault is the error that ends a command with --json: the last object on standard output.
type Fault struct {
	Type string `json:"type"` // "error"
	Code int    `json:"code"` // the exit status
	Finding
	Hints    []string  `json:"hints,omitempty"`
	Findings []Finding `json:"diagnostics,omitempty"` // of a manifest: all that is wrong with it; the fault itself is the first error
}

// Finding is one thing that is wrong, with its place where it has one.
type Finding struct {
	Severity string `json:"severity,omitempty"` // error or warning; of diagnostics
	Summary  string `json:"summary"`
	Detail   string `json:"detail,omitempty"`
	File     string `json:"file,omitempty"`
	Range    *Range `json:"range,omitempty"`
}

// Range is a part of a file. Its end is the position behind its last byte.
type Range struct {
	Start Position `json:"start"`
	End   Position `json:"end"`
}

// Position is a place in a file: line and column count from 1, byte from 0.
type Position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Byte   int `json:"byte"`
}

// WriteFault writes the error that ends a command, as one line.
func WriteFault(w io.Writer, f Fault) error {
	f.Type = "error"
	return WriteJSON(w, f)
}

// Validity is the answer to whether a manifest is valid.
type Validity struct {
	Valid     bool      `json:"valid"`
	Resources int       `json:"resources"`
	Findings  []Finding `json:"diagnostics"` // warnings
}
