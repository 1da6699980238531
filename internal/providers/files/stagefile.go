package files

import (
	"fmt"
	"io"
	"path"

	"converge/internal/fetch"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/verify"
	"converge/resources"
)

// fileStaging stages the change of a file.
type fileStaging struct{ *staging }

func (s *fileStaging) stage() error {
	r := s.request
	at, err := locateFile(s.held, r, s.txn.Look)
	if err == nil {
		err = s.refuseUnrecorded(at)
	}
	if err == nil {
		err = at.refuseOtherType(r)
	}
	if err != nil {
		return err
	}
	if at.gone && r.IsAbsent() {
		return nil
	}
	virtual := s.contents.isVirtual(at.path)
	switch {
	case virtual && (at.gone || r.IsAbsent()):
		return at.refuseVirtual(s.change)
	case r.IsAbsent():
		return s.removeFile(at)
	}
	if at.gone && r.Parents.Value {
		if err := s.makeParents(at.path); err != nil {
			return err
		}
	}
	perm, err := s.resolvePermissions(at)
	if err == nil && at.isRegular() {
		err = s.refuseOtherAccess(at, perm)
	}
	if err != nil {
		return err
	}
	if virtual {
		return s.writeVirtual(at, perm)
	}
	return s.changeFile(at, perm)
}

// changeFile stages a file that should exist: it writes it, or only changes owner and mode.
func (s *fileStaging) changeFile(at location, perm fsys.Perm) error {
	blob := s.request.Content
	exists, writes := at.isRegular(), s.change.Differs("content")
	switch {
	case !exists && blob == nil:
		blob = resource.BytesBlob(nil)
	case exists && !writes && !s.change.Differs("xattrs") && (blob == nil || s.held.MayChange(at.path, at.info) == nil):
		return s.addStep(s.txn.Chperm(at.path, at.info, perm))
	case exists && !writes:
		// Another user may have put the file there: ours takes its place.
	case exists:
		parked, err := s.parkContent(at, perm, blob)
		if err != nil || parked {
			return err
		}
	}
	return s.writeFile(at, perm, blob)
}

// resolvePermissions returns the mode and owner that the file will have: unmanaged
// attributes stay as they are, and a new file is private if its content is.
func (s *fileStaging) resolvePermissions(at location) (fsys.Perm, error) {
	base := at.permissions()
	if !at.isRegular() {
		var err error
		if base, err = s.txn.Inherited(at.path); err != nil {
			return base, err
		}
		base.Mode = s.change.defaultMode(false)
	}
	perm, err := s.access.resolve(s.ctx, &s.request.Permissions, base, false)
	if err != nil {
		return perm, fmt.Errorf("cannot write %q: %w", at.path, err)
	}
	return perm, tables{s.base}.refuseUsers(s.ctx, s.request)
}

// writeFile stages the new content, verifies it, and saves the old content.
func (s *fileStaging) writeFile(at location, perm fsys.Perm, blob *resource.Blob) error {
	if at.gone {
		at.info = fsys.Info{}
	}
	backup, err := s.backUp(at)
	if err != nil {
		return err
	}
	step, err := s.stageContent(at, perm, blob, backup)
	if err != nil {
		return err
	}
	if err := s.checkCandidate(s.ctx, s.change, at.path, func() string { return s.txn.Candidate(step) }); err != nil {
		return err
	}
	if at.isRegular() {
		return s.keepRegular(s.txn, at.path, at.info)
	}
	return nil
}

// stageContent stages a file with the content, which takes its place after the
// step that it needs; nil: none.
func (s *fileStaging) stageContent(at location, perm fsys.Perm, blob *resource.Blob, needs *fsys.Step) (*fsys.Step, error) {
	xattrs, err := parseXattrs(&s.request.Permissions)
	if err != nil {
		return nil, err
	}
	f := fsys.File{Perm: perm, Needs: needs, Xattrs: xattrs}
	if verify.NamesPath(s.request.Verify.Value) {
		f.Suffix = path.Ext(at.path) // systemd-analyze, for one, uses it
	}
	if b, ok := blob.Bytes(); ok {
		f.Bytes = b
	} else {
		r, err := s.openContent(blob)
		if err != nil {
			return nil, err
		}
		defer r.Close()
		f.From = r
	}
	step := s.txn.File(at.path, at.info, f)
	return step, s.addStep(step)
}

func (s *fileStaging) openContent(blob *resource.Blob) (io.ReadCloser, error) {
	if url := s.request.Source.Value; url != "" && blob.Size < 0 {
		digest, err := blob.Digest()
		if err != nil {
			return nil, err
		}
		return fetch.Open(s.ctx, s.client, fetch.Source{
			URL: url, SHA256: digest, Limit: s.request.SizeLimit(), Advice: "max_size allows more",
		})
	}
	return blob.Open()
}

// backUp stages a copy of the file beside it, if the request asks for one.
func (s *fileStaging) backUp(at location) (*fsys.Step, error) {
	suffix := resource.DecodeBytes(s.request.Backup.Value)
	if suffix == "" || !at.isRegular() {
		return nil, nil
	}
	beside, err := s.lookBeside(at.path + suffix)
	if err != nil {
		return nil, err
	}
	step := s.txn.Backup(at.path, beside.path, at.info)
	return step, s.addStep(step)
}

// parkContent stages our content beside an edited file, if the request asks for that, and reports whether it did.
func (s *fileStaging) parkContent(at location, perm fsys.Perm, blob *resource.Blob) (bool, error) {
	switch s.request.OnEdit.Value {
	case "stop":
		return false, s.edits.refuseEdited(s.request, at, s.contents.readBlob(at))
	case "keep":
	default:
		return false, nil
	}
	edited, err := s.edits.isEdited(s.request.path, s.contents.readBlob(at))
	if err != nil || !edited {
		return false, err
	}
	beside, err := s.lookBeside(at.path + resources.ParkedSuffix)
	if err != nil {
		return false, err
	}
	if !beside.gone && beside.info.Type != fsys.Regular {
		return false, obstructed(beside.path, beside.info, "file", removeIt)
	}
	if _, err = s.stageContent(beside, perm, blob, nil); err != nil {
		return false, err
	}
	// The record names the edited content, which a rollback asks for.
	if err = s.keepRegular(s.txn, at.path, at.info); err != nil {
		return false, err
	}
	return true, s.addStep(s.txn.Chperm(at.path, at.info, perm))
}

func (s *fileStaging) removeFile(at location) error {
	if at.info.Type == fsys.Regular {
		if s.request.OnEdit.Value == "stop" {
			if err := s.edits.refuseEdited(s.request, at, s.contents.readBlob(at)); err != nil {
				return err
			}
		}
		if err := s.keepRegular(s.txn, at.path, at.info); err != nil {
			return err
		}
	}
	if _, err := s.backUp(at); err != nil {
		return err
	}
	return s.addStep(s.txn.Remove(at.path, at.info))
}

// writeVirtual stages a write to an interface of the kernel.
func (s *fileStaging) writeVirtual(at location, perm fsys.Perm) error {
	if err := at.refuseVirtual(s.change); err != nil {
		return err
	}
	if perm != at.permissions() {
		if err := s.addStep(s.txn.Chperm(at.path, at.info, perm)); err != nil {
			return err
		}
	}
	if s.request.Content == nil || !s.change.Differs("content") {
		return nil
	}
	content, err := readVirtualContent(s.request.Content)
	if err != nil {
		return fmt.Errorf("cannot write %q: %w", at.path, err)
	}
	if err := s.keepRegular(s.txn, at.path, at.info); err != nil {
		return err
	}
	return s.addStep(s.txn.WriteVirtual(at.path, at.info, content))
}
