package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"converge/internal/fsys"
	"converge/internal/notify"
)

// Status is the file status.json: how the last run ended, for monitoring. Every run that ends writes it, even one that
// changed nothing. It is replaced as a whole, and not synced: a power cut may leave an older one, or none.
type Status struct {
	Format   int       `json:"format"`
	Run      string    `json:"run"`
	Recorded bool      `json:"recorded"` // `converge show RUN` shows it: it changed something, or tried to
	Started  time.Time `json:"started"`
	Ended    time.Time `json:"ended"`
	Exit     int       `json:"exit"`
	Result   string    `json:"result"` // converged, failed, held, interrupted; taken_back: see TakenBack; settled: held, and no longer owed; killed: Ended and Exit are zero
	Counts   Counts    `json:"counts"`
	Failures []Failure `json:"failures,omitempty"` // the first few
	Manifest string    `json:"manifest,omitempty"`
	Site     string    `json:"site,omitempty"` // for a rollback: that of the run that it undid
	Undoes   string    `json:"undoes,omitempty"`
	For      string    `json:"for,omitempty"`    // the resource whose failure made it take that run back
	Owed     []string  `json:"owed"`             // the snapshot of debts: target and verb
	Queued   []string  `json:"queued,omitempty"` // units whose job was only queued when it ended

	Seq     int    `json:"seq"`               // number of the newest run with a journal
	Newest  string `json:"newest,omitempty"`  // and its name
	Running string `json:"running,omitempty"` // a run with a journal that is not known to have ended
	Key     string `json:"key,omitempty"`     // the key that seals the digests of secrets
	Ledger  int    `json:"ledger,omitempty"`  // how many lines the snapshot of the ledger has

	Leftovers []string `json:"leftovers,omitempty"` // directories with leftovers of killed runs that cannot be removed

	Sites map[string]SiteStatus `json:"sites,omitempty"` // how the last run of every site ended

	Oldest map[string]time.Time `json:"oldest,omitempty"` // start of the oldest run, site by site
	Swept  time.Time            `json:"swept,omitzero"`   // the last search for runs to forget
}

// SiteStatus is how the last run of one site ended. A rollback of any of its runs is one of them: it decides what the
// site's things are.
type SiteStatus struct {
	Run    string    `json:"run"`
	Ended  time.Time `json:"ended"`
	Exit   int       `json:"exit"`
	Result string    `json:"result"` // as that of Status; settled once the site owes nothing

	Manifest string `json:"manifest,omitempty"`
}

const statusFile = "status.json"

// maxStatus is the size in bytes of the largest status file that is read.
const maxStatus = 1 << 20

// readStatus returns nil if there is no usable status. Nothing depends on the status: a power cut may have left it
// empty.
func readStatus(root *os.Root) *Status {
	f, err := openFile(root, statusFile)
	if err != nil {
		return nil
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxStatus))
	st := &Status{}
	if err != nil || json.Unmarshal(b, st) != nil || st.Format != format {
		return nil
	}
	return st
}

// statusKeeper holds the status as on disk.
type statusKeeper struct {
	in        *folder
	status    *Status // nil: there is no usable one
	leftovers []string
}

// writeStatus replaces the file. With durable it waits for the disk: once a killed run has been cleared up after, the
// status must not name it again. It removes a status that it cannot replace: none is better than a wrong one.
func (k *statusKeeper) writeStatus(st Status, durable bool) (err error) {
	b, err := json.Marshal(st)
	if err != nil {
		return err
	}
	b = append(b, '\n')
	err = fsys.ReplaceFile(k.in.root, statusFile, b, fsys.Replacement{Staged: stagedName(statusFile), Sync: durable})
	if err == nil && durable {
		err = syncSub(k.in.root, ".")
	}
	if err != nil {
		_ = k.in.root.Remove(statusFile)
		k.status = nil
		return err
	}
	k.status = &st
	return nil
}

// Status returns how the last run ended; nil if that is not known, because no run of this version of converge has
// ended.
func (k *statusKeeper) Status() *Status { return k.status }

// Leftovers are the directories with staged files of killed runs that could not be removed; [State.SetLeftovers] sets
// the remaining ones.
func (k *statusKeeper) Leftovers() []string { return k.leftovers }

// SetLeftovers takes effect when the run is finished.
func (k *statusKeeper) SetLeftovers(dirs []string) {
	slices.Sort(dirs)
	k.leftovers = slices.Compact(dirs)
}

// SetQueued records the units that were only queued at the end of the run. Call it before [Run.Finish]. A run that is
// Aside, and does not call it, keeps those of the last run.
func (r *Run) SetQueued(units []string) { r.queued = units }

// StatusError is why the status could not be written when the run was finished: a full disk, for example. Nothing else
// was lost.
func (r *Run) StatusError() error { return r.unsaid }

// Settled is the result of a held run once nothing is owed any more: the run ended as it did, but nothing of that
// remains.
const Settled = "settled"

// TakenBack is the result of a run that has taken another one back because a resource of that had failed: nothing
// remains to be done, but the host is not what its manifest declares.
const TakenBack = "taken_back"

// ResultOf is [Result] for a run that may have undone another one.
func ResultOf(info RunInfo, exit int, c Counts) string {
	if out := Result(exit, c); info.For == "" || out != "converged" {
		return out
	}
	return TakenBack
}

// Result is one word for the end of a run with that exit status and those counts.
func Result(exit int, c Counts) string {
	switch {
	case exit == 0:
		return "converged"
	case exit == 130:
		return "interrupted"
	case c.Failed == 0 && c.Held > 0:
		return "held"
	}
	return "failed"
}

// announceStatus records that a run with a journal is in progress. It keeps the end of the last run.
func (r *Run) announceStatus() error {
	st := Status{Format: format}
	if old := r.s.status; old != nil {
		st = *old
	}
	st.Running, st.Newest, st.Seq = r.ID, r.ID, r.start.Seq
	site := r.start.Info.Site
	if oldest, known := st.Oldest[site]; known && r.start.Started.Before(oldest) { // the clock was set back
		st.Oldest = maps.Clone(st.Oldest)
		st.Oldest[site] = r.start.Started
	}
	return r.s.writeStatus(st, len(r.s.killed) > 0)
}

// endStatus records how the run ended; running is a run that has yet to be cleared up after. The caller holds the
// state's lock.
func (r *Run) endStatus(end *endRecord, running string) error {
	s := r.s
	st := Status{
		Format: format, Run: r.ID, Recorded: r.lines.f != nil, Started: r.start.Started, Ended: end.Ended, Exit: end.Exit,
		Result: ResultOf(r.start.Info, end.Exit, end.Counts), Counts: end.Counts, Failures: end.Failures, Manifest: r.start.Info.Manifest, Site: r.start.Info.SiteOf(),
		Undoes: r.start.Info.Undoes, For: r.start.Info.For, Owed: describeTargets(s.saved), Queued: r.queued,
	}
	aside := r.start.Info.Aside
	if n := len(s.killed); aside && n > 0 {
		st = s.killed[n-1].statusAfter(st.Owed)
	} else if aside && s.status != nil {
		st = s.status.withOwed(st.Owed)
		if r.queued != nil {
			st.Queued = r.queued
		}
	}
	if old := s.status; old != nil {
		st.Seq, st.Newest, st.Oldest, st.Swept = old.Seq, old.Newest, old.Oldest, old.Swept
	}
	st.Sites = r.endSites(SiteStatus{r.ID, end.Ended, end.Exit, st.Result, r.start.Info.Manifest})
	st.Leftovers, st.Ledger = s.leftovers, s.memory.ledger.saved
	if st.Key = s.seal.keyID(); r.lines.f != nil {
		st.Seq, st.Newest = r.start.Seq, r.ID
	}
	st.Running = running
	if err := s.writeStatus(st, len(s.killed) > 0); err != nil {
		return fmt.Errorf("cannot write %s: %w", statusFile, err)
	}
	return nil
}

// endSites returns how the last run of every site ended, this run included. The site's former names leave the list,
// because the run has taken over the ledger's entries under them. The caller holds the state's lock.
func (r *Run) endSites(this SiteStatus) map[string]SiteStatus {
	s, info := r.s, r.start.Info
	out := map[string]SiteStatus{}
	if s.status != nil {
		maps.Copy(out, s.status.Sites)
	}
	set := func(info *RunInfo, st SiteStatus) {
		site := info.SiteOf()
		was, known := out[site]
		switch {
		case site == "" || site == NoSite:
		case info.Site != "":
			out[site] = st
		case known: // otherwise the site has a new name, or was given up
			st.Manifest = was.Manifest
			out[site] = st
		}
	}
	for _, k := range s.killed {
		set(&k.Info, SiteStatus{Run: k.Run, Result: "killed", Manifest: k.Info.Manifest})
	}
	if !info.Aside {
		for _, name := range r.SiteID.Former {
			delete(out, name)
		}
		set(&info, this)
	}
	owing := map[string]bool{}
	for _, d := range s.saved {
		owing[d.Site] = true
	}
	for site, was := range out {
		switch {
		case info.Undoes != "" && was.Run == info.Undoes: // an older version did not record its site
			this.Manifest = was.Manifest
			out[site] = this
		case was.Result == "held" && !owing[site]:
			was.Result = Settled
			out[site] = was
		}
	}
	return out
}

// withOwed returns a status that only differs in the debts.
func (st Status) withOwed(owed []string) Status {
	st.Owed, st.Running = owed, ""
	if st.Result == "held" && len(owed) == 0 {
		st.Result = Settled
	}
	return st
}

// statusAfter returns a host's status after a killed run. A later command that changes the debts does not end that
// state.
func (k *Killed) statusAfter(owed []string) Status {
	return Status{
		Format: format, Run: k.Run, Recorded: true, Started: k.Started, Result: "killed", Counts: k.Counts,
		Manifest: k.Info.Manifest, Site: k.Info.SiteOf(), Undoes: k.Info.Undoes, For: k.Info.For, Owed: owed,
	}
}

// Abandon ends a run that failed before it did anything: only its status is written. A refused rollback that a person
// asked for keeps the status of the run before it.
func (r *Run) Abandon(exit int, why string) error {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if r.s.run != r || r.s.root == nil {
		return errors.New("cannot end the run: it is over")
	}
	if r.lines.f != nil {
		return nil // it counts as killed
	}
	r.s.run = nil
	running := ""
	if r.s.status != nil {
		running = r.s.status.Running
	}
	if i := &r.start.Info; i.Undoes != "" && i.For == "" { // the host is as the last run left it
		if i.Aside, i.Undoes = true, ""; r.s.status == nil && len(r.s.killed) == 0 {
			return nil
		}
	}
	return r.endStatus(&endRecord{Ended: r.s.now().UTC(), Exit: exit, Failures: []Failure{{Error: cutText(r.scrubText(why))}}}, running)
}

// describeTargets names every target with debts once.
func describeTargets(debts []notify.Debt) []string {
	out := []string{}
	seen := map[string]bool{}
	for _, d := range debts {
		if text := d.Target.String() + " " + d.Verb; !seen[text] {
			seen[text] = true
			out = append(out, text)
		}
	}
	return out
}

// checkFiles compares the status with the files in the state folder: a snapshot or the pointer to the run in progress
// may have been lost. hasOwed, hasLedger and newest are the findings.
func (st *Status) checkFiles(f *folder, seal sealer, hasOwed, hasLedger bool, newest string) error {
	if st == nil {
		return nil
	}
	dir := f.root.Name()
	lost := func(name, why string) error {
		return fmt.Errorf("cannot read state: %s/%s: %w: it is missing%s", dir, name, ErrDamaged, why)
	}
	goOn := ". Bring the file back, or remove " + dir + "/" + statusFile + " to go on without it"
	switch {
	case st.Key != "" && st.Key != seal.keyID():
		return lost(keyFile, " or another; what converge wrote that is sensitive cannot be recognised without it"+goOn)
	case len(st.Owed) > 0 && !hasOwed:
		return lost("owed", ", and run "+st.Run+" left these actions owed: "+strings.Join(st.Owed, ", ")+
			". Bring the file back, or carry them out by hand and then remove "+dir+"/"+statusFile)
	case st.Ledger > 0 && !hasLedger:
		return lost("ledger", "; what converge has made, what was edited by hand since, and what other sites declare is not known without it"+goOn)
	case st.Running == "" || newest != "":
		return nil
	}
	end, err := readEnd(f.root, st.Running)
	switch {
	case err != nil:
		return lost(runFile(st.Running), "; what run "+st.Running+" has changed and owes is not known"+goOn)
	case end == nil:
		return lost(current, ", and run "+st.Running+" did not end. Make it again (ln -s "+runFile(st.Running)+" "+dir+"/"+current+
			"), so that what that run owes is not lost")
	}
	return nil
}
