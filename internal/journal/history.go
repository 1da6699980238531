package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"converge/internal/notify"
	"converge/resources"
)

// RunSummary is one line of the history.
type RunSummary struct {
	ID      string
	Info    RunInfo
	Started time.Time
	Ended   time.Time // zero: it was killed, or goes on
	Exit    int
	Counts  Counts
	Running bool  // it goes on
	Err     error // what is wrong with its file; the rest may be missing then
}

// RunDetail is all that is known of a run, enough to take it back.
type RunDetail struct {
	RunSummary
	Steps []Step // in the order begun
	Paid  []Payment
	Told  map[resources.Addr]json.RawMessage // what the targets of debts were, as After of a step
}

// Payment is an action that was delivered, or (Void) overtaken by events.
type Payment struct {
	Target resources.Addr
	Verb   string
	Void   bool
}

// StepState is how far a change has come.
type StepState string

const (
	Begun  StepState = "begun"  // killed in between: old, new or something between
	Done   StepState = "done"   // made, and seen to be made
	Failed StepState = "failed" // may be made in part
	Same   StepState = "same"   // nothing was changed after all
)

// Step is one change of a run. Before and After are JSON objects of the
// attributes, "null" for a thing that does not exist; in them a content is
// {"$content":{"digest":…,"size":…}} and a secret {"$secret":true}. A secret
// content is {"$content":{"digest":…},"$secret":true}, and so is a secret text
// in Before: the digest finds the old one, which lies in the same folder, and is
// not for showing.
type Step struct {
	Addr   resources.Addr
	Key    string
	Also   bool // no resource asked for it: a transaction brought it along
	Action resources.Action
	Before json.RawMessage
	After  json.RawMessage
	State  StepState
	Error  string            // of a failed one
	At     resources.Instant // when it took effect; zero while begun
	Owes   []notify.Debt     // as raised, paid or not
	Batch  int               // steps of one number were made together

	Ledger *LedgerChange // what it did to the ledger; nil: nothing
	Was    *LedgerChange // what that replaced; nil: nothing
}

func newStep(b *beginRecord) Step {
	return Step{Addr: b.Addr, Key: b.Key, Also: b.Also, Action: b.Action, Before: b.Before, After: b.After, State: Begun}
}

func (s *Step) end(d *doneRecord) {
	s.State, s.At, s.Error = Done, d.At, d.Error
	s.Ledger, s.Was = d.Ledger, d.Was
	switch {
	case d.Same:
		s.State = Same
	case d.Error != "":
		s.State = Failed
	}
}

// Runs returns the runs that did something, newest first. A damaged file is
// told in its own line of the list.
func (s *State) Runs() ([]RunSummary, error) {
	if s.root == nil {
		return nil, nil
	}
	dir, err := s.root.Open("runs")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read history: %w", err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("cannot read history: %w", err)
	}
	newest, err := readCurrent(s.root)
	if err != nil {
		return nil, err
	}
	var out []RunSummary
	for _, name := range names {
		if id, ok := strings.CutSuffix(name, ".jsonl"); ok && validID(id) {
			r := s.summary(id)
			r.Running = r.Ended.IsZero() && id == newest && s.readOnly && readOwner(s.root).alive()
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b RunSummary) int {
		if c := b.Started.Compare(a.Started); c != 0 {
			return c
		}
		return strings.Compare(b.ID, a.ID)
	})
	return out, nil
}

// summary reads the first line of a run and the last.
func (s *State) summary(id string) RunSummary {
	out := RunSummary{ID: id}
	start, err := readStart(s.root, id)
	if err != nil {
		out.Err = err
		return out
	}
	out.Info, out.Started = start.Info, start.Started
	out.Info.ID = id
	end, err := readEnd(s.root, id)
	if err != nil {
		out.Err = err
	} else if end != nil {
		out.Ended, out.Exit, out.Counts = end.Ended, end.Exit, end.Counts
	}
	return out
}

// readEnd returns the last line if it is an end. Its checksum hangs on all
// lines before; so it is parsed here, and checked by [State.Detail].
func readEnd(root *os.Root, id string) (*endRecord, error) {
	f, err := root.Open(runFile(id))
	if err != nil {
		return nil, fmt.Errorf("cannot read run %s: %w", id, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("cannot read run %s: %w", id, err)
	}
	const most = 1024 // an end is shorter
	tail, err := io.ReadAll(io.NewSectionReader(f, max(0, info.Size()-most), most))
	if err != nil {
		return nil, fmt.Errorf("cannot read run %s: %w", id, err)
	}
	text, ok := strings.CutSuffix(string(tail), "\n")
	if !ok {
		return nil, nil
	}
	text = text[strings.LastIndexByte(text, '\n')+1:]
	r := &record{}
	if len(text) < 9 || r.parse([]byte(text[9:])) != nil {
		return nil, nil
	}
	return r.End, nil
}

// Detail reads a whole run.
func (s *State) Detail(id string) (*RunDetail, error) {
	if s.root == nil || !validID(id) {
		return nil, fmt.Errorf("cannot read run %q: %w", id, fs.ErrNotExist)
	}
	d := &RunDetail{}
	at := map[stepKey]int{} // newest step of that name
	batch, ended := 0, false
	err := readRun(s.root, id, func(r *record) {
		d.add(r, at)
		if r.Begin != nil {
			if ended {
				batch, ended = batch+1, false
			}
			d.Steps[len(d.Steps)-1].Batch = batch
		}
		ended = ended || r.Done != nil
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

func (d *RunDetail) add(r *record, at map[stepKey]int) {
	switch {
	case r.Told != nil:
		if d.Told == nil {
			d.Told = map[resources.Addr]json.RawMessage{}
		}
		d.Told[r.Told.Addr] = r.Told.Want
	case r.Start != nil:
		d.ID, d.Info, d.Started = r.Start.Run, r.Start.Info, r.Start.Started
		d.Info.ID = d.ID
	case r.Begin != nil:
		at[r.Begin.id()] = len(d.Steps)
		d.Steps = append(d.Steps, newStep(r.Begin))
	case r.Owe != nil:
		if i, ok := at[stepKey{addr: r.Owe.Cause}]; ok {
			d.Steps[i].Owes = append(d.Steps[i].Owes, *r.Owe)
		}
	case r.Done != nil:
		if i, ok := at[r.Done.id()]; ok {
			d.Steps[i].end(r.Done)
		}
	case r.Paid != nil:
		d.Paid = append(d.Paid, Payment(*r.Paid))
	case r.End != nil:
		d.Ended, d.Exit, d.Counts = r.End.Ended, r.End.Exit, r.End.Counts
	}
}
