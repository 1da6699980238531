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
		if suffix := resource.DecodeBytes(m.want.Backup.Value); suffix != "" && !s.src.missing {
			out = append(out, s.src.path+suffix)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
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
