package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Finish ends the run: all its records are on disk, debts and ledger are saved, and the runs that [State.Recovered]
// returned are settled, because the caller has cleared up after them by then. A run that did nothing, after one that
// ended, only writes its status.
func (r *Run) Finish(ctx context.Context, exit int, counts Counts) error {
	end := &endRecord{r.s.now().UTC(), exit, counts, r.failures, r.TakeBack}
	if r.lines.f != nil || r.TakeBack != nil || r.start.Info.For != "" { // later runs need the end of the last two
		if err := r.writeRecords([]record{{End: end}}, true); err != nil {
			return err
		}
	}
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run != r {
		return errors.New("cannot finish the run: it is over")
	}
	newest := s.after
	if r.lines.f != nil {
		newest = r.ID
		r.lines.f.Close()
	}
	s.run = nil
	s.owed = s.memory.listDebts()
	if err := s.settleKept(context.WithoutCancel(ctx), r.start.Started, s.memory.secrets); err != nil {
		return fmt.Errorf("cannot keep old contents: %w", err)
	}
	clear(s.memory.secrets)
	if newest == "" {
		r.unsaid = r.endStatus(end, "")
		return nil
	}
	// Until the pointer is removed, the next start replays this run, on old or new snapshots.
	s.after = newest
	if err := s.saveSnapshots(newest); err != nil {
		return fmt.Errorf("cannot save state: %w", err)
	}
	// The status comes first: a status with a run in progress, but without a pointer to that run, reveals a lost
	// pointer.
	r.unsaid = r.endStatus(end, "")
	if err := removeFile(s.root, current); err != nil {
		return fmt.Errorf("cannot save state: %w", err)
	}
	s.after, s.killed = "", nil
	return nil
}

// saveSnapshots writes the snapshots that differ from those on disk.
func (s *State) saveSnapshots(run string) error {
	wrote := false
	if s.memory.ledger.dirty {
		if err := replaceFile(s.root, "ledger", s.memory.ledger.encodeLedger(run)); err != nil {
			return err
		}
		s.memory.ledger.dirty, s.memory.ledger.saved, wrote = false, len(s.memory.ledger.entries), true
	}
	if debts := s.memory.listDebts(); !slices.Equal(debts, s.saved) || !isSameTakeBack(s.memory.due, s.savedDue) {
		data, err := encodeOwed(owedHeader{Run: run, TakeBack: s.memory.due}, debts, s.memory.listTargets())
		if err == nil {
			err = replaceFile(s.root, "owed", data)
		}
		if err != nil {
			return err
		}
		s.saved, s.savedDue, wrote = debts, s.memory.due, true
	}
	if !wrote {
		return nil
	}
	return syncSub(s.root, ".")
}

// Failure is one failure in a run.
type Failure struct {
	Resource string   `json:"resource"`         // address
	Verb     string   `json:"verb,omitempty"`   // an action that is still owed
	Tried    bool     `json:"tried,omitempty"`  // that action was started, and failed
	Error    string   `json:"error,omitempty"`  // why
	Behind   []string `json:"behind,omitempty"` // it was skipped because these failed
}

// Bounds for the end of a run: it names the first few failures, each cut short, so that the history reads a bounded
// tail of every run. The journal holds them whole.
const (
	mostFailures   = 8
	maxFailureText = 400      // bytes
	maxEnd         = 32 << 10 // bytes of the longest end; an escape takes up to six bytes a byte
)

// Fail records something that failed, was skipped or is held back. It does not wait for the disk.
func (r *Run) Fail(f Failure) error {
	f.Error = r.scrubText(f.Error)
	if err := r.writeRecords([]record{{Fail: &f}}, false); err != nil {
		return err
	}
	if len(r.failures) < mostFailures && len(f.Behind) == 0 {
		f.Error, f.Resource = cutText(f.Error), cutText(f.Resource)
		r.failures = append(r.failures, f)
	}
	return nil
}

// cutText shortens s to maxFailureText bytes, between two characters.
func cutText(s string) string {
	if len(s) <= maxFailureText {
		return s
	}
	s = s[:maxFailureText]
	for len(s) > 0 && !utf8.ValidString(s[max(0, len(s)-utf8.UTFMax):]) && !utf8.RuneStart(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return strings.ToValidUTF8(s, "") + "…"
}
