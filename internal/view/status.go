package view

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Status is the state of a host after its last run, and its JSON form.
type Status struct {
	Run      string     `json:"run,omitempty"` // empty: no run is known
	Recorded bool       `json:"recorded"`      // converge show RUN shows it
	Started  time.Time  `json:"started,omitzero"`
	Ended    *time.Time `json:"ended,omitempty"` // absent: it was killed, or is running
	Result   string     `json:"result"`          // converged, taken_back, failed, held, settled, interrupted, killed, running, none
	Exit     *int       `json:"exit,omitempty"`  // absent like Ended
	Changed  int        `json:"changed"`
	Failed   int        `json:"failed"`
	Skipped  int        `json:"skipped"`
	Notified int        `json:"notified"`
	Begun    int        `json:"begun,omitempty"` // changes that were in progress when it was killed
	Manifest string     `json:"manifest,omitempty"`
	Site     string     `json:"site,omitempty"`
	Undoes   string     `json:"undoes,omitempty"`   // the run that it undid
	For      string     `json:"for,omitempty"`      // the resource whose failure caused that
	Failures []Failure  `json:"failures,omitempty"` // the first few
	Owed     []Owed     `json:"owed"`
	TakeBack *TakeBack  `json:"take_back,omitempty"` // a rollback that is due; absent: none
	Queued   []string   `json:"queued,omitempty"`    // units whose job was only queued
	Came     []string   `json:"came,omitempty"`      // units that were queued, and are up now
	Holder   string     `json:"holder,omitempty"`    // the holder of the lock
	Changes  string     `json:"changes,omitempty"`   // the newest run that changed anything, or tried to
	Sites    []Site     `json:"sites,omitempty"`     // the last run of every site, by name
	Revert   string     `json:"-"`                   // the run whose rollback ends a bad result; "": none does
}

// TakeBack is a due rollback: a resource with on_failure = "rollback" has failed, and its rollback was not finished.
type TakeBack struct {
	For  string   `json:"for"`  // the resource
	Runs []string `json:"runs"` // newest first
}

// Site is the result of the last run of one site.
type Site struct {
	Site   string     `json:"site"`
	Run    string     `json:"run"`
	Ended  *time.Time `json:"ended,omitempty"` // absent: it was killed
	Result string     `json:"result"`
	Exit   *int       `json:"exit,omitempty"` // absent like Ended
	Gone   bool       `json:"gone,omitempty"` // its manifest no longer exists
	Revert string     `json:"-"`              // as that of Status
}

// Failure is one failed step.
type Failure struct {
	Resource string `json:"resource"`
	Verb     string `json:"verb,omitempty"`
	Error    string `json:"error,omitempty"`
}

// Owed is an action that is still owed.
type Owed struct {
	Resource string `json:"resource"`
	Verb     string `json:"verb"`
	Run      string `json:"run"`
}

// ShowStatus shows the status for people.
func ShowStatus(w io.Writer, color bool, width int, s Status) error {
	h := &screen{opt: Options{Color: color, Width: width}}
	writeStatusHead(h, s)
	for _, f := range s.Failures {
		if s.Result != "settled" {
			writeFailure(h, f)
		}
	}
	for _, o := range s.Owed {
		h.writeLine(h.paint(yellow, "Owed: "), safe(o.Resource+" "+o.Verb), h.paint(dim, ", since run "+safe(o.Run)))
	}
	if t := s.TakeBack; t != nil {
		h.writeLine(h.paint(yellow, "To be taken back: "), safe(strings.Join(t.Runs, ", ")), h.paint(dim, ", because "+safe(t.For)+" failed; the next apply or rollback does that first"))
	}
	for _, o := range s.Sites {
		if o.Site != s.Site {
			at := ""
			if o.Ended != nil {
				at = " at " + Stamp(*o.Ended)
			}
			gone := ""
			if o.Gone {
				gone = "; its manifest is not there any more"
			}
			h.writeLine("Site "+safe(o.Site)+": run "+safe(o.Run)+" ", h.paint(resultStyle(o.Result), resultWords(o.Result)), at, h.paint(dim, gone))
		}
	}
	for _, line := range adviseStatus(s) {
		h.writeLine("To end this: ", line)
	}
	for _, unit := range s.Queued {
		h.writeLine(h.paint(yellow, "Queued: "), safe(unit))
	}
	for _, unit := range s.Came {
		h.writeLine(h.paint(green, "Queued, and settled now: "), safe(unit))
	}
	return h.flushTo(w)
}

// adviseStatus says how a state ends that monitoring counts as bad: a run that did not come right, and a site whose
// manifest is gone.
func adviseStatus(s Status) (lines []string) {
	what := "the manifest"
	if s.Manifest != "" {
		what = safe(s.Manifest)
	}
	isGone := slices.ContainsFunc(s.Sites, func(o Site) bool { return o.Site == s.Site && o.Gone })
	switch {
	case isGone && IsBad(s.Result) && s.Revert != "":
		lines = append(lines, "its manifest is gone: "+adviseRevert(s.Revert, "the run"))
	case isGone: // nothing is left to apply
	case IsBad(s.Result) || s.Result == takenBack:
		line := fmt.Sprintf("apply %s again, once its cause is fixed", what)
		if s.Revert != "" {
			line += ", or take the run back: converge rollback " + safe(s.Revert)
		}
		lines = append(lines, line)
	}
	for _, o := range s.Sites {
		line := "site " + safe(o.Site)
		switch {
		case o.Site == s.Site || !IsBad(o.Result), o.Gone && o.Revert == "":
			continue
		case o.Gone:
			line += ", whose manifest is gone: " + adviseRevert(o.Revert, "its run")
		case o.Revert != "":
			line += ": apply it again, or take its run back: converge rollback " + safe(o.Revert)
		default:
			line += ": apply it again"
		}
		lines = append(lines, line)
	}
	return lines
}

func adviseRevert(run, what string) string {
	return fmt.Sprintf("converge rollback %s takes %s back", safe(run), what)
}

// IsBad reports whether a result means that a run did not come right.
func IsBad(result string) bool {
	return result == "failed" || result == "interrupted" || result == "killed"
}

func writeStatusHead(h *screen, s Status) {
	if s.Holder != "" {
		h.writeLine("A run is in progress: ", safe(s.Holder))
	}
	if s.Run == "" {
		if s.Holder == "" {
			h.writeLine("No run has ended here yet.")
		}
		return
	}
	h.writeLine(h.paint(bold, "Run "+safe(s.Run)), " ", h.paint(resultStyle(s.Result), resultWords(s.Result)), statusCounts(s))
	if !s.Started.IsZero() {
		h.writeLine("  started  ", Stamp(s.Started))
	}
	if s.Ended != nil && s.Exit != nil {
		h.writeLine("  ended    ", Stamp(*s.Ended), ", exit status ", fmt.Sprint(*s.Exit))
	}
	if s.Result == "settled" {
		h.writeLine("  since    ", "what it left owed is settled")
	}
	if s.Manifest != "" {
		h.writeLine("  manifest ", safe(s.Manifest))
	}
	if s.Site != "" && s.Site != s.Manifest {
		h.writeLine("  site     ", safe(s.Site))
	}
	if s.Undoes != "" {
		because := ""
		if s.For != "" {
			because = ", because " + safe(s.For) + " failed"
		}
		h.writeLine("  takes back ", safe(s.Undoes), because)
	}
	if s.Result == takenBack {
		h.writeLine("  so       ", "the host is as it was before that run, and not as its manifest declares")
	}
}

// takenBack is the result of a run that undid another one because a resource had failed.
const takenBack = "taken_back"

// resultWords describes a result for people.
func resultWords(result string) string {
	if result == takenBack {
		return "took back a run that failed"
	}
	return result
}

func statusCounts(s Status) string {
	counts := tally(counted(s.Changed, "changed"), counted(s.Failed, "failed"), counted(s.Skipped, "skipped"),
		counted(s.Notified, "notified"), counted(s.Begun, "in progress when it was killed"))
	if counts == "" {
		return ""
	}
	return ": " + counts
}

// writeFailure shows one failure, with its cause below it.
func writeFailure(h *screen, f Failure) {
	name := strings.TrimSpace(f.Resource + " " + f.Verb)
	if name == "" {
		h.writeLine(h.paint(red, "!"), " nothing was changed:")
		h.writeBlock(4, plain, f.Error)
		return
	}
	h.writeLine(h.paint(red, "! "), safe(name))
	if f.Error != "" {
		h.writeBlock(4, plain, f.Error)
	}
}

// Debt is one owed action, and its JSON form.
type Debt struct {
	Resource string    `json:"resource"`
	Verb     string    `json:"verb"`
	Thing    string    `json:"thing,omitempty"` // the thing that the resource represents
	Run      string    `json:"run"`             // since which it is owed
	Since    time.Time `json:"since,omitzero"`
	Causes   []string  `json:"causes"`
	Sites    []string  `json:"sites,omitempty"` // whose runs owe it
	Dropped  bool      `json:"dropped,omitempty"`
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
