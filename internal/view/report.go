package view

import (
	"bytes"
	"encoding/json"
	"time"

	"converge/internal/event"
)

// ReportVersion is the version of the format of a [Report]. Within one version, fields are only ever added.
const ReportVersion = 1

// Report is one run for programs: the content of --report FILE. It is written for every outcome of a run, also if the
// run was refused. An absent field is empty, zero or false.
type Report struct {
	Version  int        `json:"version"`
	Converge string     `json:"converge"` // version of the program
	Mode     string     `json:"mode"`     // plan, apply, rollback
	Host     ReportHost `json:"host"`

	Manifest string `json:"manifest,omitempty"` // its path, or the URL that it came from
	Digest   string `json:"digest,omitempty"`   // of the manifests' text: see the page about unattended runs
	SHA256   string `json:"sha256,omitempty"`   // of the archive at the URL
	Site     string `json:"site,omitempty"`
	Plan     string `json:"plan,omitempty"`   // id of the saved plan
	Run      string `json:"run,omitempty"`    // absent: none was begun
	Undoes   string `json:"undoes,omitempty"` // of a rollback: the run that it undoes

	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`
	Exit    int       `json:"exit"`
	Result  string    `json:"result"` // converged, planned, failed, held, refused, locked, stale, interrupted
	Error   string    `json:"error,omitempty"`
	Hints   []string  `json:"hints,omitempty"`

	Counts    *event.Counts `json:"counts,omitempty"` // absent: nothing was planned
	Proved    bool          `json:"proved,omitempty"`
	Partial   bool          `json:"partial,omitempty"`   // of the chosen resources only
	Recurring []string      `json:"recurring,omitempty"` // what every run changes
	Altered   []string      `json:"altered,omitempty"`   // files of the manifest that changed during the run
	Facts     []string      `json:"facts,omitempty"`     // facts that the manifest used and that changed during the run
	Ends      bool          `json:"ends,omitempty"`      // the host reboots after the run

	ReportLines
	TakenBack []*ReportRun `json:"taken_back,omitempty"` // runs that were taken back because a resource failed
	Owed      []Owed       `json:"owed,omitempty"`       // on this host, after the run

	into *ReportRun // the run that events are about; nil: the run itself
}

// ReportRun is a run that undid another one, within an apply.
type ReportRun struct {
	Undoes string        `json:"undoes"`
	Exit   int           `json:"exit"`
	Counts *event.Counts `json:"counts,omitempty"`
	Proved bool          `json:"proved,omitempty"`
	ReportLines
}

// ReportLines are the results of a run: what was done, and what was not and why.
type ReportLines struct {
	Changed  []ReportLine `json:"changed,omitempty"`  // resource, action; in a plan: will be
	Audited  []ReportLine `json:"audited,omitempty"`  // resource, place, action: different, and only audited; error: not known to be, and why
	Failed   []ReportLine `json:"failed,omitempty"`   // resource, place, error, as
	Skipped  []ReportLine `json:"skipped,omitempty"`  // resource, behind
	Notified []ReportLine `json:"notified,omitempty"` // resource, verb, void: no longer needed
	Held     []ReportLine `json:"held,omitempty"`     // resource, verb, error
	Queued   []ReportLine `json:"queued,omitempty"`   // resource, verb, unit, behind
	Ending   []ReportLine `json:"ending,omitempty"`   // resource, verb, behind: what requests the reboot
	Dropped  []ReportLine `json:"dropped,omitempty"`  // resource, verb, error
	Checked  []ReportLine `json:"checked,omitempty"`  // resource, void: skipped
	Warnings []string     `json:"warnings,omitempty"`
}

// ReportHost is the host that the run was about.
type ReportHost struct {
	Hostname   string `json:"hostname"`
	FQDN       string `json:"fqdn,omitempty"`
	MachineID  string `json:"machine_id,omitempty"`
	OS         string `json:"os,omitempty"` // ID and VERSION_ID of os-release
	InstanceID string `json:"instance_id,omitempty"`
	Root       string `json:"root,omitempty"` // of the tree, if it is not the running system
}

// ReportLine is one resource, or one action, of a report.
type ReportLine struct {
	Resource string   `json:"resource,omitempty"` // absent: it is about the run as a whole
	Place    string   `json:"place,omitempty"`
	Action   string   `json:"action,omitempty"`
	Verb     string   `json:"verb,omitempty"`
	Void     bool     `json:"void,omitempty"`
	Unit     string   `json:"unit,omitempty"`
	Behind   []string `json:"behind,omitempty"`
	Error    string   `json:"error,omitempty"`
	As       string   `json:"as,omitempty"` // the resource whose error goes on as this one does
}

// Emit implements [event.Sink]: a report is the sum of a run's events.
func (r *Report) Emit(e event.Event) {
	e = event.Encoded(e)
	if e.Type == event.RunStarted {
		r.startRun(e.Mode)
		return
	}
	if r.into != nil {
		r.into.add(e)
		return
	}
	switch e.Type {
	case event.Undoes:
		r.Undoes = e.Run
	case event.Planned:
		switch line := (ReportLine{Resource: e.Resource, Place: e.Place, Action: e.Action, Error: e.Error}); {
		case r.Mode != "plan" || e.Action == "none" && e.Error == "":
		case e.Audit:
			r.Audited = append(r.Audited, line)
		default:
			r.Changed = append(r.Changed, line)
		}
	case event.PlanFinished:
		if r.Mode == "plan" {
			r.Counts = e.Counts
		} else {
			r.forgetForecast()
		}
	case event.RunFinished:
		r.Counts, r.Proved, r.Partial, r.Recurring = e.Counts, e.Proved, e.Partial, e.Recurring
		r.Altered, r.Facts, r.Ends = e.Altered, e.Facts, e.Ends
	default:
		r.addLine(e)
	}
}

// startRun starts the report of a run. An apply may contain runs that undo others.
func (r *Report) startRun(mode string) {
	r.into = nil
	if r.Mode == "" || r.Mode == mode {
		r.Mode = mode
		return
	}
	r.into = &ReportRun{}
	r.TakenBack = append(r.TakenBack, r.into)
}

func (r *ReportRun) add(e event.Event) {
	switch e.Type {
	case event.Undoes:
		r.Undoes = e.Run
	case event.PlanFinished:
		r.forgetForecast()
	case event.RunFinished:
		r.Counts, r.Proved, r.Exit = e.Counts, e.Proved, e.Exit
	default:
		r.addLine(e)
	}
}

// forgetForecast drops the failures of a run's plan before the run: the run reports those that occur.
func (r *ReportLines) forgetForecast() { r.Failed, r.Skipped, r.Dropped = nil, nil, nil }

func (r *ReportLines) addLine(e event.Event) {
	line := ReportLine{Resource: e.Resource, Place: e.Place, Action: e.Action, Verb: e.Verb, Void: e.Void, Error: e.Error, As: e.As}
	switch e.Type {
	case event.Applied:
		r.Changed = append(r.Changed, line)
	case event.Audited:
		r.Audited = append(r.Audited, line)
	case event.Failed:
		r.Failed = append(r.Failed, line)
	case event.Skipped:
		line.Behind = e.Causes
		r.Skipped = append(r.Skipped, line)
	case event.Notified:
		r.Notified = append(r.Notified, line)
	case event.Held:
		r.Held = append(r.Held, line)
	case event.Queued:
		line.Unit, line.Behind = e.Message, e.Causes
		r.Queued = append(r.Queued, line)
	case event.Ending:
		line.Behind = e.Causes
		r.Ending = append(r.Ending, line)
	case event.Dropped:
		r.Dropped = append(r.Dropped, line)
	case event.Warning:
		r.Warnings = append(r.Warnings, e.Message)
	case event.Checked:
		r.Checked = append(r.Checked, line)
	}
}

// Encode returns the report as the content of a file: one JSON object, with the names that view's package comment
// documents.
func (r *Report) Encode() ([]byte, error) {
	var line, out bytes.Buffer
	if err := newEncoder(&line).Encode(r); err != nil {
		return nil, err
	}
	err := json.Indent(&out, line.Bytes(), "", "  ")
	return out.Bytes(), err
}
