package edit

import (
	"bytes"
	"errors"
	"io/fs"
	"reflect"
	"slices"

	"converge/internal/edit"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// refuseUnrecorded takes the parts that differ from their records out of the sets, and notes their errors: a later
// edit by another program or user is in no record, and a rollback would restore something else. The rest of a file may
// have changed: it stays. backups are those that this call has written.
func refuseUnrecorded(p *Provider, sets []*set, planned resource.Forecast, backups written, errs []error) {
	p.mu.Lock()
	replays := p.replays
	p.mu.Unlock()
	if planned.Recorded == nil || replays == nil {
		return
	}
	for _, s := range sets {
		r := replays[s.src.path]
		s.members = slices.DeleteFunc(s.members, func(m member) bool {
			_, also := planned.Recorded(m.index)
			own, made := backups[m.addr]
			if r.isSameState(m, s.src) && (own == m.backup(s.src) || isBackupRecorded(p, also, m, s.src)) {
				return false
			}
			if errs[m.index] = errChangedSince(s.src.path); !made {
				errs[m.index] = resource.Untouched(errs[m.index])
			}
			return true
		})
	}
}

// isSameState reports whether a part is as it was when its change was recorded. It is not if its path leads to another
// file since, because that file was not recorded.
func (r *replay) isSameState(m member, src *source) bool {
	if r == nil {
		return false
	}
	if r.src == src || r.src.missing == src.missing && bytes.Equal(r.src.bytes, src.bytes) {
		return true
	}
	was, werr := r.src.memo.Look(m.wish)
	now, err := src.memo.Look(m.wish)
	was.Line, now.Line = 0, 0
	return r.src.missing == src.missing && (werr == nil) == (err == nil) && reflect.DeepEqual(was, now)
}

// isBackupRecorded reports whether the file that the backup of a part replaces is the recorded one.
func isBackupRecorded(p *Provider, also []resource.Change, m member, src *source) bool {
	backup := m.backup(src)
	if len(also) == 0 || backup == "" {
		return true
	}
	p.mu.Lock()
	now, err := p.held.ReadFile(backup, edit.MaxSize)
	p.mu.Unlock()
	was, werr := resource.DecodeRecorded[resources.Entry](also[0].Have)
	switch {
	case werr != nil:
		return false
	case errors.Is(err, fs.ErrNotExist):
		return also[0].Have.IsNull()
	case err != nil:
		return true // to write it will say why not
	case also[0].Have.IsNull():
		return false
	}
	digest, err := resource.BytesBlob(now).Digest()
	if err != nil || was.Content == nil {
		return err == nil
	}
	recorded, err := was.Content.Digest()
	return err == nil && recorded == digest
}

// errChangedSince is the error for a part that is not as it was recorded.
func errChangedSince(path string) error {
	return &fsys.Error{Verb: "edit", Path: path, Err: fsys.ErrChanged, Hint: "apply again"}
}
