package zypper

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

// index reads the offers of the repositories.
type index struct{ *machine }

// refreshFile records when converge refreshed the index. libzypp does not record that it checked an unchanged
// repository, at least not one in a folder.
const refreshFile = "zypper-refreshed"

// WhyStale implements [packages.Index].
func (x index) WhyStale(_ context.Context, latest bool) (string, error) {
	repos, err := x.readRepos()
	if err != nil {
		return "", err
	}
	return rpm.ReportStale(repos, x.fetchTime, x.maxAge, latest)
}

// FetchTime implements [packages.AgedIndex].
func (x index) FetchTime(context.Context) (time.Time, error) {
	repos, err := x.readRepos()
	if err != nil {
		return time.Time{}, err
	}
	return rpm.OldestFetch(repos, x.fetchTime)
}

// fetchTime returns when a repository was fetched: the newest time of its folder in the cache, of the index in it,
// which libzypp touches when it finds no newer one, and of converge's own refresh.
func (x index) fetchTime(r rpm.Repo) (time.Time, error) {
	var newest time.Time
	cache, refreshed := cacheFolder, tool.KeptFile(refreshFile)
	if own := x.standin.Now().Cache; own != "" {
		cache, refreshed = own, own
	}
	dir := path.Join(cache, "raw", strings.ReplaceAll(r.ID, "/", "_"))
	if _, err := x.Tree.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return newest, nil
	} else if err != nil {
		return newest, err
	}
	for _, name := range []string{path.Join(dir, "repodata"), path.Join(dir, "repodata/repomd.xml"), path.Join(dir, "content"), path.Join(dir, "cookie"), refreshed} {
		if info, err := x.Tree.Stat(name); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
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
	if err := x.makeCache(ctx); err != nil {
		return err
	}
	x.KeepFile(refreshFile, nil)
	return nil
}

// refreshPrivately fetches the index into a private folder, inside the tree if there is one.
func (x index) refreshPrivately(ctx context.Context) error {
	if err := x.Close(); err != nil {
		return err
	}
	return x.FetchPrivately(&x.standin, "converge-zypper-", func(string) error { return x.makeCache(ctx) })
}

// Close removes the private index; zypper's own is used again.
func (m *machine) Close() error {
	return m.DropPrivate(&m.standin)
}

// makeCache fetches the repositories with the ids, or all if there are none.
func (x index) makeCache(ctx context.Context, ids ...string) error {
	x.ReportProgress("fetching the index of the repositories")
	res, err := x.RunLocked(ctx, x.zyppLocks(), lostRace, tool.Command{Argv: x.argv(append([]string{"refresh"}, ids...)...)})
	if err == nil && (!isDone(res.Status) || res.Status == statusReposSkipped) && res.Status != statusNoRepos {
		err = errors.New(readAnswer(res.Stdout).firstError(res))
	}
	if err != nil {
		return fmt.Errorf("cannot fetch the repositories: %w", err)
	}
	return nil
}

// statusNoRepos is the exit status of a refresh without repositories.
const statusNoRepos = 6
