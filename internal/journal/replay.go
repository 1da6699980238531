package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"converge/internal/notify"
	"converge/internal/resource"
)

// Killed is a run without an end.
type Killed struct {
	Run     string
	PID     int // its process; 0: unknown
	Started time.Time
	Info    RunInfo
	Counts  Counts   // as far as it got
	Begun   []Step   // begun and not done: old, new or a mixture
	Dirs    []string // where these may have left staging files, sorted
}

// memory is the accumulated effect of the records of runs. Written records and records that are read back go through
// the same applyRecord, so a kill makes no difference.
type memory struct {
	queue   notify.Queue
	targets map[notify.Owner]*targetRecord // of debts, and perhaps further ones
	ledger  *ledger
	begun   map[stepKey]bool       // steps not done, of the run that is read or written
	done    map[resource.Addr]bool // of that run: changed, perhaps in part

	due      *TakeBack // runs that are due to be taken back
	dueAfter *TakeBack // those that will be due once the run that is read or written has ended

	secrets map[string]bool // sealed digests of old contents of secrets, of runs whose blobs are not settled
}

func newMemory() memory {
	return memory{ledger: &ledger{}, targets: map[notify.Owner]*targetRecord{}, begun: map[stepKey]bool{}, done: map[resource.Addr]bool{}, secrets: map[string]bool{}}
}

func (m *memory) applyRecord(run string, r *record) {
	switch {
	case r.Start != nil:
		clear(m.begun)
		clear(m.done)
		m.noteStart(r.Start)
	case r.End != nil:
		m.noteEnd(r.End)
	case r.Begin != nil:
		m.begun[r.Begin.id()] = true
		m.noteSecrets(r.Begin.Before)
		m.noteSecrets(r.Begin.After) // a record of the earlier state
		if l := r.Begin.Ledger; l != nil {
			m.noteOriginal(l.Original)
		}
	case r.Owe != nil:
		d := *r.Owe
		if m.begun[stepKey{addr: d.Cause}] && d.Run == run {
			d.Since.Mono = 0 // set when it is done
		}
		m.queue.Add(d, 0) // the deliverer ranks verbs; here all are kept
	case r.Done != nil:
		m.settleStep(run, r.Done)
	case r.Paid != nil:
		m.queue.Resolve(r.Paid.Owner())
		delete(m.targets, r.Paid.Owner())
	case r.Target != nil:
		if m.targets[r.Target.ownerOf()] = r.Target; r.Target.Asks != nil {
			m.ledger.applyAsk(r.Target)
		}
	case r.Gone != nil:
		for _, key := range r.Gone {
			m.ledger.applyChange("", LedgerChange{Key: key, Gone: true})
		}
		for _, c := range r.Were {
			m.noteOriginal(c.Original)
		}
	case r.Held != nil:
		for _, c := range r.Held {
			m.ledger.applyChange("", c)
		}
	case r.Forgot != nil:
		m.forgetThings(r.Forgot)
	case r.Recalled != nil:
		m.recallThings(r.Recalled)
	}
}

// secretMark occurs in each state with a secret.
const secretMark = `"$secret":true`

// noteOriginal notes which old contents of an original were sensitive.
func (m *memory) noteOriginal(text string) {
	if !strings.Contains(text, secretMark) {
		return
	}
	if o, err := readOriginal(text); err == nil {
		m.noteSecrets(o.Before)
		m.noteSecrets(o.After)
	}
}

// noteSecrets notes which old contents were sensitive.
func (m *memory) noteSecrets(before []byte) {
	if !bytes.Contains(before, []byte(secretMark)) {
		return
	}
	var attrs map[string]json.RawMessage
	if json.Unmarshal(before, &attrs) != nil {
		return
	}
	for _, text := range attrs {
		var c contentJSON
		if json.Unmarshal(text, &c) == nil && c.Secret && c.Content != nil && isSealed(c.Content.Digest) {
			m.secrets[c.Content.Digest] = true
		}
	}
}

func (m *memory) settleStep(run string, d *doneRecord) {
	delete(m.begun, d.id())
	if d.Also {
		return // it owes nothing
	}
	if d.Same && !m.done[d.Addr] {
		m.queue.Remove(d.Addr, run)
		return
	}
	// A resource keeps the debts of an earlier change of this run when a later one changes nothing.
	m.done[d.Addr] = true
	if d.At.Boot != "" {
		m.queue.Stamp(d.Addr, run, d.At)
	}
	if d.Ledger != nil {
		m.ledger.applyChange(d.Addr.String(), *d.Ledger)
	}
	for _, e := range d.Ended {
		m.ledger.applyChange("", LedgerChange{Key: e.Key, Gone: true})
	}
}

// listDebts returns all debts, target by target.
func (m *memory) listDebts() []notify.Debt {
	var out []notify.Debt
	for _, e := range m.queue.Entries() {
		out = append(out, e.Debts...)
	}
	return out
}

// listTargets returns the known declarations of debts' targets.
func (m *memory) listTargets() []*targetRecord {
	var out []*targetRecord
	for _, e := range m.queue.Entries() {
		if t := m.targets[e.Owner]; t != nil {
			out = append(out, t)
		}
	}
	return out
}

// replayRun applies a run that is on disk. It returns the run's number, and the run itself if it did not end.
func (m *memory) replayRun(root *os.Root, run string) (k *Killed, seq int, err error) {
	pid, ended := 0, false
	detail := newDetailReader()
	err = readRun(root, run, func(r *record) {
		m.applyRecord(run, r)
		detail.addRecord(r)
		if r.Start != nil {
			pid = r.Start.PID
		}
		ended = ended || r.End != nil
	})
	d := detail.d
	if err != nil || ended {
		return nil, d.Seq, err
	}
	k = &Killed{Run: run, PID: pid, Started: d.Started, Info: d.Info, Counts: d.countSteps()}
	for _, s := range d.Steps {
		if s.State != Begun {
			continue
		}
		k.Begun = append(k.Begun, s)
		if s.Ledger != nil {
			m.ledger.applyChange(s.Addr.String(), *s.Ledger)
		} else {
			m.presumeMade(d.Info.Site, s)
		}
		if p, ok := strings.CutPrefix(s.Key, "path:"); ok {
			k.Dirs = append(k.Dirs, path.Dir(p))
		}
		k.Dirs = append(k.Dirs, s.Dirs...)
	}
	slices.Sort(k.Dirs)
	k.Dirs = slices.Compact(k.Dirs)
	return k, d.Seq, nil
}

func runFile(id string) string { return "runs/" + id + ".jsonl" }

// readRun calls each for every record of a run.
func readRun(root *os.Root, id string, each func(*record)) error {
	f, err := openFile(root, runFile(id))
	if err != nil {
		return fmt.Errorf("cannot read run %s: %w", id, err)
	}
	defer f.Close()
	return scanRun(f.Name(), id, f, each)
}

func scanRun(name, id string, f io.Reader, each func(*record)) error {
	lines := 0
	raised := map[resource.Addr]int{} // debts whose change has not begun yet
	_, err := scanLines(name, f, func(line int, text []byte) error {
		r := &record{}
		if err := r.parseLine(text); err != nil {
			return damagedAt(name, line, err.Error())
		}
		if (line == 1) != (r.Start != nil) || r.Start != nil && r.Start.Run != id {
			return damagedAt(name, line, "a run starts with its own start, once")
		}
		switch {
		case r.Owe != nil:
			raised[r.Owe.Cause]++
		case r.Begin != nil && r.Begin.Owes > raised[r.Begin.Addr]:
			return damagedAt(name, line, fmt.Sprintf("it owes %d actions, of which %d precede it", r.Begin.Owes, raised[r.Begin.Addr]))
		case r.Begin != nil && r.Begin.Owes > 0:
			delete(raised, r.Begin.Addr)
		}
		lines++
		each(r)
		return nil
	})
	if err == nil && lines == 0 {
		// The first lines are on disk before the link or a run names the file.
		return damagedAt(name, 1, "it does not say which run it is")
	}
	return err
}
