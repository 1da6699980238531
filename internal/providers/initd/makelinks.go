package initd

import (
	"context"
	"fmt"
	"path"

	"converge/internal/fsys"
)

// makeLink makes p a link to target where nothing but a link is.
func makeLink(ctx context.Context, root *fsys.FS, p, target string) error {
	if err := makeDir(ctx, root, path.Dir(p)); err != nil {
		return err
	}
	txn := root.Begin("service")
	defer txn.Abort()
	info, err := lookAny(txn, p)
	if err != nil {
		return err
	}
	if info != (fsys.Info{}) && info.Type != fsys.Symlink {
		return fmt.Errorf("%s is %s in the way of a link", p, info.Type)
	}
	return commitAll(ctx, txn, []*fsys.Step{txn.Symlink(p, target, info)})
}

// makeDir makes a folder of links and those above it, as far as they are missing.
func makeDir(ctx context.Context, root *fsys.FS, dir string) error {
	_, err := root.Stat(dir)
	if !isMissing(err) {
		return err
	}
	if err := makeDir(ctx, root, path.Dir(dir)); err != nil {
		return err
	}
	txn := root.Begin("service")
	defer txn.Abort()
	perm, err := txn.Inherited(dir)
	if err != nil {
		return err
	}
	perm.Mode |= 0o755
	return commitAll(ctx, txn, []*fsys.Step{txn.Dir(dir, perm)})
}

// removeLinks removes links, as far as they are there.
func removeLinks(ctx context.Context, root *fsys.FS, links []string) error {
	txn := root.Begin("service")
	defer txn.Abort()
	var steps []*fsys.Step
	for _, l := range links {
		info, err := txn.Look(l)
		switch {
		case isMissing(err):
			continue
		case err != nil:
			return err
		case info.Type != fsys.Symlink:
			return fmt.Errorf("%s is %s and no link", l, info.Type)
		}
		steps = append(steps, txn.Remove(l, info))
	}
	return commitAll(ctx, txn, steps)
}

// lookAny is Look; the zero Info: there is nothing.
func lookAny(txn *fsys.Txn, p string) (fsys.Info, error) {
	info, err := txn.Look(p)
	if isMissing(err) {
		return fsys.Info{}, nil
	}
	return info, err
}

func commitAll(ctx context.Context, txn *fsys.Txn, steps []*fsys.Step) error {
	for _, s := range steps {
		if err := s.Err(); err != nil {
			return err
		}
	}
	if err := txn.Commit(ctx); err != nil {
		return err
	}
	for _, s := range steps {
		if err := s.Err(); err != nil {
			return err
		}
	}
	return nil
}
