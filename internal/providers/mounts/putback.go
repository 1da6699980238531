package mounts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"converge/internal/edit"
	"converge/resources"
)

// putBack takes back the lines of what could not be mounted or used: a host with such a line may not boot.
func (w *writing) putBack(ctx context.Context) {
	var failed, kept []*task
	for _, t := range w.tasks {
		if t.err != nil {
			failed = append(failed, t)
		} else {
			kept = append(kept, t)
		}
	}
	if len(failed) == 0 || w.after == nil {
		return
	}
	write := func(ctx context.Context) error { return w.writeWithout(ctx, failed, kept) }
	if err := w.retried(ctx, write); err != nil {
		stay(failed, err)
	}
}

// stay adds to the errors of tasks that their lines stay, and why.
func stay(failed []*task, err error) {
	for _, t := range failed {
		t.err = fmt.Errorf("%w; its line stays as it is in %s, because that cannot be put back: %w", t.err, resources.Fstab, err)
	}
}

// writeWithout writes fstab without the lines of failed tasks. If another program has removed the file since, it stays
// removed.
func (w *writing) writeWithout(ctx context.Context, failed, kept []*task) error {
	w.forget()
	now, err := w.lines(ctx)
	if err != nil {
		return err
	}
	if now.missing && !w.gone {
		for _, t := range failed {
			if len(t.found()) > 0 {
				t.err = fmt.Errorf("%w; its line is not put back, because %s was removed in the meantime", t.err, resources.Fstab)
			}
		}
		return nil
	}
	if now.missing {
		now.info = w.before.info
	}
	again := &writing{host: w.host, before: w.before, tasks: kept}
	text := w.without(now, failed, again)
	goes := len(text) == 0 && (w.before.missing || again.ends(text))
	if bytes.Equal(text, now.bytes) && now.missing == goes {
		return nil
	}
	txn := w.FS.Begin(w.RunID)
	defer txn.Abort()
	step, err := w.stage(txn, now, text, goes)
	if err != nil {
		return err
	}
	if err := w.commit(ctx, txn, step, now); err != nil {
		return err
	}
	if err := w.reload(ctx); err != nil {
		for _, t := range failed {
			t.err = fmt.Errorf("%w; the init system has not read what was put back in %s: %w", t.err, resources.Fstab, err)
		}
	}
	return nil
}

// without returns the present fstab without the lines of failed tasks; again is the writing of the others. Later edits
// of others stay.
func (w *writing) without(now *fstab, failed []*task, again *writing) []byte {
	if !now.missing && bytes.Equal(now.bytes, w.before.bytes) {
		return now.bytes
	}
	wanted := again.candidate()
	if bytes.Equal(now.bytes, w.after) {
		return wanted
	}
	hunks, of := w.hunksOf(failed, wanted)
	out, done := edit.Restore(now.bytes, hunks)
	for i, ok := range done {
		if !ok {
			stay(of[i], errors.New("it was edited in the meantime"))
		}
	}
	return out
}

// hunksOf returns what takes the lines of tasks back, each separately, and the tasks. Lines that a rollback has
// restored are taken back together: wanted is the file without any of them.
func (w *writing) hunksOf(failed []*task, wanted []byte) (out [][]edit.Hunk, of [][]*task) {
	parts, owners := w.parts()
	all, err := edit.Record(w.before.bytes, parts)
	if err != nil || slices.ContainsFunc(w.tasks, func(t *task) bool { return len(t.line.hunks) > 0 }) {
		return [][]edit.Hunk{edit.Replaced(wanted, w.after)}, [][]*task{failed}
	}
	for i, hunks := range all {
		if t := w.tasks[owners[i]]; t.err != nil && len(hunks) > 0 {
			out, of = append(out, hunks), append(of, []*task{t})
		}
	}
	return out, of
}
