package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"time"
)

// Retention is how long a site's history is kept.
type Retention struct {
	// Runs is how long runs and the old contents that they kept stay; nil: for
	// good. 0 keeps no old content, and of the runs the newest.
	Runs *time.Duration
	// Secrets is how long replaced contents of secrets stay; Runs does not
	// extend it.
	Secrets time.Duration
}

// MaxSecrets is the longest, and the usual, time that replaced contents of
// secrets are kept.
const MaxSecrets = 30 * 24 * time.Hour

// Forget removes history older than a site's retention: its runs, runs of no
// site (rollbacks), and replaced contents. It returns the removed runs. It lists
// the runs only when one is known to be due, and at most once in an eighth of
// their retention.
func (s *State) Forget(ctx context.Context, site string, keep Retention) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.writable(); err != nil {
		return nil, err
	}
	now := s.now()
	secrets := keep.Secrets
	if keep.Runs != nil {
		secrets = min(secrets, *keep.Runs)
	}
	if err := s.forgetSecrets(now.Add(-secrets)); err != nil {
		return nil, fmt.Errorf("cannot forget replaced secrets: %w", err)
	}
	if keep.Runs == nil || !s.due(site, now, *keep.Runs) {
		return nil, nil
	}
	forgotten, err := s.forgetOlder(ctx, site, now, *keep.Runs)
	if err != nil {
		return forgotten, fmt.Errorf("cannot forget old runs: %w", err)
	}
	return forgotten, nil
}

// ForgetRuns forgets these runs, and what they alone had kept. A run that was
// killed and not cleared up after is needed still.
func (s *State) ForgetRuns(ctx context.Context, ids []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.writable(); err != nil {
		return err
	}
	newest, err := readCurrent(s.root)
	if err != nil {
		return err
	}
	f, err := s.forgetter()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if newest != "" && s.needs(newest, id) {
			return fmt.Errorf("cannot forget run %s: the next run has to clear up after it first", id)
		}
	}
	for _, id := range ids {
		delete(f.starts, id)
	}
	for _, id := range ids {
		if err := f.forget(ctx, id); err != nil {
			return err
		}
	}
	return syncSub(s.root, "runs")
}

// needs reports whether a run is among those that no snapshot covers.
func (s *State) needs(newest, id string) bool {
	covered := ""
	o, err := readOwed(s.root)
	switch {
	case err == nil && o != nil:
		covered = o.head.Run
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return true
	}
	open, err := chain(s.root, newest, covered)
	if err != nil {
		return true
	}
	for _, o := range open {
		if o == id {
			return true
		}
	}
	return false
}

// due reports whether it is time to look for runs to forget.
func (s *State) due(site string, now time.Time, keep time.Duration) bool {
	if s.status == nil {
		return true
	}
	oldest, known := s.status.Oldest[site]
	since := now.Sub(s.status.Swept) // below 0: the clock was set back
	return !known || now.Sub(oldest) >= keep && (since < 0 || since >= keep/8)
}

func (s *State) forgetOlder(ctx context.Context, site string, now time.Time, keep time.Duration) (forgotten []string, err error) {
	f, err := s.forgetter()
	if err != nil {
		return nil, err
	}
	oldest := now // of those that will be due
	var old []string
	for id, started := range f.starts {
		switch {
		case now.Sub(started) < keep:
			if started.Before(oldest) {
				oldest = started
			}
		case id != s.newestRun() && s.isOf(id, site):
			old = append(old, id)
		}
	}
	for _, id := range old {
		delete(f.starts, id)
	}
	for _, id := range old {
		if err := f.forget(ctx, id); err != nil {
			return forgotten, err
		}
		forgotten = append(forgotten, id)
	}
	if keep == 0 {
		if err := f.forgetBlobs(s.newestRun()); err != nil {
			return forgotten, err
		}
	}
	return forgotten, s.noteSweep(site, oldest, now)
}

// newestRun is the run whose record stays: the one that ended last.
func (s *State) newestRun() string {
	if s.status == nil {
		return ""
	}
	return s.status.Newest
}

// noteSweep notes when there will be something to forget again.
func (s *State) noteSweep(site string, oldest, now time.Time) error {
	if s.status == nil {
		return nil
	}
	st := *s.status
	st.Swept, st.Oldest = now, map[string]time.Time{site: oldest}
	for other, at := range s.status.Oldest {
		if other != site {
			st.Oldest[other] = at
		}
	}
	return s.writeStatus(st)
}

// isOf reports whether a run is of that site, or of none. One that cannot be
// read is of an unknown one.
func (s *State) isOf(id, site string) bool {
	start, err := readStart(s.root, id)
	return err == nil && (start.Info.Site == site || start.Info.Site == "")
}

// forgetter removes runs with what they kept.
type forgetter struct {
	s      *State
	starts map[string]time.Time // of the runs that stay
	digest *regexp.Regexp
}

func (s *State) forgetter() (*forgetter, error) {
	ids, err := s.runIDs()
	if err != nil {
		return nil, err
	}
	f := &forgetter{s, make(map[string]time.Time, len(ids)), regexp.MustCompile(sealedPrefix + `?[0-9a-f]{64}`)}
	for _, id := range ids {
		f.starts[id] = s.startOf(id)
	}
	return f, nil
}

// startOf returns the start of a run, to the second, if its name holds it.
func (s *State) startOf(id string) time.Time {
	if len(id) >= len(idTime) {
		if t, err := time.Parse(idTime, id[:len(idTime)]); err == nil {
			return t
		}
	}
	start, err := readStart(s.root, id)
	if err != nil {
		return s.now() // it is damaged, and no reason to lose it
	}
	return start.Started
}

// forget removes a run, and first what no other run needs of what it kept, so
// that a kill in between leaves nothing behind that nothing leads to.
func (f *forgetter) forget(ctx context.Context, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := f.forgetBlobs(id); err != nil {
		return err
	}
	if err := f.s.root.Remove(runFile(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// forgetBlobs removes the old contents that the run is the last to need. Each is
// stamped with the start of that run; one of a run that was killed is older.
func (f *forgetter) forgetBlobs(id string) error {
	if id == "" {
		return nil
	}
	text, err := readFile(f.s.root, runFile(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	others := map[int64]bool{}
	for other, at := range f.starts {
		if other != id {
			others[at.Unix()] = true
		}
	}
	return f.forgetIn(text, f.s.startOf(id).Unix(), others)
}

// forgetIn removes the old contents that a text names, and before a listing of
// what went with a directory those that it names.
func (f *forgetter) forgetIn(text []byte, started int64, others map[int64]bool) error {
	for _, digest := range f.digest.FindAll(text, -1) {
		name, info, err := f.s.blobs.find(f.s.root, string(digest))
		if err != nil {
			continue
		}
		if at := info.ModTime().Unix(); at > started || others[at] {
			continue
		}
		if listing := f.listing(text, string(digest), name); listing != nil {
			if err := f.forgetIn(listing, started, others); err != nil {
				return err
			}
		}
		if err := f.s.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// listing is the text of an old content that a step has as its "below"; nil if
// it is no such thing.
func (f *forgetter) listing(text []byte, digest, name string) []byte {
	if !bytes.Contains(text, []byte(`"below":{"$content":{"digest":"`+digest)) {
		return nil
	}
	listing, err := readFile(f.s.root, name)
	if err != nil {
		return nil // what it names stays
	}
	return listing
}

// forgetSecrets removes replaced contents of secrets that were kept before then.
func (s *State) forgetSecrets(before time.Time) error {
	dir, err := openDir(s.root, secretDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		info, err := s.root.Lstat(secretDir + name)
		if err != nil || info.ModTime().After(before) {
			continue
		}
		if err := s.root.Remove(secretDir + name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}
