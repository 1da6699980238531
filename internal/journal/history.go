package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"converge/internal/notify"
	"converge/internal/resource"
)

// RunSummary is one line of the history.
type RunSummary struct {
	ID      string
	Info    RunInfo
	Started time.Time
	Ended   time.Time // zero: it was killed, or is in progress
	Exit    int
	Counts  Counts
	Failed  []Failure // the first few failures
	Seq     int       // number of the run, which orders runs whatever the clock showed; 0: of a version without
	Running bool      // it is in progress
	Err     error     // the fault of its file; other fields may then be missing
}

// RunDetail is the full record of a run, enough to take it back.
type RunDetail struct {
	RunSummary
	Steps    []Step // in the order begun
	Paid     []Payment
	Fails    []Failure                         // failures and held actions, including those of steps
	Notified map[resource.Addr]json.RawMessage // declarations of the targets of debts, like After of a step
	Asked    map[resource.Addr]Asked           // probes whose question it changed
	Forgot   []string                          // keys of things that left the ledger and stayed on the host
	Recalled []string                          // keys of things that returned to the ledger
	Released []LedgerChange                    // entries that left the ledger without a change, as they were
	Returned []Returned                        // entries that returned to it without a change

	forgot []*thingsRecord
}

// Returned is an entry of the ledger that a rollback has restored, and the entry that it replaced.
type Returned struct{ Was, Now LedgerChange }

// StepState is the progress of a change.
type StepState string

const (
	Begun  StepState = "begun"  // killed in between: old, new or a mixture
	Done   StepState = "done"   // made, and observed
	Failed StepState = "failed" // may be made in part
	Same   StepState = "same"   // nothing needed a change after all
)

// Step is one change of a run. Before and After are JSON objects of the attributes, "null" for a thing that does not
// exist. In them a content is {"$content":{"digest":…,"size":…}} and a secret {"$secret":true}. A secret content is
// {"$content":{"digest":…},"$secret":true}, and so is a secret text in Before: the digest leads to the old content in
// the same folder, which must not be shown.
type Step struct {
	Addr   resource.Addr
	Key    string
	Also   bool // no resource asked for it: a transaction caused it
	Action resource.Action
	Before json.RawMessage
	After  json.RawMessage
	State  StepState
	Error  string           // of a failed one
	At     resource.Instant // when it took effect; zero while begun
	Owes   []notify.Debt    // as raised, even if paid since
	Batch  int              // steps with one number were made together

	Dirs   []string       // where it may have staged files, in addition to the folder of its key
	Ledger *LedgerChange  // its effect on the ledger; nil: none
	Was    *LedgerChange  // what that replaced; nil: nothing
	Ended  []LedgerChange // entries of the ledger that ended with it, as they were
}

func newStep(b *beginRecord) Step {
	return Step{
		Addr: b.Addr, Key: b.Key, Also: b.Also, Action: b.Action, Before: b.Before, After: b.After, State: Begun,
		Ledger: b.Ledger, Was: b.Was, Dirs: b.Dirs,
	}
}

func (s *Step) endStep(d *doneRecord) {
	s.State, s.At, s.Error = Done, d.At, d.Error
	s.Ledger, s.Was, s.Ended = d.Ledger, d.Was, d.Ended
	switch {
	case d.Same:
		s.State = Same
	case d.Error != "":
		s.State = Failed
	}
}

// Runs returns the runs that did something, newest first. A damaged file is reported in its own line of the list; a
// run that was killed before it began is omitted.
func (f *folder) Runs() ([]RunSummary, error) {
	if f.root == nil {
		return nil, nil
	}
	ids, err := f.runIDs()
	if err != nil {
		return nil, err
	}
	newest, err := readCurrent(f.root)
	if err != nil {
		return nil, err
	}
	var out []RunSummary
	named := map[string]bool{newest: true} // runs that another run names, and the newest
	for _, id := range ids {
		r, after, pid := f.summarizeRun(id)
		named[after] = true
		if r.Err == nil && r.Ended.IsZero() && id == newest {
			if r.Running = f.isRunning(pid); !r.Running {
				r, _, _ = f.summarizeRun(id) // it may have ended meanwhile
			}
		}
		out = append(out, r)
	}
	out = slices.DeleteFunc(out, func(r RunSummary) bool { return errors.As(r.Err, &unbegunError{}) && !named[r.ID] })
	slices.SortFunc(out, newestFirst)
	return out, nil
}

// summarizeRun reads the first and the last line of a run, and the whole of a run without an end. after is the run
// before it, and pid the process that made it.
func (f *folder) summarizeRun(id string) (out RunSummary, after string, pid int) {
	out.ID = id
	start, err := readStart(f.root, id)
	if err != nil {
		out.Err = err
		return out, "", 0
	}
	out.takeStart(start)
	end, err := readEnd(f.root, id)
	switch {
	case err != nil:
		out.Err = err
	case end != nil:
		out.takeEnd(end)
	default:
		var d *RunDetail
		if d, out.Err = f.Detail(id); d != nil {
			out.Counts = d.countSteps()
		}
	}
	return out, start.After, start.PID
}

// readEnd returns the last line if it is an end. Its checksum depends on all lines before, so it is only parsed here;
// [State.Detail] checks it.
func readEnd(root *os.Root, id string) (*endRecord, error) {
	tail, err := readTail(root, runFile(id), maxEnd)
	if err != nil {
		return nil, fmt.Errorf("cannot read run %s: %w", id, err)
	}
	text, ok := strings.CutSuffix(string(tail), "\n")
	if !ok {
		return nil, nil
	}
	text = text[strings.LastIndexByte(text, '\n')+1:]
	r := &record{}
	if len(text) < 9 || r.parseLine([]byte(text[9:])) != nil {
		return nil, nil
	}
	return r.End, nil
}

// Find returns the only one of runs whose id begins with prefix; runs are sorted newest first, and "last" is the
// newest.
func Find(runs []RunSummary, prefix string) (RunSummary, error) {
	if prefix == "last" && len(runs) > 0 {
		return runs[0], nil
	}
	var found []RunSummary
	for _, r := range runs {
		if r.ID == prefix {
			return r, nil
		}
		if prefix != "" && strings.HasPrefix(r.ID, prefix) {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		return RunSummary{}, missing(fmt.Sprintf("there is no run %q", prefix))
	case 1:
		return found[0], nil
	}
	return RunSummary{}, fmt.Errorf("%d runs begin with %q", len(found), prefix)
}
