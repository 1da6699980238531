package journal

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"converge/internal/notify"
	"converge/internal/resource"
)

// RunInfo identifies a run and its user. It is shown in the history, so it holds
// no values of variables.
type RunInfo struct {
	ID       string   `json:"-"`                  // empty: Start makes one
	Manifest string   `json:"manifest,omitempty"` // path of the manifest or plan
	Plan     string   `json:"plan,omitempty"`     // id of the saved plan that was applied
	Args     []string `json:"args,omitempty"`     // without values of variables
	Version  string   `json:"version,omitempty"`  // of converge
	User     string   `json:"user,omitempty"`     // who called, before sudo
	Undoes   string   `json:"undoes,omitempty"`   // id of the run that is taken back
	Aside    bool     `json:"aside,omitempty"`    // it tells nothing of how the host is: a debt was dropped by hand, or seen to be settled
	Site     string   `json:"site,omitempty"`     // whose memory the run adds to, see [Site]
}

// Counts sums up a run for the history.
type Counts struct {
	Changed  int `json:"changed"`
	Failed   int `json:"failed"`
	Skipped  int `json:"skipped"`
	Notified int `json:"notified"`
	Held     int `json:"held"`
	Begun    int `json:"begun,omitempty"` // changes in progress when the run was killed: made, made in part, or not
}

// Run is the run in progress. It has no file before it has something to say,
// so a run that finds nothing to do leaves no trace and waits for no disk.
type Run struct {
	ID string

	// Site finds the resource of an address, so that a rollback knows which
	// targets were notified. nil: none is known.
	Site func(resource.Addr) *resource.Resource

	// Scrub strikes sensitive strings out of a text. nil: there are none.
	Scrub func(string) string

	// Former are the keys of things whose content is treated as sensitive only
	// because what converge wrote there before was.
	Former map[string]bool

	// SiteID is the site of the run, which owns the things that it makes in the
	// ledger; Links returns a resource's links in the site's manifest. nil: none.
	SiteID Site
	Links  func(resource.Addr) Links

	s        *State
	failures []Failure // the first few, for the end
	queued   []string
	unsaid   error // why the status could not be written

	told    map[notify.Owner]bool
	targets map[string]bool          // keys of targets that the ledger tells of, as far as this run has looked
	ledger  map[string]*LedgerChange // what keys are to have once changed, see Restore
	start   startRecord
	f       *os.File // nil: nothing was written yet
	sum     sum
	size    int64
	durable bool  // all that was written is on disk
	broken  error // set when the file may end in half a line: nothing may follow
}

// idTime is how the name of a run begins: its start, in UTC.
const idTime = "20060102T150405Z"

// Start begins a run. It writes nothing.
func (s *State) Start(ctx context.Context, info RunInfo) (*Run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.writable(); err != nil {
		return nil, err
	}
	if s.run != nil {
		return nil, errors.New("cannot start a run: one is in progress")
	}
	info.Manifest = resource.EncodeInvalid(info.Manifest)
	now := s.now().UTC()
	id := info.ID
	for id == "" {
		var b [2]byte
		rand.Read(b[:]) // never fails
		id = now.Format(idTime) + "-" + hex.EncodeToString(b[:])
		if _, err := s.root.Lstat(runFile(id)); !errors.Is(err, fs.ErrNotExist) {
			id = ""
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	if !validID(id) {
		return nil, fmt.Errorf("cannot start a run: %q cannot be its name", id)
	}
	s.run = &Run{ID: id, s: s, start: startRecord{Format: format, Run: id, Started: now, After: s.after, PID: os.Getpid(), Info: info}}
	return s.run, nil
}

// Begin implements the engine's journal: it records the changes that are about to
// be made with their debts, all or nothing, and returns when that is on disk. A
// thousand changes are one write and one sync.
func (r *Run) Begin(ctx context.Context, cs []resource.Change, owes []notify.Debt) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	count := make(map[resource.Addr]int, len(owes))
	records, err := r.tell(owes)
	if err != nil {
		return err
	}
	// The debts come first: wherever the file may be cut off, a change that is
	// there has all that it owes.
	for i := range owes {
		count[owes[i].Cause]++
		if owes[i].Site == "" {
			owes[i].Site = r.SiteID.Name
		}
		records = append(records, record{Owe: &owes[i]})
	}
	records = slices.Grow(records, len(cs))
	for _, c := range cs {
		b, err := r.newBegin(ctx, c)
		if err != nil {
			return fmt.Errorf("cannot journal %s: %w", c.Addr, err)
		}
		if !b.Also {
			b.Owes = count[c.Addr]
			delete(count, c.Addr)
		}
		records = append(records, record{Begin: b})
	}
	return r.write(records, true)
}

// tell records the targets of debts that are not recorded yet.
func (r *Run) tell(owes []notify.Debt) (records []record, err error) {
	for _, d := range owes {
		if r.Site == nil || r.told[d.Owner()] {
			continue
		}
		if r.told == nil {
			r.told = map[notify.Owner]bool{}
		}
		r.told[d.Owner()] = true
		res := r.Site(d.Target)
		if res == nil {
			continue
		}
		t := &toldRecord{Addr: d.Target, Thing: d.Thing}
		if t.Want, err = r.wanted(res); err != nil {
			return nil, fmt.Errorf("cannot journal %s: %w", d.Target, err)
		}
		records = append(records, record{Told: t})
	}
	return records, nil
}

// scrub is text without what is sensitive, as JSON can hold it.
func (r *Run) scrub(text string) string {
	if r.Scrub != nil {
		text = r.Scrub(text)
	}
	return resource.EncodeInvalid(text)
}

// newBegin describes a change.
func (r *Run) newBegin(ctx context.Context, c resource.Change) (*beginRecord, error) {
	e := valueEncoder{
		secret: func(name string) bool { return isSecret(c, name) },
		scrub:  r.Scrub, seal: r.s.seal,
		keep: func(b []byte) (string, error) { return r.s.KeepBytes(ctx, b) },
	}
	before, err := e.object(c.Have)
	if err != nil {
		return nil, err
	}
	e.keep = nil
	after, err := e.object(c.Want)
	if err != nil {
		return nil, err
	}
	return &beginRecord{Addr: c.Addr, Key: c.Key, Also: c.Undeclared, Action: c.Action, Before: before, After: after}, nil
}

// wanted describes what a resource is to be.
func (r *Run) wanted(res *resource.Resource) (json.RawMessage, error) {
	e := valueEncoder{secret: func(name string) bool { return res.Secret[name] }, scrub: r.Scrub, seal: r.s.seal}
	return e.object(res.Want)
}

// Done implements the engine's journal: one change was made (failure nil) at the
// given moment, or failed. A change whose action is by now None has come to
// nothing, and owes nothing. Done does not wait for the disk; a kill loses
// nothing of it, and the package's documentation lists what a power cut may lose.
func (r *Run) Done(_ context.Context, c resource.Change, at resource.Instant, failure error) error {
	d := &doneRecord{Addr: c.Addr, Also: c.Undeclared, At: at, Same: c.Action == resource.None && failure == nil}
	if failure != nil {
		d.Error = cmp.Or(r.scrub(failure.Error()), "unknown error") // no error means made
	} else {
		var err error
		if d.Ledger, d.Was, err = r.ledgerChange(c); err != nil {
			return fmt.Errorf("cannot journal %s: %w", c.Addr, err)
		}
	}
	return r.writeDone(d)
}

// writeDone writes d, and before it what the targets are that its ledger names.
func (r *Run) writeDone(d *doneRecord) error {
	var records []record
	if d.Ledger != nil && d.Ledger.Holds != "" {
		targets, err := r.tellTargets([]LedgerChange{*d.Ledger})
		if err != nil {
			return err
		}
		if len(targets) > 0 {
			records = append(records, record{Held: targets})
		}
	}
	return r.write(append(records, record{Done: d}), false)
}

// Settled implements the engine's journal: the debts to these targets are no
// longer owed. It returns when that, and all before it, is on disk. It ignores
// ctx: the action went out.
func (r *Run) Settled(_ context.Context, s notify.Settled) error {
	records := make([]record, len(s.Owners))
	for i, o := range s.Owners {
		p := &paidRecord{Target: o.Target, Thing: o.Thing, Verb: s.Verb, Void: s.Void, Dropped: s.Dropped, Renamed: s.Renamed}
		if p.Target.IsZero() {
			p.Target = s.Target
		}
		records[i].Paid = p
	}
	return r.write(records, true)
}

// write appends the records as one write, and applies them to the memory once
// they are there.
func (r *Run) write(records []record, durable bool) error {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if r.broken != nil {
		return r.broken
	}
	if r.s.run != r || r.s.root == nil {
		return errors.New("cannot write journal: the run is over")
	}
	if len(records) == 0 {
		return nil
	}
	first := r.f == nil
	if first {
		var err error
		if r.start.Seq, err = r.s.nextSeq(); err != nil {
			return err
		}
		for i, arg := range r.start.Info.Args {
			r.start.Info.Args[i] = r.scrub(arg)
		}
		records = append([]record{{Start: &r.start}}, records...)
	}
	var buf bytes.Buffer
	sum := r.sum
	for i := range records {
		var err error
		if sum, err = appendLine(&buf, sum, &records[i]); err != nil {
			return fmt.Errorf("cannot write journal: %w", err)
		}
	}
	if first {
		if err := r.create(); err != nil {
			return fmt.Errorf("cannot write journal: %w", err)
		}
	}
	if err := r.append(buf.Bytes(), durable); err != nil {
		if first && r.broken == nil {
			r.discard()
		}
		return fmt.Errorf("cannot write journal: %w", err)
	}
	r.sum = sum
	if first {
		if err := r.announce(); err != nil {
			return fmt.Errorf("cannot write journal: %w", err)
		}
	}
	for i := range records {
		r.s.memory.apply(r.ID, &records[i])
	}
	return nil
}

func (r *Run) create() (err error) {
	r.f, err = r.s.root.OpenFile(runFile(r.ID), os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	return err
}

// discard takes back a file that nothing was written to.
func (r *Run) discard() {
	r.f.Close()
	_ = r.s.root.Remove(runFile(r.ID)) // an empty file is in nobody's way
	r.f = nil
}

// announce makes the file's name durable and points to it. The file's first
// lines are on disk by then, so nothing ever points to an empty one.
func (r *Run) announce() error {
	err := r.sync()
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
		_ = r.announceStatus() // for those who look on; Finish writes it again
	}
	if err != nil {
		r.broken = fmt.Errorf("cannot write journal: %w", err)
	}
	return err
}

// append writes whole lines or nothing. If it cannot know which, the run is
// broken: another line after half a line would be damage.
func (r *Run) append(b []byte, durable bool) error {
	_, err := r.f.Write(b)
	if err != nil {
		if terr := r.f.Truncate(r.size); terr != nil {
			r.broken = fmt.Errorf("cannot write journal: %w", err)
		}
		return err
	}
	r.size += int64(len(b))
	r.durable = false
	if durable {
		return r.sync()
	}
	return nil
}

// sync waits for the disk. After a failure the content of the disk is unknown
// (the kernel drops the pages and reports that once), so nothing may follow.
func (r *Run) sync() error {
	if r.durable {
		return nil
	}
	for {
		err := unix.Fdatasync(int(r.f.Fd()))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			err = &os.PathError{Op: "fdatasync", Path: r.f.Name(), Err: err}
			r.broken = fmt.Errorf("cannot write journal: %w", err)
			return err
		}
		r.durable = true
		return nil
	}
}
