package journal

import (
	"encoding/json"
	"fmt"
	"io/fs"

	"converge/internal/notify"
	"converge/internal/resource"
)

// Detail reads a whole run.
func (f *folder) Detail(id string) (*RunDetail, error) {
	if f.root == nil || !validID(id) {
		return nil, fmt.Errorf("cannot read run %q: %w", id, fs.ErrNotExist)
	}
	r := newDetailReader()
	if err := readRun(f.root, id, r.addRecord); err != nil {
		return nil, err
	}
	return r.d, nil
}

func (r *RunSummary) takeStart(s *startRecord) {
	r.ID, r.Info, r.Started, r.Seq = s.Run, s.Info, s.Started, s.Seq
	r.Info.ID = r.ID
}

func (r *RunSummary) takeEnd(e *endRecord) {
	r.Ended, r.Exit, r.Counts, r.Failed = e.Ended, e.Exit, e.Counts, e.Failures
}

// detailReader joins the records of a run.
type detailReader struct {
	d      *RunDetail
	at     map[stepKey]int                 // newest step with that key
	raised map[resource.Addr][]notify.Debt // debts of changes that were not read yet
	batch  int
	ended  bool // a step of this batch has ended, so the next begin belongs to another batch
}

func newDetailReader() *detailReader {
	return &detailReader{d: &RunDetail{}, at: map[stepKey]int{}, raised: map[resource.Addr][]notify.Debt{}}
}

func (r *detailReader) addRecord(rec *record) {
	d := r.d
	switch {
	case rec.Start != nil:
		d.takeStart(rec.Start)
	case rec.Target != nil:
		if d.Notified == nil {
			d.Notified = map[resource.Addr]json.RawMessage{}
		}
		if d.Notified[rec.Target.Addr] = rec.Target.Want; rec.Target.Asks != nil {
			d.addAsk(rec.Target)
		}
	case rec.Owe != nil:
		r.addDebt(rec.Owe)
	case rec.Begin != nil:
		r.beginStep(rec.Begin)
	case rec.Done != nil:
		r.ended = true
		if i, ok := r.at[rec.Done.id()]; ok {
			d.Steps[i].endStep(rec.Done)
		}
	case rec.Gone != nil:
		d.Released = append(d.Released, rec.Were...)
	case rec.Held != nil:
		for i := range rec.Were {
			d.Returned = append(d.Returned, Returned{Was: rec.Were[i], Now: rec.Held[i]})
		}
	case rec.Forgot != nil:
		d.forgot = append(d.forgot, rec.Forgot)
		d.Forgot = append(d.Forgot, rec.Forgot.listKeys()...)
	case rec.Recalled != nil:
		d.Recalled = append(d.Recalled, rec.Recalled.listKeys()...)
	case rec.Fail != nil:
		d.Fails = append(d.Fails, *rec.Fail)
	case rec.Paid != nil:
		d.Paid = append(d.Paid, *rec.Paid)
	case rec.End != nil:
		d.takeEnd(rec.End)
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

// addDebt assigns a debt to its change. Versions that did not number runs wrote it after the change.
func (r *detailReader) addDebt(debt *notify.Debt) {
	if r.d.Seq > 0 {
		r.raised[debt.Cause] = append(r.raised[debt.Cause], *debt)
		return
	}
	if i, ok := r.at[stepKey{addr: debt.Cause}]; ok {
		r.d.Steps[i].Owes = append(r.d.Steps[i].Owes, *debt)
	}
}

// countSteps counts the completed steps of a run without an end.
func (d *RunDetail) countSteps() (c Counts) {
	for _, s := range d.Steps {
		switch {
		case s.Also, s.State == Same, string(s.After) == "null": // an action
		case s.State == Failed:
			c.Failed++
		case s.State == Begun:
			c.Begun++
		default:
			c.Changed++
		}
	}
	for _, p := range d.Paid {
		if !p.Void && p.Dropped == "" && !p.Renamed {
			c.Notified++
		}
	}
	return c
}
