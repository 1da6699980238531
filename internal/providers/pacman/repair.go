package pacman

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"converge/internal/fsys"
	"converge/internal/providers/packages/tool"
)

// halfInstalled is the description of a package that converge has described in a killed
// pacman's stead. pacman replaces it when it installs the package again.
const halfInstalled = "half installed: pacman was killed while it installed it"

// repair removes what a killed pacman has left: its lock, and packages that it had not
// described yet, which it refuses to touch then. These are described, with the files
// that they will have, so that installing them again or removing them is as usual. It
// returns options for that.
func (m solver) repair(ctx context.Context) (options []string, err error) {
	if err := m.WaitLocks(ctx, m.Patience, locksIn(m.Tree)...); err != nil {
		return nil, err
	}
	interrupted := m.interruptedPackage()
	_, half, err := m.readLocal(ctx)
	if err != nil {
		return nil, err
	}
	for _, dir := range half {
		m.SendNotice("pacman was killed while it installed %s; installing it again", dir)
		known, err := m.describeHalf(ctx, dir)
		if err != nil {
			return nil, fmt.Errorf("cannot repair %s, at which pacman was killed: %w", dir, err)
		}
		if !known {
			options = []string{"--overwrite", "*"} // its files are there and belong to nobody
		}
	}
	if interrupted != "" {
		m.SendNotice("pacman was killed while a script of %s ran", interrupted)
	}
	if err := os.Remove(filepath.Join("/", m.Root, lockFile)); err == nil {
		m.SendNotice("removed the lock that it left, %s", lockFile)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot remove the lock of a killed pacman: %w", err)
	}
	return options, nil
}

// describeHalf describes a package by its file in the cache. known is false if that is
// not there, and so nobody knows the package's files.
func (m solver) describeHalf(ctx context.Context, dir string) (known bool, err error) {
	name, v := splitName(dir)
	files := ""
	for _, o := range m.readCache() {
		if o.Name != name || o.Version != v {
			continue
		}
		res, err := m.Run(ctx, tool.Command{Argv: []string{"pacman", "-Qlpq", "--", o.Source}})
		if err == nil && res.Status == 0 {
			files, known = res.Stdout, true
		}
	}
	list := "%FILES%\n"
	for file := range strings.Lines(files) {
		list += strings.TrimPrefix(strings.TrimSpace(file), "/") + "\n"
	}
	desc := "%NAME%\n" + name + "\n\n%VERSION%\n" + v + "\n\n%DESC%\n" + halfInstalled + "\n\n"
	for _, f := range []struct{ name, text string }{{"files", list + "\n"}, {"desc", desc}} {
		at := filepath.Join("/", m.Root, localDir, dir, f.name)
		if err := fsys.ReplacePath(at, []byte(f.text), fsys.Replacement{Mode: 0o644}); err != nil {
			return false, err
		}
	}
	return known, nil
}
