package files

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
)

// makeParents makes the missing parents of path. Those of a file are noted, because they go
// with it; those of a directory stay, and undoing its change knows them.
func (s *staging) makeParents(path string) error {
	above := path
	if s.request.isFile() {
		above = parentOf(path) // whose own folder goes with it, see tidyFolders
	}
	missing, err := listMissingParents(s.held, above)
	if err == nil {
		err = s.refuseOtherParents(missing)
	}
	switch {
	case err != nil:
		return err
	case !s.request.isFile():
		return s.makeLasting(missing)
	}
	made, err := s.fs.MakeFolders(s.ctx, s.runID, above)
	s.noteMade(made)
	for _, dir := range missing {
		if err == nil && s.isRecorded && !s.isOwnFolder(dir) { // somebody has made it meanwhile
			err = errChangedSince("create", dir)
		}
	}
	return err
}

// makeLasting makes each missing parent in a group of its own: one can be staged only in an
// existing folder.
func (s *staging) makeLasting(missing []string) error {
	for _, dir := range slices.Backward(missing) {
		txn := s.fs.Begin(s.runID)
		perm, err := txn.InheritedDir(dir)
		if err != nil {
			txn.Abort()
			return err
		}
		perm.Mode |= 0o755
		step := txn.Dir(dir, perm)
		if err := txn.Commit(s.ctx); err != nil {
			return err
		}
		switch err := step.Err(); {
		case err == nil:
			s.noteMade([]string{dir})
		case !errors.Is(err, fs.ErrExist):
			return err
		case s.isRecorded:
			return errChangedSince("create", dir)
		}
	}
	return nil
}

// loneFolders are folders that only exist for a change (parents = true).
type loneFolders struct {
	i      int      // the index of the change in its call
	made   []string // those that were made for it
	parent string   // that of its path
	isFile bool     // it is of a file: these folders are in no record
	ended  bool     // it removes a file
}

// tidyFolders removes folders that only exist for one file (parents = true of a file): with the file, and those that
// were made for a file or a directory that was not made. A declared folder stays, and so does a non-empty one.
func (tx *transaction) tidyFolders(ctx context.Context) {
	ctx = context.WithoutCancel(ctx) // what was begun is completed
	slices.SortFunc(tx.lone, func(a, b loneFolders) int { return cmp.Compare(a.i, b.i) })
	for _, l := range tx.lone {
		dirs := slices.Clone(l.made) // made from the outside in
		slices.Reverse(dirs)
		switch {
		case l.ended && tx.errs[l.i] == nil:
			dirs = []string{l.parent}
		case tx.errs[l.i] == nil:
			continue
		}
		for _, dir := range dirs {
			if gone := tx.removeEmpty(ctx, dir); !gone && !l.isFile {
				tx.lasts[l.i] = true
			}
		}
	}
}

// removeEmpty removes a folder if it is empty and not declared, and reports whether it did. A folder that cannot be
// removed stays: it harms nothing.
func (tx *transaction) removeEmpty(ctx context.Context, dir string) (gone bool) {
	if s, err := tx.site.below(dir); err == nil && s.there[s.resolve(dir)] {
		return false
	}
	gone, _ = tx.fs.RemoveEmpty(ctx, tx.runID, dir) // see above
	return gone
}
