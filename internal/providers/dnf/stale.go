package dnf

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"time"

	"converge/internal/providers/packages/tool"
	"converge/internal/providers/rpm"
)

// index is the offer of the repositories.
type index struct{ *machine }

// WhyStale implements [packages.Index].
func (x index) WhyStale(_ context.Context, latest bool) (string, error) {
	s, err := x.readSettings()
	if err != nil {
		return "", err
	}
	return rpm.ReportStale(s.repos, func(r rpm.Repo) (time.Time, error) { return x.fetchTime(s.cache, r.ID) }, x.maxAge, latest)
}

// FetchTime implements [packages.AgedIndex].
func (x index) FetchTime(context.Context) (time.Time, error) {
	s, err := x.readSettings()
	if err != nil {
		return time.Time{}, err
	}
	return rpm.OldestFetch(s.repos, func(r rpm.Repo) (time.Time, error) { return x.fetchTime(s.cache, r.ID) })
}

// fetchTime returns when a repository was fetched: the time of the repomd.xml in the cache,
// or that of the list of packages beside it. dnf touches that one when it finds that the
// repository has not changed, and uses its time for metadata_expire.
func (x index) fetchTime(cache, id string) (time.Time, error) {
	var newest time.Time
	entries, err := x.Tree.ReadDir(cache)
	if errors.Is(err, os.ErrNotExist) {
		return newest, nil
	}
	if err != nil {
		return newest, err
	}
	for _, e := range entries {
		if of, ok := cutFolder(e.Name()); !ok || of != id {
			continue
		}
		dir := path.Join(cache, e.Name(), "repodata")
		files, err := x.Tree.ReadDir(dir)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return newest, err
		}
		for _, f := range files {
			if f.Name() != "repomd.xml" && !strings.Contains(f.Name(), "primary.xml") {
				continue
			}
			if info, err := x.Tree.Stat(path.Join(dir, f.Name())); err == nil && info.ModTime().After(newest) {
				newest = info.ModTime()
			}
		}
	}
	return newest, nil
}

// Refresh implements [packages.Index].
func (x index) Refresh(ctx context.Context, private bool) error {
	if private {
		return x.refreshPrivately(ctx)
	}
	if err := x.Close(); err != nil {
		return err
	}
	return x.makeCache(ctx, x.indexLocks())
}

// refreshPrivately fetches the index into a folder of our own, in the tree if there is one.
func (x index) refreshPrivately(ctx context.Context) error {
	if err := x.Close(); err != nil {
		return err
	}
	own, err := x.readSettings()
	if err != nil {
		return err
	}
	var skipped error // the index has all that there is
	err = x.FetchPrivately(&x.standin, "converge-dnf-", func(string) error {
		err := x.makeCache(ctx, nil)
		var some *skippedError
		if errors.As(err, &some) && !x.lacksFetched(own) {
			skipped, err = err, nil
		}
		return err
	})
	return errors.Join(err, skipped)
}

// lacksFetched reports whether a private index lacks a repository that the machine's own, with settings own, has.
func (x index) lacksFetched(own settings) bool {
	for _, r := range own.repos {
		at, err := x.fetchTime(x.standin.Now().Cache, r.ID)
		if err != nil {
			return true
		}
		if was, err := x.fetchTime(own.cache, r.ID); at.IsZero() && (err != nil || !was.IsZero()) {
			return true
		}
	}
	return false
}

// Close removes an index of our own; dnf's is used again.
func (m *machine) Close() error {
	return m.DropPrivate(&m.standin)
}

// makeCache fetches all repositories, or the named ones.
func (x index) makeCache(ctx context.Context, locks []tool.Lock, ids ...string) error {
	x.ReportProgress("fetching the index of the repositories")
	args := []string{"-y", "--refresh"}
	for _, id := range ids {
		args = append(args, "--repo="+id)
	}
	res, err := x.RunLocked(ctx, locks, lostRace, tool.Command{Argv: x.argv(append(args, "makecache")...)})
	if err == nil && res.Status != 0 {
		err = errors.New(firstError(res))
	}
	if err == nil {
		err = skippedRepos(res.Stdout + res.Stderr)
	}
	if err != nil {
		return fmt.Errorf("cannot fetch the repositories: %w", err)
	}
	return nil
}

// skippedError reports repositories that dnf does without; it has fetched all others.
type skippedError struct{ why string }

func (e *skippedError) Error() string { return e.why }

// skippedRepos is the error of repositories that could not be fetched and that their
// option skip_if_unavailable lets dnf do without.
func skippedRepos(out string) error {
	if !strings.Contains(out, "Ignoring repositories: ") {
		return nil
	}
	var why []string
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "Error: ") || strings.HasPrefix(line, "Errors during downloading") || strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "Ignoring ") {
			why = append(why, strings.TrimPrefix(line, "Error: "))
		}
	}
	return &skippedError{strings.Join(why, "; ")}
}
