package edit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// founder makes missing files of users with the right owner.
type founder struct{ *Provider }

// founding returns how to make a missing file, and its folder, if a user may determine the file; own is false if it is
// made like any other file.
func (p founder) founding(ctx context.Context, members []member) (file, folder fsys.Perm, own bool, err error) {
	for _, m := range members {
		if p.Access == nil || !isAccess(&m.want) {
			continue
		}
		if file, folder, own, err = p.Access.Founding(ctx, &m.want); own || err != nil {
			return file, folder, own, err
		}
	}
	return file, folder, false, nil
}

func isAccess(w *part) bool { return isAccessPart(w.Part) }

func isAccessPart(kind string) bool {
	return kind == resources.PartAuthorizedKey || kind == resources.PartKnownHost || kind == resources.PartUserKeys
}

// found returns the permissions of a file that is made. It makes the folder of a user's
// file first, because a file can be staged only in a folder that is there.
func (p founder) found(ctx context.Context, txn *fsys.Txn, s *set) (fsys.Perm, error) {
	file, folder, own, err := p.founding(ctx, s.members)
	if err != nil {
		return file, err
	}
	if dir := filepath.Dir(s.src.path); own && folder.Mode != 0 && !p.isDirectory(dir) {
		if err := p.makeFolder(ctx, dir, folder); err != nil {
			return file, err
		}
		s.folder = dir
	}
	if past := s.pastFile(); past != nil {
		return fsys.Perm{Mode: past.Mode, UID: past.UID, GID: past.GID}, nil
	}
	if own {
		return file, nil
	}
	if file, err = txn.Inherited(s.src.path); err == nil {
		file.Mode = s.newMode()
	}
	return file, err
}

// pastFile returns the file as it was removed, if a part to be restored was removed with it.
func (s *set) pastFile() *resources.FilePast {
	for _, m := range s.members {
		if past := m.past; past != nil && past.File != nil && !m.want.IsAbsent() {
			return past.File
		}
	}
	return nil
}

// makeFolder makes a folder. One that another process has made meanwhile suffices: its content is checked when the
// file is made.
func (p founder) makeFolder(ctx context.Context, dir string, perm fsys.Perm) error {
	if err := p.FS.MakeFolder(ctx, p.RunID, dir, perm); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// tidyFolder removes the folder of a user's file if it is empty: the file for which it was made was not made, or was
// removed again.
func (p founder) tidyFolder(ctx context.Context, s *set) {
	dir := s.folder
	for _, m := range s.members {
		if past := m.past; past != nil && past.Folder == filepath.Dir(s.src.path) && s.isGone() {
			dir = past.Folder
		}
	}
	if dir == "" {
		return
	}
	_, _ = p.FS.RemoveEmpty(context.WithoutCancel(ctx), p.RunID, dir) // a remaining folder harms nothing
}

// missingFolder is the folder that is made for the file of a part; "" if none is.
func (p founder) missingFolder(w *part, src *source) string {
	if dir := filepath.Dir(src.path); src.missing && isAccess(w) && !p.isDirectory(dir) {
		return dir
	}
	return ""
}

// checkFolder explains that a missing file cannot be made because its folder is missing.
func (p founder) checkFolder(ctx context.Context, c resource.Change, src *source) error {
	dir := filepath.Dir(src.path)
	if !src.missing || p.isDirectory(dir) {
		return nil
	}
	w, err := p.decode(ctx, c.Want)
	if err != nil {
		return err
	}
	_, folder, own, err := p.founding(ctx, []member{{want: w}})
	if err != nil || own && folder.Mode != 0 && p.isDirectory(filepath.Dir(dir)) {
		return err
	}
	if own && folder.Mode != 0 {
		dir = filepath.Dir(dir)
	}
	return resource.LackingFolder(fmt.Errorf("cannot make %q: there is no directory %q", src.path, dir), resource.EncodeBytes(dir))
}

// identifier is an [Access] that knows the files of users by other keys.
type identifier interface {
	Identify(ctx context.Context, keys []string) (map[string]string, error)
}

// Identify finds different names of parts whose file only the machine knows.
func (p *Provider) Identify(ctx context.Context, keys []string) (map[string]string, error) {
	if i, ok := p.Access.(identifier); ok {
		return i.Identify(ctx, keys)
	}
	return nil, nil
}
