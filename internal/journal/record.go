package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"converge/internal/notify"
	"converge/internal/resource"
)

// format is the version of all files of the state folder.
const format = 1

// record is one line of a run. Exactly one field is set.
type record struct {
	Start    *startRecord   `json:"start,omitempty"`    // first line: user and command
	Begin    *beginRecord   `json:"begin,omitempty"`    // one change is about to be made
	Owe      *notify.Debt   `json:"owe,omitempty"`      // a debt of a change once it is made, before the begins of its batch
	Target   *targetRecord  `json:"told,omitempty"`     // a target of debts, before the first of them in a run
	Done     *doneRecord    `json:"done,omitempty"`     // a change was made, or failed
	Paid     *Payment       `json:"paid,omitempty"`     // a target's debts have ended
	Gone     []string       `json:"gone,omitempty"`     // keys that leave the ledger without a change
	Were     []LedgerChange `json:"were,omitempty"`     // the entries that Gone or Held replace, if a rollback is to restore them
	Held     []LedgerChange `json:"held,omitempty"`     // new entries of the ledger without a change
	Forgot   *thingsRecord  `json:"forgot,omitempty"`   // things that leave the ledger and stay on the host
	Recalled *thingsRecord  `json:"recalled,omitempty"` // things that an earlier run has forgotten
	Fail     *Failure       `json:"fail,omitempty"`     // something failed, or an action was held back
	End      *endRecord     `json:"end,omitempty"`      // last line of a run that was not killed
}

type startRecord struct {
	Format  int       `json:"format"`
	Run     string    `json:"run"`
	Started time.Time `json:"started"`
	After   string    `json:"after,omitempty"` // the run before, if the snapshots did not cover it
	PID     int       `json:"pid,omitempty"`   // the process of the run; 0: of a version without
	Seq     int       `json:"seq,omitempty"`   // number of the run among those with a journal; 0: of a version without
	Info    RunInfo   `json:"info"`
}

// stepKey identifies a step within one run: an undeclared change may have the address of a resource that declares
// something else.
type stepKey struct {
	addr resource.Addr
	also bool
}

func (b *beginRecord) id() stepKey { return stepKey{b.Addr, b.Also} }
func (d *doneRecord) id() stepKey  { return stepKey{d.Addr, d.Also} }

type beginRecord struct {
	Addr   resource.Addr   `json:"addr"`
	Key    string          `json:"key,omitempty"`
	Also   bool            `json:"also,omitempty"` // no resource declares it
	Action resource.Action `json:"action"`
	Owes   int             `json:"owes,omitempty"` // how many of its debts precede; versions that did not number runs wrote these after the begins
	Before json.RawMessage `json:"before"`         // see [Step]
	After  json.RawMessage `json:"after"`

	// Dirs are the folders in which the change may stage files, if the key does not name them: a run that finds this
	// one killed searches them.
	Dirs []string `json:"dirs,omitempty"`

	// Ledger is the ledger's entry for a thing that prune puts back, in case the run is killed before the change is
	// done: the change may have been made, and the original must not be lost. Was is the entry that it replaces.
	Ledger *LedgerChange `json:"ledger,omitempty"`
	Was    *LedgerChange `json:"was,omitempty"`
}

// encodeRecord writes the record {"begin":b}. Its output is that of encoding/json, but faster: a batch of files must
// not wait longer for its journal than for its files. Files have no Dirs, no Ledger and no Was here.
func (b *beginRecord) encodeRecord(buf *bytes.Buffer) {
	buf.WriteString(`{"begin":{"addr":`)
	encodeString(buf, b.Addr.String())
	if b.Key != "" {
		buf.WriteString(`,"key":`)
		encodeString(buf, b.Key)
	}
	if b.Also {
		buf.WriteString(`,"also":true`)
	}
	buf.WriteString(`,"action":`)
	encodeString(buf, string(b.Action))
	if b.Owes > 0 {
		buf.WriteString(`,"owes":`)
		buf.WriteString(strconv.Itoa(b.Owes))
	}
	buf.WriteString(`,"before":`)
	buf.Write(b.Before)
	buf.WriteString(`,"after":`)
	buf.Write(b.After)
	buf.WriteString("}}\n")
}

type doneRecord struct {
	Addr   resource.Addr    `json:"addr"`
	Also   bool             `json:"also,omitempty"`
	At     resource.Instant `json:"at"`
	Error  string           `json:"error,omitempty"`
	Same   bool             `json:"same,omitempty"` // nothing needed a change after all
	Ledger *LedgerChange    `json:"ledger,omitempty"`
	Was    *LedgerChange    `json:"was,omitempty"` // the entry that Ledger replaces; nil: none

	Ended []LedgerChange `json:"ended,omitempty"` // ledger entries that end with it
}

type targetRecord struct {
	Addr  resource.Addr   `json:"addr"`
	Thing string          `json:"thing,omitempty"`
	Want  json.RawMessage `json:"want"`
	Asks  *askRecord      `json:"asks,omitempty"` // nil: it is not a probe, or its question has not changed
}

func (t *targetRecord) ownerOf() notify.Owner {
	return notify.Debt{Target: t.Addr, Thing: t.Thing}.Owner()
}

// Payment is an action that was delivered, or (Void) became unnecessary.
type Payment struct {
	Target  resource.Addr `json:"target"`
	Thing   string        `json:"thing,omitempty"`
	Verb    string        `json:"verb"`
	Void    bool          `json:"void,omitempty"`
	Dropped string        `json:"dropped,omitempty"` // why it could not be delivered
	Renamed bool          `json:"renamed,omitempty"` // it is still owed, under another name
}

// Owner is the target whose debt ended.
func (p Payment) Owner() notify.Owner { return notify.Debt{Target: p.Target, Thing: p.Thing}.Owner() }

type endRecord struct {
	Ended    time.Time `json:"ended"`
	Exit     int       `json:"exit"`
	Counts   Counts    `json:"counts"`
	Failures []Failure `json:"failures,omitempty"` // the first few, shortened
	TakeBack *TakeBack `json:"take_back,omitempty"`
}

// parseLine reads the text of one line.
func (r *record) parseLine(text []byte) error {
	if err := json.Unmarshal(text, r); err != nil {
		return err
	}
	n := 0
	for _, there := range []bool{r.Start != nil, r.Begin != nil, r.Owe != nil, r.Target != nil, r.Done != nil, r.Paid != nil, r.Gone != nil, r.Held != nil, r.Forgot != nil, r.Recalled != nil, r.Fail != nil, r.End != nil} {
		if there {
			n++
		}
	}
	switch {
	case n != 1:
		return errors.New("it is not one record")
	case r.Start != nil && r.Start.Format != format:
		return fmt.Errorf("format %d is not known to this version of converge", r.Start.Format)
	case r.Begin != nil && r.Begin.Addr.IsZero(), r.Done != nil && r.Done.Addr.IsZero(),
		r.Paid != nil && r.Paid.Target.IsZero(), r.Target != nil && r.Target.Addr.IsZero(), r.Owe != nil && (r.Owe.Target.IsZero() || r.Owe.Cause.IsZero()):
		return errors.New("it has no address")
	}
	return nil
}
