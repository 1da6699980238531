package view

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"converge/internal/event"
)

// Run is a run in the history, and its JSON form.
type Run struct {
	ID       string     `json:"run"`
	Started  time.Time  `json:"started"`
	Ended    *time.Time `json:"ended,omitempty"`
	Result   string     `json:"result"`         // converged, failed, held, interrupted, killed, running, damaged
	Exit     *int       `json:"exit,omitempty"` // absent like Ended
	Changed  int        `json:"changed"`        // without an end: as far as is known
	Failed   int        `json:"failed"`
	Owed     int        `json:"owed"` // notifications that it raised and that are still owed
	Notified int        `json:"notified"`
	Begun    int        `json:"begun,omitempty"` // changes that are in progress, or were when it was killed
	User     string     `json:"user,omitempty"`
	Command  []string   `json:"command,omitempty"` // without values of variables
	Manifest string     `json:"manifest,omitempty"`
	Site     string     `json:"site,omitempty"`
	Version  string     `json:"version,omitempty"`
	Undoes   string     `json:"undoes,omitempty"`   // the run that it undoes
	Failures []Failure  `json:"failures,omitempty"` // the first few things that failed, and why
	Error    string     `json:"error,omitempty"`    // what is wrong with its record
}

// RunDetail is a run with everything that it did, and its JSON form.
type RunDetail struct {
	Run
	Changes  []event.Event `json:"changes"`            // applied and failed ones, in order
	Notified []event.Event `json:"notified"`           // notified and held ones
	Forgot   []string      `json:"forgot,omitempty"`   // keys of things that left the ledger
	Recalled []string      `json:"recalled,omitempty"` // keys of things that came back to the ledger
	Others   []event.Event `json:"others"`             // failures before any change had begun, and skipped steps

	// Purged maps keys to the resource that removed a forgotten thing in the same run, and what it purged. All others
	// stayed on the host.
	Purged map[string]string `json:"purged,omitempty"`

	// Inside holds the changes inside changed directories, which determined their order: for the picture of a page.
	Inside []Inside `json:"-"`
}

// Inside is a resource at a path in the directory of another one, by their addresses.
type Inside struct {
	Resource, Directory string
	First               bool // the resource came first: its directory was removed
}

// Runs lists runs for people.
func Runs(w io.Writer, color bool, runs []Run) error {
	h := &screen{opt: Options{Color: color}}
	if len(runs) == 0 {
		h.writeLine("No run is kept: none has changed anything yet, or all were forgotten.")
	} else {
		h.writeLine(h.paint(bold, fmt.Sprintf("%-21s  %-19s  %-11s  %7s  %4s  %-10s  %s", "RUN", "STARTED (UTC)", "RESULT", "CHANGES", "OWED", "BY", "COMMAND")))
	}
	for _, r := range runs {
		started := "-"
		if !r.Started.IsZero() {
			started = moment(r.Started)
		}
		h.writeLine(fmt.Sprintf("%-21s  %-19s  ", safe(r.ID), started), h.paint(resultStyle(r.Result), fmt.Sprintf("%-11s", r.Result)),
			fmt.Sprintf("  %7s  %4d  %-10s  ", thousands(r.Changed), r.Owed, safe(r.User)), safe(r.line()))
		if r.Error != "" {
			h.writeBlock(4, plain, r.Error)
		}
	}
	return h.flushTo(w)
}

// line returns the call of the run, its site if the call does not name it, and remarks.
func (r *Run) line() string {
	if site := r.UntoldSite(); site != "" {
		return r.call("  (site " + site + ")")
	}
	return r.call("")
}

// UntoldSite returns the site of the run, if its call does not name it.
func (r *Run) UntoldSite() string {
	if slices.Contains(r.Command, r.Site) {
		return ""
	}
	return r.Site
}

// call returns the call of the run, the site, and the run that it undoes.
func (r *Run) call(site string) string {
	s := strings.Join(append([]string{"converge"}, r.Command...), " ") + site
	if r.Undoes != "" {
		s += "  (takes back " + r.Undoes + ")"
	}
	if r.Result == "converged" && r.Changed+r.Notified == 0 {
		s += "  (noted in the state folder only)"
	}
	return s
}

func resultStyle(result string) style {
	switch result {
	case "converged", "settled":
		return green
	case "running":
		return plain
	case "held", "interrupted":
		return yellow
	}
	return red
}

// ShowRun shows a run for people: its changes as in a plan.
func ShowRun(w io.Writer, color bool, width int, verbose bool, r RunDetail) error {
	h := &applyWriter{changeWriter: &changeWriter{mode: "plan", screen: &screen{opt: Options{Color: color, Width: width, Verbose: verbose}}}}
	h.writeLine(h.paint(bold, "Run "+safe(r.ID)), " ", h.paint(resultStyle(r.Result), r.Result))
	took := ""
	if r.Ended != nil {
		took = ", took " + elapsed(r.Ended.Sub(r.Started))
	}
	h.writeLine("  started  ", Stamp(r.Started), took)
	h.writeLine("  by       ", safe(r.User), ": ", safe(r.call("")))
	if r.Manifest != "" && filepath.IsAbs(r.Manifest) {
		h.writeLine("  manifest ", safe(r.Manifest))
	}
	if r.Site != "" && r.Site != r.Manifest {
		h.writeLine("  site     ", safe(r.Site))
	}
	h.shownAny = len(r.Changes) > 0
	for i, e := range r.Changes {
		if i == 0 {
			h.writeLine()
		}
		if e.Type == event.Failed {
			h.writeFailed(e)
			h.writeAttrs(e)
			continue
		}
		h.writeChange(e)
	}
	h.writeOthers(r.Others)
	for i, key := range append(slices.Clone(r.Forgot), r.Recalled...) {
		if i == 0 {
			h.writeLine()
		}
		how := " is forgotten: it stays on the host"
		switch by := r.Purged[key]; {
		case i >= len(r.Forgot):
			how = " is not forgotten any more"
		case by != "":
			how = " is forgotten, and was removed with what " + by + " purged"
		}
		h.writeForgotten(event.Event{Message: key}, how)
	}
	if len(r.Notified) > 0 {
		h.writeSection("Notifications:")
	}
	for _, e := range r.Notified {
		h.writeLine("  ", h.paint(purple, "* "), safe(e.Resource+" "+e.Verb), causes(e.Causes), h.paint(dim, ", "+safe(e.Message)))
		if e.Error != "" {
			h.writeBlock(4, plain, e.Error)
		}
	}
	return h.flushTo(w)
}

// writeOthers shows failures before any change had begun, and the steps skipped because of them.
func (h *applyWriter) writeOthers(es []event.Event) {
	for i, e := range es {
		if i == 0 {
			h.writeLine()
		}
		if e.Type == event.Skipped {
			h.writeSkipped(e)
			continue
		}
		h.writeFailed(e)
	}
}
