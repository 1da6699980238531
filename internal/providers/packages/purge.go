package packages

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// leftovers are files that the removal of packages leaves behind and that a purge
// removes: changed configuration files, under the name that the manager gives them.
type leftovers struct {
	*sources
	of map[*item][]leftover
}

// leftover is such a file, and the earlier file with its name.
type leftover struct {
	path string
	was  fsys.Info // the zero value: nothing
}

// findLeftovers lists what purges will have to remove. It runs before the removal, because afterwards the owner of the
// files is unknown.
func (j transaction) findLeftovers(ctx context.Context) leftovers {
	l := leftovers{j.sources, map[*item][]leftover{}}
	for _, it := range j.wordItems() {
		if it.ensure != "purged" || !it.f.there {
			continue
		}
		if err := l.find(ctx, it); err != nil {
			j.notice(fmt.Sprintf("cannot tell which configuration files %s has: %v", it.name, err))
		}
	}
	return l
}

func (l leftovers) find(ctx context.Context, it *item) error {
	c, err := l.Files.ListContents(ctx, it.f.have)
	if err != nil || len(c.Config) == 0 {
		return err
	}
	disk, err := fsys.Open(cmp.Or(l.tree.Root(), "/"))
	if err != nil {
		return err
	}
	defer disk.Close()
	for _, file := range c.Config {
		left := leftover{path: file + l.SavedSuffix}
		if left.was, err = disk.Look(left.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			l.notice(fmt.Sprintf("the purge of %s leaves a file: %v", it.name, err))
			continue
		}
		l.of[it] = append(l.of[it], left)
	}
	return nil
}

// remove removes the files of removed packages.
func (l leftovers) remove(ctx context.Context) error {
	if len(l.of) == 0 {
		return nil
	}
	db, err := l.currentDatabase(ctx)
	if err != nil {
		return err
	}
	disk, err := fsys.Open(cmp.Or(l.tree.Root(), "/"))
	if err != nil {
		return err
	}
	defer disk.Close()
	var paths []string
	for _, files := range l.of {
		for _, file := range files {
			paths = append(paths, file.path)
		}
	}
	owned, err := l.ownedByOthers(ctx, db, Package{}, paths)
	if err != nil {
		return err
	}
	for it, files := range l.of {
		if _, there := db.find(it.name); there {
			continue
		}
		for _, file := range files {
			if owned[file.path] {
				continue
			}
			if e := l.removeFile(ctx, disk, file); e != nil {
				err = errors.Join(err, fmt.Errorf("cannot remove what %s left: %w", it.name, e))
			}
		}
	}
	return err
}

// removeFile removes a file that a removal has left. It follows no link of another user. A saved file that existed
// before the removal does not belong to the removed package: someone may have kept it.
func (l leftovers) removeFile(ctx context.Context, disk *fsys.FS, file leftover) error {
	txn := disk.Begin("purge")
	defer txn.Abort()
	live, err := txn.Look(file.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case live.Type != fsys.Regular && live.Type != fsys.Symlink:
		return nil // someone has put it in the file's place
	case l.SavedSuffix != "" && live.Ino == file.was.Ino && live.CTime.Equal(file.was.CTime):
		l.notice("left " + file.path + ", which was there before the package was removed")
		return nil
	}
	step := txn.Remove(file.path, live)
	return errors.Join(txn.Commit(ctx), step.Err())
}

// ownedByOthers are the paths that installed packages, except one, own: a removed package may have shared some. A
// manager that renames changed files has none to share.
func (s *sources) ownedByOthers(ctx context.Context, db *database, but Package, paths []string) (map[string]bool, error) {
	if s.SavedSuffix != "" || len(paths) == 0 {
		return nil, nil //nolint:nilnil // nothing is owned
	}
	var others []Package
	for _, p := range db.list {
		if p.Name != but.Name {
			others = append(others, p)
		}
	}
	c, err := s.Files.ListContents(ctx, others...)
	if err != nil {
		return nil, fmt.Errorf("cannot tell which files other packages have: %w", err)
	}
	owned := make(map[string]bool, len(paths))
	for _, path := range paths {
		owned[path] = false
	}
	for _, path := range slices.Concat(c.Paths, c.Config) {
		if _, asked := owned[path]; asked {
			owned[path] = true
		}
	}
	return owned, nil
}

// purgedFiles are the configuration files that are removed when a package is purged.
func (p *Provider) purgedFiles(ctx context.Context, c resource.Change) ([]string, error) {
	if c.Action != resource.Delete || resource.Must[resources.PackageWant](c.Want).Ensure.Value != "purged" {
		return nil, nil
	}
	db, err := p.currentDatabase(ctx)
	if err != nil {
		return nil, err
	}
	have, there := db.find(c.Label())
	if !there {
		return nil, nil
	}
	contents, err := p.Files.ListContents(ctx, have)
	if err != nil {
		return nil, err
	}
	owned, err := p.ownedByOthers(ctx, db, have, contents.Config)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, path := range contents.Config {
		if _, err := p.tree.Stat(path); err == nil && !owned[path] {
			out = append(out, path)
		}
	}
	return out, nil
}
