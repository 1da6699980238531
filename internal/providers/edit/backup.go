package edit

import (
	"context"
	"slices"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// backups lists the paths of the backups of the file before its parts change.
func (s *set) backups() (out []string) {
	for _, m := range s.members {
		if path := m.backup(s.src); path != "" {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// backup returns the path of the backup that a part wants of its file; "": none.
func (m *member) backup(src *source) string {
	suffix := resource.DecodeBytes(m.want.Backup.Value)
	if suffix == "" || src.missing {
		return ""
	}
	return src.path + suffix
}

// written is the backups that one call of ApplyAll has written, by the parts that want them. The file itself may have
// been changed meanwhile: the next try finds such a backup, which is in no record yet.
type written map[resource.Addr]string

// add notes the backups of a set that was committed.
func (w written) add(s *set) {
	for i, path := range s.backups() { // they are the first steps
		if i >= len(s.steps) || s.steps[i].Err() != nil {
			continue
		}
		for k := range s.members {
			if m := &s.members[k]; m.backup(s.src) == path {
				w[m.addr] = path
			}
		}
	}
}

// backUp stages the backups of the file. last is the one that the change needs; nil: none.
func (s *set) backUp(txn *fsys.Txn, live fsys.Info) (last *fsys.Step, err error) {
	for _, path := range s.backups() {
		last = txn.Backup(s.src.path, path, live)
		if s.steps = append(s.steps, last); last.Err() != nil {
			return last, last.Err()
		}
	}
	return last, nil
}

// recordBackup returns the change of the file that a change writes in addition. It is shown nowhere: the file may have
// other parts, and some may be sensitive.
func recordBackup(ctx context.Context, beside Beside, w *part, src *source) ([]resource.Change, error) {
	suffix := resource.DecodeBytes(w.Backup.Value)
	if suffix == "" || src.missing || beside == nil {
		return nil, nil
	}
	also, err := beside.RecordBeside(ctx, src.path+suffix, resource.BytesBlob(src.bytes))
	for i := range also {
		also[i].Secret = map[string]bool{"content": true}
	}
	return also, err
}
