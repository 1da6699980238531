package mounts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"converge/internal/edit"
	"converge/internal/fsys"
	"converge/resources"
)

// writing is one writing of fstab; a part of it may have to be taken back.
type writing struct {
	*host
	before *fstab
	after  []byte  // the written content; nil: nothing was written
	gone   bool    // the file was removed, which leaves nothing in after
	tasks  []*task // tasks with changed lines
}

// writeLines writes the lines of all tasks that have not failed, at once, and makes the init system read them.
func (h *host) writeLines(ctx context.Context, all []*task) *writing {
	f, err := h.lines(ctx)
	w := &writing{host: h, before: f}
	for _, t := range all {
		switch {
		case t.err != nil || t.line.isNone():
		case err != nil:
			t.err = err
		default:
			w.tasks = append(w.tasks, t)
		}
	}
	if len(w.tasks) == 0 {
		return w
	}
	err = h.retried(ctx, w.write)
	h.forget()
	if err == nil && len(w.tasks) > 0 {
		err = h.reload(ctx)
	}
	if err != nil {
		for _, t := range w.tasks {
			t.err = err
		}
	}
	return w
}

// maxTries is how often lines are written to a file that other programs also write.
const maxTries = 3

// retried writes lines. It keeps what another program has written since the file was read, because unmounting or
// making a swap file may take minutes: it makes the lines anew in the new content.
func (h *host) retried(ctx context.Context, write func(context.Context) error) error {
	err := write(ctx)
	for range maxTries - 1 {
		if !errors.Is(err, fsys.ErrChanged) {
			break
		}
		h.forget()
		err = write(ctx)
	}
	return err
}

// write stages the candidate, has it checked, and puts it in place. It drops lines that the check refuses.
func (w *writing) write(ctx context.Context) (err error) {
	if w.before, err = w.lines(ctx); err != nil {
		return err
	}
	for {
		text := w.candidate()
		if bytes.Equal(text, w.before.bytes) && !w.ends(text) {
			return nil
		}
		bad, err := w.verify(ctx, w.checked(text))
		if err != nil {
			return err
		}
		if w.dropRefused(bad) {
			continue
		}
		txn := w.FS.Begin(w.RunID)
		defer txn.Abort()
		goes := w.ends(text)
		step, err := w.stage(txn, w.before, text, goes)
		if err != nil {
			return err
		}
		err = w.commit(ctx, txn, step, w.before)
		if !errors.Is(err, fsys.ErrChanged) {
			w.after, w.gone = append([]byte{}, text...), goes
		}
		return err
	}
}

// candidate builds the new content. It drops lines that cannot be made in it.
func (w *writing) candidate() []byte {
	for {
		src := w.restored()
		parts, owners := w.parts()
		out, err := edit.Edit(src, parts)
		var one *edit.PartError
		switch {
		case err == nil:
			return out
		case errors.As(err, &one):
			w.drop(owners[one.Index], place(w.before.path, one.Err))
		default:
			for len(w.tasks) > 0 {
				w.drop(0, place(w.before.path, err))
			}
			return w.before.bytes
		}
	}
}

// parts returns the parts of all lines, each with its task.
func (w *writing) parts() (parts []edit.Part, owners []int) {
	for i, t := range w.tasks {
		for _, p := range t.line.parts {
			parts, owners = append(parts, p), append(owners, i)
		}
	}
	return parts, owners
}

// restored is the file with the lines restored, byte by byte and in their places, that a rollback wants so. The edit
// corrects lines that cannot be restored so, if it knows them.
func (w *writing) restored() []byte {
	var hunks [][]edit.Hunk
	var of []int
	for i, t := range w.tasks {
		if len(t.line.hunks) > 0 {
			hunks, of = append(hunks, t.line.hunks), append(of, i)
		}
	}
	if len(hunks) == 0 {
		return w.before.bytes
	}
	out, done := edit.Restore(w.before.bytes, hunks)
	for k := len(of) - 1; k >= 0; k-- {
		if !done[k] && len(w.tasks[of[k]].line.parts) == 0 {
			w.drop(of[k], fmt.Errorf("cannot put the lines back into %s: it was edited since", resources.Fstab))
		}
	}
	parts, _ := w.parts()
	if _, err := edit.Edit(out, parts); err != nil {
		return w.before.bytes
	}
	return out
}

// drop leaves out the lines of a task that cannot be written.
func (w *writing) drop(i int, err error) {
	w.tasks[i].err = err
	w.tasks = append(w.tasks[:i:i], w.tasks[i+1:]...)
}

// checked returns the new lines that are to be checked.
func (w *writing) checked(text []byte) (lines []string) {
	var f *edit.Fstab
	for _, t := range w.tasks {
		if t.line.point == "" {
			continue
		}
		if f == nil {
			f = edit.ReadFstab(text)
		}
		for _, e := range (edit.FstabLine{Name: t.line.point}).Find(f) {
			lines = append(lines, e.Text)
		}
	}
	return lines
}

// dropRefused drops the lines that the check refuses, and reports whether there were any.
func (w *writing) dropRefused(bad map[string]error) (any bool) {
	for i := len(w.tasks) - 1; i >= 0; i-- {
		if point := w.tasks[i].line.point; point != "" && bad[point] != nil {
			w.drop(i, bad[point])
			any = true
		}
	}
	return any
}

// ends reports whether the file is removed: it was made for lines that are taken back, and contains nothing else.
func (w *writing) ends(text []byte) bool {
	if len(text) > 0 || w.before.missing {
		return false
	}
	for _, t := range w.tasks {
		if t.line.ends {
			return true
		}
	}
	return false
}

// stage stages a content of fstab, which keeps its mode and owner, or its removal, unless it
// was written since f was read. A file that is missing and yet has an info was there before.
func (h *host) stage(txn *fsys.Txn, f *fstab, text []byte, goes bool) (*fsys.Step, error) {
	if f.missing {
		perm, err := txn.Inherited(f.path)
		if err != nil {
			return nil, err
		}
		if perm.Mode = 0o644; f.info.Ino != 0 {
			perm = permOf(f.info)
		}
		step := txn.File(f.path, fsys.Info{}, fsys.File{Perm: perm, Bytes: text})
		return step, step.Err()
	}
	live, err := txn.Look(f.path)
	if isMissing(err) || err == nil && !live.SameContent(f.info) {
		err = errChanged(f)
	}
	if err != nil {
		return nil, err
	}
	if goes {
		step := txn.Remove(f.path, live)
		return step, step.Err()
	}
	step := txn.File(f.path, live, fsys.File{Perm: permOf(live), Bytes: text})
	return step, step.Err()
}

func permOf(i fsys.Info) fsys.Perm { return fsys.Perm{Mode: i.Mode, UID: i.UID, GID: i.GID} }

// commit puts the staged file in place. A file that appeared since it was missing is a change.
func (h *host) commit(ctx context.Context, txn *fsys.Txn, step *fsys.Step, f *fstab) error {
	err := errors.Join(txn.Commit(ctx), step.Err())
	if f.missing && errors.Is(err, fs.ErrExist) {
		return errChanged(f)
	}
	return err
}

func errChanged(f *fstab) error { return fmt.Errorf("cannot edit %q: %w", f.path, fsys.ErrChanged) }

// reload makes the init system read fstab again.
func (h *host) reload(ctx context.Context) error {
	if !h.Live || h.Reload == nil {
		return nil
	}
	return h.Reload(ctx)
}
