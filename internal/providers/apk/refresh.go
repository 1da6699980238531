package apk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"converge/internal/fsys"
	"converge/internal/providers/packages/tool"
)

// WhyStale implements [packages.Index].
func (x *index) WhyStale(_ context.Context, latest bool) (string, error) {
	oldest, missing, err := x.oldestFetch()
	switch changed := x.keysChanged(); {
	case err != nil:
		return "", err
	case missing != "":
		return "there is no index yet of " + missing, nil
	case oldest.IsZero():
		return "", nil // nothing to fetch
	case changed.After(oldest):
		return "the keys of the package sources were changed since the indexes were fetched", nil
	}
	return x.maxAge.WhyStale("the indexes", oldest, latest), nil
}

// FetchTime implements [packages.AgedIndex].
func (x *index) FetchTime(context.Context) (time.Time, error) {
	oldest, _, err := x.oldestFetch()
	return oldest, err
}

// oldestFetch returns when the oldest index was fetched, or the address of a repository that
// has no index here.
func (x *index) oldestFetch() (oldest time.Time, missing string, err error) {
	repositories, err := x.readRepositories()
	if err != nil {
		return oldest, "", err
	}
	for _, r := range repositories {
		if r.local() != "" {
			continue // read in place
		}
		at, err := x.fetchedAt(r)
		if errors.Is(err, fs.ErrNotExist) {
			return time.Time{}, r.url, nil
		}
		if err != nil {
			return time.Time{}, "", fmt.Errorf("cannot look at the index of %s: %w", r.url, err)
		}
		if oldest.IsZero() || at.Before(oldest) {
			oldest = at
		}
	}
	return oldest, "", nil
}

// fetchedAt is when an index was fetched: the change of the file's inode, because
// apk may give it the server's date.
func (x *index) fetchedAt(r repository) (at time.Time, err error) {
	for _, file := range x.indexFiles(r) {
		info, fail := x.Tree.Stat(file)
		if fail != nil {
			err = fail
			continue
		}
		at = info.ModTime()
		if st, ok := info.Sys().(*syscall.Stat_t); ok && time.Unix(st.Ctim.Unix()).After(at) {
			at = time.Unix(st.Ctim.Unix())
		}
		return at, nil
	}
	return at, err
}

// keysChanged is when the keys were last changed: an index that no key verified is
// not read, and with a new key it may be.
func (x *index) keysChanged() time.Time {
	var newest time.Time
	entries, _ := x.Tree.ReadDir(keysDir) // without keys nothing was changed
	files := []string{keysDir}
	for _, e := range entries {
		files = append(files, path.Join(keysDir, e.Name()))
	}
	for _, file := range files {
		if info, err := x.Tree.Stat(file); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return newest
}

// Refresh implements [packages.Index].
func (x *index) Refresh(ctx context.Context, private bool) error {
	if private {
		return x.refreshPrivately(ctx)
	}
	if err := x.Close(); err != nil { // indexes that a plan has read
		return err
	}
	r, err := x.RunLocked(ctx, x.locks(), lostRace, tool.Command{Argv: []string{"apk", "--no-progress", "update"}, Line: x.reportLine})
	return x.checkUpdate(r, err)
}

// refreshPrivately fetches the indexes into a folder of our own, which apk finds under the same name in the tree if
// there is one.
func (x *index) refreshPrivately(ctx context.Context) error {
	if err := x.Close(); err != nil {
		return err
	}
	dir, err := x.MakeFolder("converge-apk-")
	if err != nil {
		return fmt.Errorf("cannot fetch the indexes: %w", err)
	}
	if err := x.fillPrivate(ctx, dir); err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	return nil
}

// fillPrivate fetches the indexes into a folder, and has later commands use them.
func (x *index) fillPrivate(ctx context.Context, dir string) error {
	if err := x.copyIndexes(dir); err != nil {
		return fmt.Errorf("cannot fetch the indexes: %w", err)
	}
	before := x.standin.Now()
	x.standin.Set(tool.Standin{Cache: strings.TrimPrefix(dir, x.Root), Repos: before.Repos})
	r, err := x.RunLocked(ctx, x.locks(), lostRace, tool.Command{Argv: x.argv("update"), Line: x.reportLine})
	if err = x.checkUpdate(r, err); err != nil {
		x.standin.Set(before)
	}
	return err
}

// copyIndexes copies the machine's indexes: for an unreachable source they are better than none.
func (x *index) copyIndexes(dir string) error {
	repositories, err := x.readRepositories()
	if err != nil {
		return err
	}
	for _, r := range repositories {
		for _, file := range x.indexFiles(r) {
			if r.local() != "" {
				continue
			}
			data, err := x.Tree.ReadFile(file, maxIndex)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err == nil {
				err = fsys.ReplacePath(filepath.Join(dir, path.Base(file)), data, fsys.Replacement{Mode: 0o644})
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// checkUpdate is the error of an `apk update` that fetched nothing; if only some sources failed, it is a notice. Its
// exit status is the number of failed sources.
func (x *index) checkUpdate(r tool.Result, err error) error {
	switch warned := parseWarnings(r.Stdout + "\n" + r.Stderr); {
	case err != nil:
		return fmt.Errorf("cannot fetch the indexes: %w", err)
	case r.Status != 0 && !strings.Contains(r.Stdout+r.Stderr, "distinct packages available"):
		return fmt.Errorf("cannot fetch the indexes: %w", failure(r))
	case warned != "":
		x.SendNotice("not all indexes could be fetched: %s", warned)
	}
	return nil
}

// parseWarnings returns the warnings of apk, in one line.
func parseWarnings(out string) string {
	var list []string
	for line := range strings.Lines(out) {
		for _, prefix := range []string{"WARNING: ", "ERROR: "} {
			if msg, ok := strings.CutPrefix(strings.TrimSpace(line), prefix); ok {
				list = append(list, msg)
			}
		}
	}
	return strings.Join(list, "; ")
}

// Close removes what a plan has fetched.
func (x *index) Close() error {
	return x.DropPrivate(&x.standin)
}
