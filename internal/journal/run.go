package journal

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"converge/internal/notify"
	"converge/internal/resource"
)

// RunInfo identifies a run and its user. The history shows it, so it contains no values of variables.
type RunInfo struct {
	ID       string   `json:"-"`                  // from NameRun; empty: Start makes one
	Manifest string   `json:"manifest,omitempty"` // path of the manifest or plan
	Plan     string   `json:"plan,omitempty"`     // id of the saved plan that was applied
	Args     []string `json:"args,omitempty"`     // without values of variables
	Version  string   `json:"version,omitempty"`  // of converge
	User     string   `json:"user,omitempty"`     // the calling user, before sudo
	Undoes   string   `json:"undoes,omitempty"`   // id of the run that this one undoes
	Of       string   `json:"of,omitempty"`       // the site of that run; this one has none
	For      string   `json:"for,omitempty"`      // the resource whose failure caused the rollback; empty: a person asked for it
	Then     []string `json:"then,omitempty"`     // further runs to be taken back after that, for the same reason
	Aside    bool     `json:"aside,omitempty"`    // it does not describe the state of the host: a debt was dropped by hand, or found to be settled
	Site     string   `json:"site,omitempty"`     // the site whose memory the run adds to, see [Site]
}

// SiteOf returns the site whose things the run changes: its own, or that of the run that it takes back.
func (i *RunInfo) SiteOf() string { return cmp.Or(i.Site, i.Of) }

// Counts sums up a run for the history.
type Counts struct {
	Changed  int `json:"changed"`
	Failed   int `json:"failed"`
	Skipped  int `json:"skipped"`
	Notified int `json:"notified"`
	Held     int `json:"held"`
	Begun    int `json:"begun,omitempty"` // changes in progress when the run was killed: made, made in part, or not
}

// Run is the run in progress. It has no file before its first record, so a run that finds nothing to do leaves no
// trace and waits for no disk.
type Run struct {
	ID string

	describer

	// SiteID is the site of the run, which owns the things that it makes in the ledger; Links returns a resource's
	// links in the site's manifest. nil: none.
	SiteID Site
	Links  func(resource.Addr) Links

	// MadeFor reports whether converge has made the file at a path, in its present state, for parts of it. nil: not
	// known.
	MadeFor func(path string) bool

	// TakeBack lists the runs, including this one, to be taken back once the run has ended; Finish records it. nil:
	// none.
	TakeBack *TakeBack

	s        *State
	failures []Failure // the first few, for the end
	queued   []string
	unsaid   error // the error of writing the status

	notified map[notify.Owner]bool    // targets of debts that are recorded
	targets  map[string]bool          // keys of targets that the ledger has, as far as this run has looked them up
	ledger   map[string]*LedgerChange // entries that keys get once changed, see Restore
	begun    map[string]*original     // by key, what Begin has recorded of things that prune puts back
	inherits map[string]bool          // keys of files that, according to Begin, were made for parts
	start    startRecord
	lines    lineFile
}

// idTime is the beginning of a run's name: its start, in UTC.
const idTime = "20060102T150405Z"

// Start begins a run. It writes nothing.
func (s *State) Start(ctx context.Context, info RunInfo) (*Run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkWritable(); err != nil {
		return nil, err
	}
	if s.run != nil {
		return nil, errors.New("cannot start a run: one is in progress")
	}
	info.Manifest = resource.EncodeInvalid(info.Manifest)
	now := s.now().UTC()
	id := info.ID
	if id == "" {
		var err error
		if id, err = NameRun(ctx, s); err != nil {
			return nil, err
		}
	}
	if !validID(id) {
		return nil, fmt.Errorf("cannot start a run: %q cannot be its name", id)
	}
	s.run = &Run{
		ID: id, s: s, describer: describer{contents: &s.contents}, lines: lineFile{root: s.root, name: runFile(id)},
		notified: map[notify.Owner]bool{}, targets: map[string]bool{}, ledger: map[string]*LedgerChange{},
		begun: map[string]*original{}, inherits: map[string]bool{},
		start: startRecord{Format: format, Run: id, Started: now, After: s.after, PID: os.Getpid(), Info: info},
	}
	return s.run, nil
}

// NameRun makes an id for a run that will be started.
func NameRun(ctx context.Context, s *State) (string, error) {
	for {
		var b [2]byte
		rand.Read(b[:]) // never fails
		id := s.now().UTC().Format(idTime) + "-" + hex.EncodeToString(b[:])
		if _, err := s.root.Lstat(runFile(id)); errors.Is(err, fs.ErrNotExist) {
			return id, nil
		}
		if err := ctx.Err(); err != nil {
			return "", err
		}
	}
}

// Begin implements the engine's journal: it records imminent changes with their debts, all or nothing, and returns
// when that is on disk. A thousand changes take one write and one sync.
func (r *Run) Begin(ctx context.Context, cs []resource.Change, owes []notify.Debt) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	count := make(map[resource.Addr]int, len(owes))
	records, err := r.describeTargets(owes)
	if err != nil {
		return err
	}
	// The debts come first: wherever the file is cut off, each change in it has all its debts.
	for i := range owes {
		count[owes[i].Cause]++
		if owes[i].Site == "" {
			owes[i].Site = siteOf(r)
		}
		records = append(records, record{Owe: &owes[i]})
	}
	records = slices.Grow(records, len(cs))
	for _, c := range cs {
		b, err := r.describeChange(ctx, c)
		if err != nil {
			return fmt.Errorf("cannot journal %s: %w", c.Addr, err)
		}
		if err := r.keepOriginal(ctx, c, b); err != nil {
			return fmt.Errorf("cannot journal %s: %w", c.Addr, err)
		}
		noteMade(r, c)
		if !b.Also {
			b.Owes = count[c.Addr]
			delete(count, c.Addr)
		}
		records = append(records, record{Begin: b})
	}
	return r.writeRecords(records, true)
}

// describeTargets records the targets of debts that are not yet recorded.
func (r *Run) describeTargets(owes []notify.Debt) (records []record, err error) {
	for _, d := range owes {
		if r.Site == nil || r.notified[d.Owner()] {
			continue
		}
		r.notified[d.Owner()] = true
		res := r.Site(d.Target)
		if res == nil {
			continue
		}
		t := &targetRecord{Addr: d.Target, Thing: d.Thing}
		isProbe := res.Kind != nil && res.Kind.Probe != nil
		describe := r.DescribeWanted
		if isProbe {
			describe = r.DescribeSealed
		}
		if t.Want, err = describe(res); err != nil {
			return nil, fmt.Errorf("cannot journal %s: %w", d.Target, err)
		}
		if isProbe {
			if now := ask(r, d.Target, t.Want); now != nil {
				t.Asks = now.Asks
			}
		}
		records = append(records, record{Target: t})
	}
	return records, nil
}

// Done implements the engine's journal: one change was made (failure nil) at the given moment, or failed. A change
// whose action has become None was not made, and owes nothing. Done does not wait for the disk. A kill loses nothing
// of it unless it is in a batch; the package's documentation lists what a power cut may lose.
func (r *Run) Done(ctx context.Context, c resource.Change, at resource.Instant, failure error) error {
	d := &doneRecord{Addr: c.Addr, Also: c.Undeclared, At: at, Same: c.Action == resource.None && failure == nil}
	if failure != nil {
		d.Error = cmp.Or(r.scrubText(failure.Error()), "unknown error") // no error would mean success
	}
	if failure == nil || r.begun[c.Key] != nil { // a change made in part is put back, too
		var err error
		if d.Ledger, d.Was, err = r.ledgerChange(ctx, c); err != nil {
			return fmt.Errorf("cannot journal %s: %w", c.Addr, err)
		}
	}
	if d.Ledger != nil && failure == nil {
		d.Ended = endedBy(r, c)
	}
	if failure == nil {
		d.Ended = append(d.Ended, endSecretFile(r, c)...)
	}
	return r.writeDone(d)
}

// writeDone writes d, and before it the declarations of the targets that its ledger entry names.
func (r *Run) writeDone(d *doneRecord) error {
	var records []record
	if d.Ledger != nil && d.Ledger.Holds != "" {
		targets, err := r.addTargets([]LedgerChange{*d.Ledger})
		if err != nil {
			return err
		}
		if len(targets) > 0 {
			records = append(records, record{Held: targets})
		}
	}
	return r.writeRecords(append(records, record{Done: d}), false)
}

// Settled implements the engine's journal: the debts to these targets are no longer owed. It returns when that, and
// all before it, is on disk. It ignores ctx, because the action was already run.
func (r *Run) Settled(_ context.Context, s notify.Settled) error {
	records := make([]record, len(s.Owners))
	for i, o := range s.Owners {
		p := &Payment{Target: o.Target, Thing: o.Thing, Verb: s.Verb, Void: s.Void, Dropped: s.Dropped, Renamed: s.Renamed}
		if p.Target.IsZero() {
			p.Target = s.Target
		}
		records[i].Paid = p
	}
	return r.writeRecords(records, true)
}

// writeRecords appends the records, and applies them to the memory once they are in the file, or among those that
// [Run.Batch] writes together. Many records take several writes: a kill between them keeps the first ones.
func (r *Run) writeRecords(records []record, durable bool) error {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if r.lines.broken != nil {
		return r.lines.broken
	}
	if r.s.run != r || r.s.root == nil {
		return errors.New("cannot write journal: the run is over")
	}
	if len(records) == 0 {
		return nil
	}
	first := r.lines.f == nil
	if first {
		var err error
		if r.start.Seq, err = r.s.nextSeq(); err != nil {
			return err
		}
		for i, arg := range r.start.Info.Args {
			r.start.Info.Args[i] = r.scrubText(arg)
		}
		records = slices.Insert(records, 0, record{Start: &r.start})
	}
	if err := addLines(r, records, durable); err != nil {
		return fmt.Errorf("cannot write journal: %w", err)
	}
	for i := range records {
		r.s.memory.applyRecord(r.ID, &records[i])
	}
	return nil
}

// addLines adds the lines of records to the file, and makes the file first if there is none.
func addLines(r *Run, records []record, durable bool) error {
	if r.lines.f != nil {
		if r.lines.batches && !durable {
			return r.lines.bufferRecords(records)
		}
		return r.lines.appendRecords(records, durable)
	}
	if err := r.lines.createFile(); err != nil {
		return err
	}
	if err := r.lines.appendRecords(records, durable); err != nil {
		if r.lines.broken == nil {
			r.lines.discardFile()
		}
		return err
	}
	return announceRun(r)
}

// Batch implements the engine's journal: it writes those records of do that nothing waits for with one call, before it
// returns. A kill meanwhile may lose all of them, like a kill between an effect and its record.
func (r *Run) Batch(do func()) error {
	setBatching(r, true)
	do()
	return setBatching(r, false)
}

func setBatching(r *Run, batches bool) error {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	r.lines.batches = batches
	if batches || r.lines.broken != nil {
		return nil
	}
	if err := r.lines.flush(); err != nil {
		return fmt.Errorf("cannot write journal: %w", err)
	}
	return nil
}

// announceRun makes the file's name durable and points to it. The file's first lines are on disk by then, so nothing
// ever points to an empty one.
func announceRun(r *Run) error {
	err := r.lines.syncFile()
	if err == nil {
		err = syncSub(r.s.root, "runs")
	}
	if err == nil {
		err = setCurrent(r.s.root, r.ID)
	}
	if err == nil {
		err = syncSub(r.s.root, ".")
	}
	if err == nil {
		_ = r.announceStatus() // for observers; Finish writes it again
	}
	if err != nil {
		r.lines.broken = fmt.Errorf("cannot write journal: %w", err)
	}
	return err
}
