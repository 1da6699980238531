package view

import (
	"encoding/json"
	"fmt"
	"io"
)

// Variable is a variable of a manifest, with the origins of its parts.
type Variable struct {
	Name      string          `json:"name"`
	Value     json.RawMessage `json:"value,omitempty"` // absent: it has none, or is sensitive
	Sensitive bool            `json:"sensitive,omitempty"`
	Parts     []VariablePart  `json:"parts,omitempty"`
}

// VariablePart is a part of a variable's value that has an origin of its own.
type VariablePart struct {
	Name string `json:"name"` // with that of the variable: "listen.port"
	Given
	Overrode []Given `json:"overrode,omitempty"` // the values that it replaced, the latest first
}

// Given is a value with its origin.
type Given struct {
	Value   json.RawMessage `json:"value,omitempty"` // absent: removed, or sensitive
	Removed bool            `json:"removed,omitempty"`
	From    string          `json:"from,omitempty"` // "default", "environment variable CONVERGE_VAR_x", "--var x"
	File    string          `json:"file,omitempty"`
	Line    int             `json:"line,omitempty"`
}

// ShowVariables lists variables as assignments, each with its origin.
func ShowVariables(w io.Writer, vars []Variable) error {
	for _, v := range vars {
		if len(v.Parts) == 0 {
			if _, err := fmt.Fprintf(w, "# %s has no value\n", safe(v.Name)); err != nil {
				return err
			}
		}
		for _, p := range v.Parts {
			line := safe(p.Name) + " = " + p.describeValue(v.Sensitive)
			if p.Removed {
				line = "# " + safe(p.Name) + " is removed"
			}
			if _, err := fmt.Fprintf(w, "%s  # %s\n", line, p.describeOrigin()); err != nil {
				return err
			}
			for _, g := range p.Overrode {
				if _, err := fmt.Fprintf(w, "  # overrides %s, %s\n", g.describeValue(v.Sensitive), g.describeOrigin()); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (g Given) describeValue(sensitive bool) string {
	switch {
	case g.Removed:
		return "null"
	case sensitive:
		return "(sensitive)"
	}
	return safe(string(g.Value))
}

// describeOrigin describes where the value was set: "default, site.hcl:2".
func (g Given) describeOrigin() string {
	text := g.From
	if g.File != "" {
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%s:%d", g.File, g.Line)
	}
	return safe(text)
}
