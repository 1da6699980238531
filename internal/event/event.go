// Package event is the one stream of what happens in a run: everything that a person, a log or a test learns is an
// [Event], and everything that shows it is a [Sink]. Start with the list of types.
//
// It formats nothing for people; internal/view does. The JSON form of an Event is the wire format of --json: one
// object a line, "version" in the first; fields are only ever added.
package event

import (
	"encoding/json"
	"time"
)

// Version of the wire format, in the first event of a stream.
const Version = 1

// Type is the type of an event.
type Type string

const (
	RunStarted   Type = "run_started"   // Mode, Total: resources in the site, Version
	Undoes       Type = "undoes"        // a rollback: Run, the run taken back; Message: how that was called; Total: how much it changed; Notes: what stays of that
	Waiting      Type = "waiting"       // Message: what for; and the holder
	Recovered    Type = "recovered"     // an earlier run, Run, was killed: Message says what was cleared
	Planned      Type = "planned"       // one resource's forecast; Action none is sent too
	Forecast     Type = "forecast"      // a change to something undeclared, from the solver
	Orphaned     Type = "orphaned"      // made by converge, no longer declared; Action delete if it will be pruned
	Undeclared   Type = "undeclared"    // Total things made by converge, no longer declared, and not examined: Kinds, Shared
	Owes         Type = "owes"          // an action that will be delivered, or is owed by an earlier run (Run)
	Checks       Type = "checks"        // a check that an apply will run: Message: its question; Causes; Run: an earlier one that owes it; Notes; Void: it will be skipped
	PlanFinished Type = "plan_finished" // Counts
	Started      Type = "started"       // work on Resource, or on Total resources at once, begins
	Progress     Type = "progress"      // Message, about work in hand
	Applied      Type = "applied"       // the change was made and observed
	Restored     Type = "restored"      // an earlier step of this run had altered it; it is as declared again: Changes, Notes
	Audited      Type = "audited"       // how an audited resource differs: Action and Changes would make it as declared; Error: it cannot be compared
	Failed       Type = "failed"        // Error, As; without Resource: of a step at the end of the run (daemon-reload)
	Skipped      Type = "skipped"       // Causes: the failed resources that it depends on
	Notified     Type = "notified"      // Verb was delivered to Resource; Causes; Void if it became unnecessary
	Checked      Type = "checked"       // a check has passed: Message: its question; Causes; Elapsed; Void: it was skipped, Notes explain why
	Held         Type = "held"          // Verb is owed to Resource and could not be delivered: Error explains why
	Forgotten    Type = "forgotten"     // Message: the key of a thing that leaves the ledger and stays on the host; Causes: the resource that purges it even so; Void: there is no record of such a thing, Notes: what may be meant
	Recalled     Type = "recalled"      // of a rollback: Message: the key of a thing that returns to the ledger
	Ending       Type = "ending"        // Verb of Resource will end everything that runs when this run has ended: a reboot; Causes, Notes, When
	Queued       Type = "queued"        // the init system has accepted Verb for Resource, and waits for this run to end: Message: the unit; Causes: the unit it waits for
	Dropped      Type = "dropped"       // Verb was owed to Resource and cannot be delivered: Error explains why; in a plan, the next run drops it
	Output       Type = "output"        // an output of the root: Name, Value; Secret: a part of the value is withheld
	Warning      Type = "warning"       // Message
	RunFinished  Type = "run_finished"  // Counts, Proved, Exit
)

// Event is one thing that happened. Which fields are set depends on Type.
type Event struct {
	Type     Type      `json:"type"`
	Version  int       `json:"version,omitempty"`
	Time     time.Time `json:"time,omitzero"`
	Run      string    `json:"run,omitempty"`      // the run that the event is about; in owes and recovered an earlier one
	Mode     string    `json:"mode,omitempty"`     // plan, apply, rollback, check
	Resource string    `json:"resource,omitempty"` // address
	Kind     string    `json:"kind,omitempty"`
	Place    string    `json:"place,omitempty"` // file:line of the declaration

	Action    string   `json:"action,omitempty"` // none, create, update, delete, run
	Changes   []Attr   `json:"changes,omitempty"`
	Audit     bool     `json:"audit,omitempty"`     // of Planned and Audited: only compared, never changed
	Tentative bool     `json:"tentative,omitempty"` // observed before its dependencies were there; of Owes with Void: a planned change of the target has the same effect
	Notes     []string `json:"notes,omitempty"`
	Protected string   `json:"protected,omitempty"` // of Orphaned in a run that prunes: the protector, because of which the thing is kept
	Removes   []string `json:"removes,omitempty"`   // paths that the change removes in addition to Resource

	Verb   string   `json:"verb,omitempty"`
	When   string   `json:"when,omitempty"` // delayed, immediately, before
	Causes []string `json:"causes,omitempty"`
	Void   bool     `json:"void,omitempty"`  // of Dropped: it is no longer needed
	Tried  bool     `json:"tried,omitempty"` // of Held: it was sent, and failed
	Ends   bool     `json:"ends,omitempty"`  // of Owes: the action ends everything that runs; of RunFinished: such an action follows

	Name   string          `json:"name,omitempty"`   // of Output
	Value  json.RawMessage `json:"value,omitempty"`  // of Output
	Secret bool            `json:"secret,omitempty"` // of Output: a part of Value is withheld

	Message string        `json:"message,omitempty"`
	Error   string        `json:"error,omitempty"`
	Root    bool          `json:"needs_root,omitempty"` // of Failed: root may do it, and converge does not run as root
	As      string        `json:"as,omitempty"`         // of Failed: the resource whose Error has the same further lines; this one has only the first
	Elapsed time.Duration `json:"elapsed_ns,omitempty"`

	Flat  bool `json:"-"` // of RunStarted: no resource is in a module
	More  bool `json:"-"` // another event follows at once, so a view may wait for it
	Total int  `json:"total,omitempty"`

	Kinds  map[string]int `json:"kinds,omitempty"`  // of Undeclared: how many of Total are of each kind
	Shared int            `json:"shared,omitempty"` // of Undeclared: how many of Total other sites declare, too

	Counts *Counts `json:"counts,omitempty"`
	Pass   int     `json:"pass,omitempty"`   // 2: in the second pass, which corrects what the first one left altered; absent: in the first
	Proved bool    `json:"proved,omitempty"` // everything was observed after the last change of the run and nothing remains to be done

	// Recurring are the resources that every run changes. If only they remain to be done, Proved is false.
	Recurring []string `json:"recurring,omitempty"`
	Partial   bool     `json:"partial,omitempty"` // the run was restricted to chosen resources: Proved does not cover the others; of Undoes: that run ran commands
	Altered   []string `json:"altered,omitempty"` // inputs of the manifest that changed during the run
	Facts     []string `json:"facts,omitempty"`   // references to facts that the manifest used and that changed during the run: "node.users.web"

	Exit int `json:"exit,omitempty"`
}

// Counts sums up a plan or a run.
type Counts struct {
	Resources int `json:"resources"`
	Create    int `json:"create"`
	Update    int `json:"update"`
	Delete    int `json:"delete"`
	Run       int `json:"run"`
	Failed    int `json:"failed"`
	Skipped   int `json:"skipped"`
	Notified  int `json:"notified"` // in a plan: will be
	Held      int `json:"held"`
	Queued    int `json:"queued,omitempty"`    // jobs that wait for this run to end
	Dropped   int `json:"dropped,omitempty"`   // was owed, and cannot be delivered any more
	Also      int `json:"also"`                // changes to undeclared things
	Tolerated int `json:"tolerated,omitempty"` // failed, and counted for nothing: on_failure is "continue"
	Removes   int `json:"removes,omitempty"`   // paths that changes remove in addition to their own things: purged
	Off       int `json:"off,omitempty"`       // resources that are switched off (when = false): their things stay
	Left      int `json:"left,omitempty"`      // of Resources, left as they are: they belong to another owner, or were edited by hand
	Audited   int `json:"audited,omitempty"`   // of Resources, only audited, and different from their declaration

	Unobserved int `json:"unobserved,omitempty"` // of Resources, only audited, and not comparable
	Restored   int `json:"restored,omitempty"`   // put right again in the same run
	Checked    int `json:"checked,omitempty"`    // checks that have passed; in a plan: that will run
}

// Changed is the number of resources that change.
func (c Counts) Changed() int { return c.Create + c.Update + c.Delete + c.Run }

// Sink takes events. Emit is called from one goroutine at a time.
type Sink interface{ Emit(Event) }

// Tee sends every event to all of its sinks, in order.
type Tee []Sink

// Emit implements Sink.
func (t Tee) Emit(e Event) {
	for _, s := range t {
		s.Emit(e)
	}
}

// Discard is a Sink that ignores events.
type Discard struct{}

// Emit implements Sink.
func (Discard) Emit(Event) {}
