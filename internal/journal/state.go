package journal

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"converge/internal/notify"
	"converge/internal/resource"
)

// Options configure [Open].
type Options struct {
	// ReadOnly reads without the lock and writes nothing; a missing folder counts as an empty state. If a run is in
	// progress, what it has recorded so far is visible.
	ReadOnly bool

	// LockTimeout is how long to wait for the lock; 0 fails at once.
	LockTimeout time.Duration

	// Waiting is called with the holder of the lock when the waiting begins and when the holder changes; nil: it is
	// not called.
	Waiting func(holder string)

	// Now is the clock; nil: that of the system.
	Now func() time.Time

	// Paid reports, for a read-only state, whether events have settled a debt since; nil: none.
	Paid func(notify.Debt) bool
}

// State is the state folder, locked unless it was opened read-only. Its methods are safe for concurrent use.
type State struct {
	*folder
	contents
	statusKeeper

	now func() time.Time

	mu       sync.Mutex
	memory   memory
	owed     []notify.Debt // at Open, and after each run
	saved    []notify.Debt // as in the snapshot
	savedDue *TakeBack     // as in the snapshot
	killed   []Killed
	after    string // the newest run that the snapshots do not cover
	seq      int    // the highest number of a replayed run
	run      *Run
	records  map[string]readRecord // by key
}

func newState(f *folder, now func() time.Time) *State {
	return &State{
		folder: f, contents: contents{in: f, kept: map[string]origin{}}, statusKeeper: statusKeeper{in: f},
		memory: newMemory(), now: now,
	}
}

// Open locks the state folder, made if it is missing, and reads the debts. The error is [ErrLocked] if another run
// holds the lock, [ErrDamaged] if a required file cannot be trusted.
func Open(ctx context.Context, dir string, o Options) (*State, error) {
	root, err := openFolder(dir, o.ReadOnly)
	if o.ReadOnly && errors.Is(err, os.ErrNotExist) {
		return newState(&folder{readOnly: true}, o.Now), nil
	}
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := newState(&folder{root: root, readOnly: o.ReadOnly}, o.Now)
	if !o.ReadOnly {
		if s.lock, err = takeLock(ctx, root, o); err != nil {
			_ = root.Close()
			return nil, err
		}
	}
	if o.ReadOnly {
		s.seal, err = readKey(root)
	} else if s.seal, err = ensureKey(root); isFull(err) {
		err = nil // the run may free some space
	}
	if err == nil {
		err = s.recallRuns()
	}
	if o.ReadOnly && o.Paid != nil {
		s.owed = slices.DeleteFunc(s.owed, o.Paid)
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// recallRuns reads the snapshots and the later runs.
func (s *State) recallRuns() error {
	// Read the status, then the pointer: without the lock, a run may end while we read. Then the snapshots cover the
	// runs that are replayed on top of them, and replaying a run on its own result changes nothing.
	if s.status = readStatus(s.root); s.status != nil {
		s.leftovers = s.status.Leftovers
	}
	newest, err := readCurrent(s.root)
	if err != nil {
		return err
	}
	owed, err := readOwed(s.root)
	hasOwed := !errors.Is(err, os.ErrNotExist)
	if err != nil && hasOwed {
		return err
	}
	err = s.memory.ledger.readLedger(s.root)
	hasLedger := !errors.Is(err, os.ErrNotExist)
	if err != nil && hasLedger {
		return err
	}
	if err := s.status.checkFiles(s.folder, s.seal, hasOwed, hasLedger, newest); err != nil {
		return err
	}
	covered := ""
	if hasOwed {
		s.memory.loadSnapshot(owed)
		s.saved, s.savedDue, covered = owed.debts, owed.head.TakeBack, owed.head.Run
	}
	runs, err := listChain(s.root, newest, covered)
	if err != nil {
		return err
	}
	for _, id := range runs {
		k, seq, err := s.memory.replayRun(s.root, id)
		if err != nil {
			return err
		}
		s.seq = max(s.seq, seq)
		if k != nil && s.readOnly && id == newest {
			if s.isRunning(k.PID) {
				continue
			}
			// No run holds the lock, so the file is complete now.
			if k, _, err = s.memory.replayRun(s.root, id); err != nil {
				return err
			}
		}
		if k != nil {
			s.killed = append(s.killed, *k)
		}
	}
	if len(runs) > 0 {
		s.after = newest
	}
	s.owed = s.memory.listDebts()
	return nil
}

// Close unlocks the folder. An unfinished run counts as killed.
func (s *State) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.root == nil {
		return nil
	}
	if s.run != nil && s.run.lines.f != nil {
		s.run.lines.f.Close()
	}
	if s.lock != nil {
		_ = s.lock.Truncate(0) // it no longer holds the lock
		s.lock.Close()
	}
	err := s.root.Close()
	s.root, s.lock = nil, nil
	return err
}

// Owed returns the unpaid debts of earlier runs, in the order raised. If a run was killed between a change and its
// "done", Since.Mono is 0: some time in that boot.
func (s *State) Owed() []notify.Debt { return s.owed }

// Recovered returns the runs that were killed since the last one that ended.
func (s *State) Recovered() []Killed { return s.killed }

// Wrote reports whether the content with that SHA-256 (hex) is the one that converge wrote last into the thing with
// that key ("path:/etc/motd"), created by converge or found. known is false if converge never wrote it, or it has no
// content.
func (s *State) Wrote(key, digest string) (same, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, _ := s.memory.ledger.findEntry(key)
	return s.seal.isSame(e.digest, digest), e.digest != ""
}

// IsSameContent reports whether the digest of a [Hold], or another digest of the state folder, is that SHA-256 in hex.
func (s *State) IsSameContent(known, digest string) bool { return s.seal.isSame(known, digest) }

// Orphans returns, by key, what converge created and the manifest no longer declares. It omits found things that
// converge wrote into, which it may not remove.
func (s *State) Orphans(declared func(key string) bool) []LedgerEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.memory.ledger.listOrphans(declared)
}

// Names are the keys without a path in the ledger and in the debts: only the host knows which of them name one thing.
func (s *State) Names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for key := range eachKey(s.memory.ledger, "path:") {
		if _, _, isPart := resource.CutPartKey(key); !isPart && !isNote(key) {
			out = append(out, key)
		}
	}
	for _, d := range s.owed {
		if d.Thing != "" {
			out = append(out, d.Thing)
		}
	}
	return out
}
