package files

import (
	"errors"
	"fmt"
	"io"
	"path"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

func (c *change) file() error {
	want := &c.c.Want
	t, err := c.p.look(want, c.txn.Look)
	if err == nil {
		err = t.clash(want)
	}
	if err != nil {
		return err
	}
	if t.gone && want.IsAbsent() {
		return nil
	}
	virtual := c.p.virtual(t.path)
	switch {
	case virtual && (t.gone || want.IsAbsent()):
		return t.virtualClash(c.c)
	case want.IsAbsent():
		return c.removeFile(t)
	}
	perm, err := c.filePerm(t)
	if err != nil {
		return err
	}
	if virtual {
		return c.writeVirtual(t, perm, want.Content)
	}
	blob := want.Content
	replace := t.gone || t.info.Type != fsys.Regular
	switch {
	case replace && blob == nil:
		blob = resource.BytesBlob(nil)
	case !replace && !c.c.Differs("content") && !c.c.Differs("xattrs") && (blob == nil || c.p.held.MayChange(t.path, t.info) == nil):
		return c.add(c.txn.Chperm(t.path, t.info, perm))
	case !replace && !c.c.Differs("content"):
		// Another user may have put the file there: ours takes its place.
	case !replace:
		parked, err := c.park(t, perm, blob)
		if err != nil || parked {
			return err
		}
	}
	return c.write(t, perm, blob)
}

// filePerm is the mode and owner that the file will have: unmanaged attributes
// stay as they are, and a new file is private if its content is.
func (c *change) filePerm(t target) (fsys.Perm, error) {
	base := fsys.Perm{Mode: t.info.Mode, UID: t.info.UID, GID: t.info.GID}
	if t.gone || t.info.Type != fsys.Regular {
		var err error
		if base, err = c.txn.Inherited(t.path); err != nil {
			return base, err
		}
		base.Mode = newMode(c.c, false)
	}
	perm, err := c.p.wantPerm(c.ctx, &c.c.Want, base, false)
	if err != nil {
		return perm, fmt.Errorf("cannot write %q: %w", t.path, err)
	}
	return perm, nil
}

// write stages the new content, has it verified, and sees to it that the old
// one is kept.
func (c *change) write(t target, perm fsys.Perm, blob *resource.Blob) error {
	if t.gone {
		t.info = fsys.Info{}
	}
	backup, err := c.backup(t)
	if err != nil {
		return err
	}
	step, err := c.stageContent(t, perm, blob, backup)
	if err != nil {
		return err
	}
	if err := c.p.verify(c.ctx, c.c, t.path, c.txn.Candidate(step)); err != nil {
		return err
	}
	if !t.gone && t.info.Type == fsys.Regular {
		return c.keep(c.txn, t.path, t.info)
	}
	return nil
}

func (c *change) stageContent(t target, perm fsys.Perm, blob *resource.Blob, needs *fsys.Step) (*fsys.Step, error) {
	xattrs, err := wantXattrs(&c.c.Want)
	if err != nil {
		return nil, err
	}
	f := fsys.File{Perm: perm, Needs: needs, Xattrs: xattrs}
	if c.c.Want.Verify.Set {
		f.Suffix = path.Ext(t.path) // systemd-analyze, for one, goes by it
	}
	if b, ok := blob.Bytes(); ok {
		f.Bytes = b
	} else {
		r, err := c.open(blob)
		if err != nil {
			return nil, err
		}
		defer r.Close()
		f.From = r
	}
	step := c.txn.File(t.path, t.info, f)
	return step, c.add(step)
}

func (c *change) open(blob *resource.Blob) (io.ReadCloser, error) {
	if url := c.c.Want.Source.Value; url != "" && blob.Size < 0 {
		digest, err := blob.Digest()
		if err != nil {
			return nil, err
		}
		return fetch(c.ctx, c.p.o.Client, url, digest, c.c.Want.SizeLimit())
	}
	return blob.Open()
}

func (c *change) backup(t target) (*fsys.Step, error) {
	suffix := resource.DecodeBytes(c.c.Want.Backup.Value)
	if suffix == "" || t.gone || t.info.Type != fsys.Regular {
		return nil, nil
	}
	step := c.txn.Backup(t.path, t.path+suffix, t.info)
	return step, c.add(step)
}

// park puts ours beside a file that was edited, where that is asked for.
func (c *change) park(t target, perm fsys.Perm, blob *resource.Blob) (bool, error) {
	onEdit := c.c.Want.OnEdit.Value
	if onEdit != "keep" && onEdit != "stop" {
		return false, nil
	}
	edited, err := c.p.wasEdited(&c.c.Want, c.p.liveBlob(t))
	if err != nil || !edited {
		return false, err
	}
	if onEdit == "stop" {
		return false, editedError(t.path)
	}
	beside := target{path: t.path + resources.ParkedSuffix}
	beside.info, err = c.p.held.Lstat(beside.path)
	switch {
	case isMissing(err):
		beside.gone, beside.info = true, fsys.Info{}
	case err != nil:
		return false, err
	case beside.info.Type != fsys.Regular:
		return false, inTheWay(beside.path, beside.info, "file", removeIt)
	}
	if _, err = c.stageContent(beside, perm, blob, nil); err != nil {
		return false, err
	}
	return true, c.add(c.txn.Chperm(t.path, t.info, perm))
}

func (c *change) removeFile(t target) error {
	if t.info.Type == fsys.Regular {
		if c.c.Want.OnEdit.Value == "stop" {
			edited, err := c.p.wasEdited(&c.c.Want, c.p.liveBlob(t))
			if err == nil && edited {
				err = editedError(t.path)
			}
			if err != nil {
				return err
			}
		}
		if err := c.keep(c.txn, t.path, t.info); err != nil {
			return err
		}
	}
	if _, err := c.backup(t); err != nil {
		return err
	}
	return c.add(c.txn.Remove(t.path, t.info))
}

func editedError(path string) error {
	return fmt.Errorf("cannot replace %q: %w", path, errEdited)
}

var errEdited = errors.New(`it was edited since converge wrote it, and on_edit is "stop"; bring the edit into the manifest or undo it, or set on_edit to "keep" or "overwrite"`)
