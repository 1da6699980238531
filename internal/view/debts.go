package view

import (
	"io"
	"time"
)

// Debt is one action that is owed, and its JSON form.
type Debt struct {
	Resource string    `json:"resource"`
	Verb     string    `json:"verb"`
	Thing    string    `json:"thing,omitempty"` // what the resource stands for
	Run      string    `json:"run"`             // since which it is owed
	Since    time.Time `json:"since,omitzero"`
	Causes   []string  `json:"causes"`
	Sites    []string  `json:"sites,omitempty"` // whose runs owe it
	Dropped  bool      `json:"dropped,omitempty"`
}

// DebtsJSON writes one object a line.
func DebtsJSON(w io.Writer, ds []Debt) error {
	enc := newEncoder(w)
	for _, d := range ds {
		if err := enc.Encode(d); err != nil {
			return err
		}
	}
	return nil
}

// Debts lists debts that are owed, or were dropped, for people.
func Debts(w io.Writer, color bool, ds []Debt) error {
	h := &screen{opt: Options{Color: color}}
	if len(ds) == 0 {
		h.writeLine("Nothing is owed.")
	}
	for _, d := range ds {
		word := ""
		if d.Dropped {
			word = "Dropped: "
		}
		h.writeLine(h.paint(yellow, word), h.paint(bold, safe(d.Resource)), " ", safe(d.Verb), h.paint(dim, ", owed since run "+safe(d.Run)))
		for _, c := range d.Causes {
			h.writeLine("  for ", safe(c))
		}
		if d.Thing != "" {
			h.writeLine(h.paint(dim, "  it stands for "+safe(d.Thing)))
		}
		for _, s := range d.Sites {
			if s == "-" {
				h.writeLine(h.paint(dim, "  a manifest from standard input"))
				continue
			}
			h.writeLine(h.paint(dim, "  site "+safe(s)))
		}
	}
	return h.flushTo(w)
}
