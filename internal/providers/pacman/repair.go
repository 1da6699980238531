package pacman

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"converge/internal/fsys"
	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
)

// halfInstalled is the description that converge writes for a package when pacman was killed before it wrote one.
// pacman replaces it when it installs the package again.
const halfInstalled = "half installed: pacman was killed while it installed it"

// repair describes packages that a killed pacman had not described yet, because pacman refuses to touch those: with
// their future files, so that reinstalling or removing them works as usual. The lock that it left is removed when
// pacman is next run.
func (m solver) repair(ctx context.Context, r packages.Request) error {
	if err := m.WaitLocks(ctx, m.Patience, m.locks()...); err != nil {
		return err
	}
	if name := m.interruptedPackage(); name != "" {
		m.SendNotice("pacman was killed while a script of %s ran", name)
	}
	local, err := m.readLocal(ctx)
	if err != nil {
		return err
	}
	for _, dir := range local.half {
		m.SendNotice("pacman was killed while it installed %s; installing it again", dir)
		known, err := m.describeHalf(ctx, filepath.Join(local.dir, dir), r, true)
		if err != nil {
			return fmt.Errorf("cannot repair %s, at which pacman was killed: %w", dir, err)
		}
		if !known {
			m.SendNotice("the package file of %s is gone, so that nobody knows which files pacman has put in place: it refuses to write over them", dir)
		}
	}
	for _, e := range local.entries {
		if !e.half {
			continue
		}
		if _, err := m.describeHalf(ctx, filepath.Join(local.dir, e.name+"-"+e.version), r, false); err != nil {
			return fmt.Errorf("cannot repair %s, at which pacman was killed: %w", e.name, err)
		}
	}
	return nil
}

// describeHalf describes a package by its package file, in the cache or in the request. known is false if that file
// does not exist, so that the package's files are unknown: then it describes the package, without files, only if must
// is set.
func (m solver) describeHalf(ctx context.Context, dir string, r packages.Request, must bool) (known bool, err error) {
	name, v := splitName(filepath.Base(dir))
	candidates, err := m.packageFiles(ctx, name, v, r)
	if err != nil {
		return false, err
	}
	files := ""
	for _, file := range candidates {
		res, err := m.Run(ctx, tool.Command{Argv: []string{"pacman", "-Qlpq", "--", file}})
		if err == nil && res.Status == 0 {
			files, known = res.Stdout, true
			break
		}
	}
	if !known && !must {
		return false, nil
	}
	list := "%FILES%\n"
	for file := range strings.Lines(files) {
		list += strings.TrimPrefix(strings.TrimSpace(file), "/") + "\n"
	}
	desc := "%NAME%\n" + name + "\n\n%VERSION%\n" + v + "\n\n%DESC%\n" + halfInstalled + "\n\n"
	for _, f := range []struct{ name, text string }{{"files", list + "\n"}, {"desc", desc}} {
		if err := fsys.ReplacePath(filepath.Join("/", m.Root, dir, f.name), []byte(f.text), fsys.Replacement{Mode: 0o644}); err != nil {
			return false, err
		}
	}
	return known, nil
}

// packageFiles are the files of a package in a version: those in pacman's cache, and those that a request names.
func (m solver) packageFiles(ctx context.Context, name, v string, r packages.Request) (files []string, err error) {
	cached, err := m.readCache()
	if err != nil {
		return nil, err
	}
	for _, o := range cached {
		if o.Name == name && o.Version == v {
			files = append(files, o.Source)
		}
	}
	for _, w := range r.Words {
		if w.File == "" || w.Name != name {
			continue
		}
		if p, err := m.ReadPackageFile(ctx, w.File); err == nil && p.Version == v {
			files = append(files, w.File)
		}
	}
	return files, nil
}
