package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"
)

// Retention is how long a site's history is kept.
type Retention struct {
	// Runs is how long runs, and the old contents that they kept, are kept; nil: for good. 0 keeps no old content, and
	// only the newest run.
	Runs *time.Duration
	// Secrets is how long replaced contents of secrets are kept; Runs does not extend it.
	Secrets time.Duration
}

// MaxSecrets is the longest, and the usual, time that replaced contents of secrets are kept.
const MaxSecrets = 30 * 24 * time.Hour

// Forget removes history older than a site's retention: its runs, also those under former names, runs of no site
// (rollbacks), and replaced contents. It returns the removed runs. It lists the runs only when one is known to be due,
// and at most once in an eighth of their retention. It forgets nothing as long as runs are, or may become, due to be
// taken back.
func (s *State) Forget(ctx context.Context, site Site, keep Retention) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkWritable(); err != nil {
		return nil, err
	}
	if awaits, err := s.memory.awaitsTakeBack(s.root); awaits || err != nil {
		return nil, err
	}
	now := s.now()
	secrets := keep.Secrets
	if keep.Runs != nil {
		secrets = min(secrets, *keep.Runs)
	}
	if err := s.contents.forgetSecrets(now.Add(-secrets)); err != nil {
		return nil, fmt.Errorf("cannot forget replaced secrets: %w", err)
	}
	if keep.Runs == nil || !s.status.isDue(site.Name, now, *keep.Runs) {
		return nil, nil
	}
	forgotten, err := s.forgetOlder(ctx, site, now, *keep.Runs)
	if err != nil {
		return forgotten, fmt.Errorf("cannot forget old runs: %w", err)
	}
	return forgotten, nil
}

// ForgetRuns forgets these runs, and contents that only they kept. It keeps a run that was killed and has not been
// cleared up after.
func (s *State) ForgetRuns(ctx context.Context, ids []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkWritable(); err != nil {
		return err
	}
	newest, err := readCurrent(s.root)
	if err != nil {
		return err
	}
	f, err := newForgetter(s.folder, &s.contents, s.now())
	if err != nil {
		return err
	}
	for _, id := range ids {
		if newest != "" && isUncovered(s.root, newest, id) {
			return fmt.Errorf("cannot forget run %s: the next run has to clear up after it first", id)
		}
		if s.memory.due != nil && slices.Contains(s.memory.due.Runs, id) {
			return fmt.Errorf("cannot forget run %s: it is to be taken back, because %s failed; the next apply or rollback does that", id, s.memory.due.For)
		}
	}
	if _, err := f.forgetAll(ctx, ids); err != nil {
		return err
	}
	return syncSub(s.root, "runs")
}

// forgetOlder forgets the runs of a site that are at least as old as keep, and notes in the status when the next run
// will be due.
func (s *State) forgetOlder(ctx context.Context, site Site, now time.Time, keep time.Duration) (forgotten []string, err error) {
	f, err := newForgetter(s.folder, &s.contents, now)
	if err != nil {
		return nil, err
	}
	newest := ""
	if s.status != nil {
		newest = s.status.Newest // it ended last, so its record stays
	}
	old, oldest := f.findDue(site, newest, keep)
	if forgotten, err = f.forgetAll(ctx, old); err != nil {
		return forgotten, err
	}
	if keep == 0 {
		if err := f.forgetBlobs(newest); err != nil {
			return forgotten, err
		}
	}
	if s.status == nil {
		return forgotten, nil
	}
	return forgotten, s.writeStatus(s.status.sweptAt(site.Name, oldest, now), len(s.killed) > 0)
}

// isUncovered reports whether no snapshot covers a run.
func isUncovered(root *os.Root, newest, id string) bool {
	covered := ""
	o, err := readOwed(root)
	switch {
	case err == nil && o != nil:
		covered = o.head.Run
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return true
	}
	open, err := listChain(root, newest, covered)
	return err != nil || slices.Contains(open, id)
}

// isDue reports whether it is time to search for runs to forget.
func (st *Status) isDue(site string, now time.Time, keep time.Duration) bool {
	if st == nil {
		return true
	}
	oldest, known := st.Oldest[site]
	since := now.Sub(st.Swept) // below 0: the clock was set back
	return !known || now.Sub(oldest) >= keep && (since < 0 || since >= keep/8)
}

// sweptAt returns the status after a search for runs to forget: oldest is the start of the oldest run of the site that
// was not due.
func (st *Status) sweptAt(site string, oldest, now time.Time) Status {
	out := *st
	out.Swept, out.Oldest = now, map[string]time.Time{}
	maps.Copy(out.Oldest, st.Oldest)
	out.Oldest[site] = oldest
	return out
}
