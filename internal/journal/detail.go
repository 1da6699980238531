package journal

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"

	"converge/internal/notify"
	"converge/internal/resource"
)

// Detail reads a whole run.
func (h history) Detail(id string) (*RunDetail, error) {
	if h.in.root == nil || !validID(id) {
		return nil, fmt.Errorf("cannot read run %q: %w", id, fs.ErrNotExist)
	}
	r := newDetailReader()
	if err := readRun(h.in.root, id, r.addRecord); err != nil {
		return nil, err
	}
	return r.d, nil
}

// detailReader puts the records of a run together.
type detailReader struct {
	d      *RunDetail
	at     map[stepKey]int                 // newest step of that name
	raised map[resource.Addr][]notify.Debt // debts of changes that are not read yet
	batch  int
	ended  bool // a step of this batch has ended, so the next begin is of another
}

func newDetailReader() *detailReader {
	return &detailReader{d: &RunDetail{}, at: map[stepKey]int{}, raised: map[resource.Addr][]notify.Debt{}}
}

func (r *detailReader) addRecord(rec *record) {
	d := r.d
	switch {
	case rec.Start != nil:
		d.ID, d.Info, d.Started, d.Seq = rec.Start.Run, rec.Start.Info, rec.Start.Started, rec.Start.Seq
		d.Info.ID = d.ID
	case rec.Target != nil:
		if d.Notified == nil {
			d.Notified = map[resource.Addr]json.RawMessage{}
		}
		d.Notified[rec.Target.Addr] = rec.Target.Want
	case rec.Owe != nil:
		r.addDebt(rec.Owe)
	case rec.Begin != nil:
		r.beginStep(rec.Begin)
	case rec.Done != nil:
		r.ended = true
		if i, ok := r.at[rec.Done.id()]; ok {
			d.Steps[i].endStep(rec.Done)
		}
	case rec.Fail != nil:
		d.Fails = append(d.Fails, *rec.Fail)
	case rec.Paid != nil:
		d.Paid = append(d.Paid, Payment(*rec.Paid))
	case rec.End != nil:
		d.Ended, d.Exit, d.Counts, d.Failed = rec.End.Ended, rec.End.Exit, rec.End.Counts, rec.End.Failures
	}
}

func (r *detailReader) beginStep(b *beginRecord) {
	if r.ended {
		r.batch, r.ended = r.batch+1, false
	}
	step := newStep(b)
	step.Batch = r.batch
	if b.Owes > 0 {
		step.Owes = r.raised[b.Addr]
		delete(r.raised, b.Addr)
	}
	r.at[b.id()] = len(r.d.Steps)
	r.d.Steps = append(r.d.Steps, step)
}

// addDebt files a debt with its change. Versions that did not number runs wrote it
// after the change.
func (r *detailReader) addDebt(debt *notify.Debt) {
	if r.d.Seq > 0 {
		r.raised[debt.Cause] = append(r.raised[debt.Cause], *debt)
		return
	}
	if i, ok := r.at[stepKey{addr: debt.Cause}]; ok {
		r.d.Steps[i].Owes = append(r.d.Steps[i].Owes, *debt)
	}
}

// countSteps counts how far a run without an end has got.
func countSteps(root *os.Root, id string) (Counts, error) {
	r := newDetailReader()
	if err := readRun(root, id, r.addRecord); err != nil {
		return Counts{}, err
	}
	var c Counts
	for _, s := range r.d.Steps {
		switch {
		case s.Also, s.State == Same, string(s.After) == "null": // the last is an action
		case s.State == Failed:
			c.Failed++
		case s.State == Begun:
			c.Begun++
		default:
			c.Changed++
		}
	}
	for _, p := range r.d.Paid {
		if !p.Void && p.Dropped == "" && !p.Renamed {
			c.Notified++
		}
	}
	return c, nil
}
