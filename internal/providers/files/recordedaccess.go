package files

import (
	"slices"

	"converge/internal/fsys"
	"converge/resources"
)

// refuseOtherAccess refuses to give an entry the mode and owner perm if those that it has are not
// the recorded ones: a rollback would give back others than the change has taken.
func (s *staging) refuseOtherAccess(at location, perm fsys.Perm) error {
	if !s.isRecorded || at.gone || perm == at.permissions() {
		return nil
	}
	was := resources.Listed{Mode: s.was.Mode.Value, Owner: s.was.Owner.Value, Group: s.was.Group.Value}
	if !s.access.isAsRecorded(was, at.info) {
		return errChangedSince(s.verb(), at.path)
	}
	return nil
}

// isAsRecorded reports whether mode and owner of an entry are the recorded ones. Those of a file with
// other names may have been changed by such a name, and those of a link are not changed.
func (a access) isAsRecorded(was resources.Listed, now fsys.Info) bool {
	if now.Type == fsys.Symlink || now.Type == fsys.Regular && now.Links > 1 {
		return true
	}
	return was.Mode == resources.FormatMode(now.Mode) && was.Owner == a.accounts.UserName(now.UID) && was.Group == a.accounts.GroupName(now.GID)
}

// refuseOtherParents refuses to make the missing parent folders if they are not the recorded ones: a folder that was
// made since belongs to its maker, and a rollback would remove it.
func (s *staging) refuseOtherParents(missing []string) error {
	if !s.isRecorded {
		return nil
	}
	recorded := make([]string, 0, len(s.beside))
	for i := range s.beside {
		r, err := decodeRequest(s.beside[i].Want)
		if err != nil {
			return err
		}
		recorded = append(recorded, r.path)
	}
	for _, dir := range missing {
		if !slices.Contains(recorded, dir) {
			return errChangedSince("create", dir)
		}
	}
	for _, dir := range recorded {
		if !slices.Contains(missing, dir) && !s.isOwnFolder(dir) {
			return errChangedSince("create", dir)
		}
	}
	return nil
}

// isOwnFolder reports whether a folder was made for another change of the same call.
func (s *staging) isOwnFolder(dir string) bool {
	if s.folders[dir] {
		return true
	}
	real, err := s.held.ResolveFolder(dir)
	return err == nil && s.folders[real]
}

// noteMade notes the folders that were made for a change.
func (s *staging) noteMade(dirs []string) {
	s.made = append(s.made, dirs...)
	for _, dir := range dirs {
		s.folders[dir] = true
		if real, err := s.held.ResolveFolder(dir); err == nil {
			s.folders[real] = true
		}
	}
}

// errChangedSince is the error for an entry that is not as it was recorded.
func errChangedSince(verb, path string) error {
	return &fsys.Error{Verb: verb, Path: path, Err: fsys.ErrChanged, Hint: "apply again"}
}
