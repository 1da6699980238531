package pacman

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"converge/internal/fsys"
)

// WhyStale implements [packages.Index].
func (m index) WhyStale(_ context.Context, latest bool) (string, error) {
	if m.standin.Now().Cache != "" {
		return "", nil // fetched by this run
	}
	c, err := m.readConf()
	if err != nil || len(c.repos) == 0 {
		return "", err
	}
	var changedAt time.Time
	for _, file := range slices.Concat(c.files, []string{"/etc/pacman.d/gnupg/pubring.gpg"}) {
		if info, err := m.Tree.Stat(file); err == nil && info.ModTime().After(changedAt) {
			changedAt = info.ModTime()
		}
	}
	fetched, missing := m.fetchTime(c, c.syncDir())
	if missing != "" {
		return "there is no database of repository " + missing + " yet", nil
	}
	if changedAt.After(fetched) {
		return "pacman.conf was changed since the databases of the repositories were fetched", nil
	}
	return m.maxAge.WhyStale("the databases of the repositories", fetched, latest), nil
}

// FetchTime implements [packages.AgedIndex].
func (m index) FetchTime(context.Context) (time.Time, error) {
	c, err := m.readConf()
	if err != nil || len(c.repos) == 0 {
		return time.Time{}, err
	}
	at, _ := m.fetchTime(c, m.databases(c))
	return at, nil
}

// fetchTime returns when the databases in a folder were fetched, and the first repository without a database there.
func (m index) fetchTime(c *conf, dir string) (fetched time.Time, missing string) {
	for _, repo := range c.repos {
		info, err := m.Tree.Stat(path.Join(dir, repo+".db"))
		if errors.Is(err, fs.ErrNotExist) {
			return time.Time{}, repo
		}
		if err == nil && changed(info).After(fetched) {
			fetched = changed(info)
		}
	}
	if info, err := m.Tree.Stat(dir); err == nil && info.ModTime().After(fetched) {
		fetched = info.ModTime()
	}
	return fetched, ""
}

// Refresh implements [packages.Index].
func (m index) Refresh(ctx context.Context, private bool) error {
	if private {
		return m.refreshPrivately(ctx)
	}
	if err := m.Close(); err != nil {
		return err
	}
	c, err := m.readConf()
	if err != nil {
		return err
	}
	res, err := m.runWriting(ctx, "", "-Sy")
	if err == nil && res.Status != 0 {
		err = failure(res)
	}
	if err != nil {
		return fmt.Errorf("cannot fetch the databases of the repositories: %w", err)
	}
	// An unchanged database is not written. The folder's time shows the last check.
	now := time.Now()
	if err := os.Chtimes(filepath.Join("/", m.Root, c.syncDir()), now, now); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot note when the databases of the repositories were fetched: %w", err)
	}
	return nil
}

// refreshPrivately fetches the databases into a folder of our own, which shows the machine's installed packages.
func (m index) refreshPrivately(ctx context.Context) error {
	if m.standin.Now().Cache != "" {
		return nil
	}
	err := m.FetchPrivately(&m.standin, "converge-pacman-", func(dir string) error { return m.fillPrivate(ctx, dir) })
	if err != nil {
		return fmt.Errorf("cannot fetch the databases of the repositories: %w", err)
	}
	return nil
}

// fillPrivate fills a private folder of databases, which must be in use.
func (m index) fillPrivate(ctx context.Context, dir string) error {
	c, err := m.readConf()
	if err != nil {
		return err
	}
	if err := m.copyDatabases(c, dir); err != nil {
		return err
	}
	for _, name := range []string{dir, filepath.Join(dir, "sync")} { // pacman 7 fetches as its DownloadUser
		if err := os.Chmod(name, 0o755); err != nil { //nolint:gosec // it contains nothing secret
			return err
		}
	}
	if len(c.repos) == 0 {
		return nil // pacman would fail
	}
	res, err := m.ask(ctx, "--logfile", "/dev/null", "-Sy")
	if err == nil && res.Status != 0 {
		err = failure(res)
	}
	return err
}

// copyDatabases links the database of installed packages into a folder and copies the fetched databases there, so that
// only new databases are fetched.
func (m index) copyDatabases(c *conf, dir string) error {
	held, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer held.Close()
	if _, err := m.Tree.Stat(c.localDir()); err == nil {
		if err := held.Symlink(c.localDir(), "local"); err != nil {
			return err
		}
	}
	if err := held.Mkdir("sync", 0o755); err != nil {
		return err
	}
	entries, err := m.Tree.ReadDir(c.syncDir())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		data, err := m.Tree.ReadFile(path.Join(c.syncDir(), e.Name()), maxSync)
		if err != nil {
			continue
		}
		if err := fsys.ReplacePath(filepath.Join(dir, "sync", e.Name()), data, fsys.Replacement{Mode: 0o644}); err != nil {
			return err
		}
		if info, err := e.Info(); err == nil {
			_ = held.Chtimes(path.Join("sync", e.Name()), info.ModTime(), info.ModTime())
		}
	}
	return nil
}
