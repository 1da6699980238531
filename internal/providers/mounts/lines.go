package mounts

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"converge/internal/edit"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// written is a writing of fstab that may have to be taken back in part.
type written struct {
	before *fstab
	works  []*work     // whose lines were written
	parts  []edit.Part // theirs
}

// writeLines writes the lines of all changes that are still right, at once, and has the
// init system read them.
func (h *host) writeLines(ctx context.Context, all []*work) written {
	h.forget()
	f, err := h.lines(ctx)
	out := written{before: f}
	for _, w := range all {
		switch {
		case w.err != nil || !w.changesLine():
		case err != nil:
			w.err = fmt.Errorf("cannot read %s: %w", resources.Fstab, err)
		default:
			out.works, out.parts = append(out.works, w), append(out.parts, h.wantedPart(w))
		}
	}
	if len(out.works) == 0 {
		return out
	}
	err = h.writeFstab(ctx, &out)
	h.forget()
	if err != nil {
		for _, w := range out.works {
			w.err = err
		}
		out.works = nil
		return out
	}
	if len(out.works) > 0 {
		if err := h.reload(ctx); err != nil {
			for _, w := range out.works {
				w.err = err
			}
		}
	}
	return out
}

// wantedPart is the line of a change. A field that a new line does not declare is that of
// the live mount.
func (h *host) wantedPart(w *work) edit.Part {
	l, v := w.view.line, w.view
	if w.isGoing() {
		return edit.FstabLine{Name: v.point, Absent: true}
	}
	if l.Absent || v.entry != nil || v.live == nil {
		return l
	}
	now := v.table.state(v.live)
	for field, text := range map[int]string{edit.FstabDevice: now.Device, edit.FstabType: now.Type} {
		if l.Want[field] == edit.FstabAny {
			l.Want[field] = text
		}
	}
	if now.Type == "none" && l.Want[edit.FstabOptions] == edit.FstabAny {
		l.Want[edit.FstabOptions] = "bind"
	}
	return l
}

// drop leaves a line out that cannot be written.
func (d *written) drop(i int, err error) {
	d.works[i].err = err
	d.works = append(d.works[:i:i], d.works[i+1:]...)
	d.parts = append(d.parts[:i:i], d.parts[i+1:]...)
}

// candidate builds the new content. Lines that do not go into it are dropped.
func (d *written) candidate() []byte {
	for {
		src := d.restored()
		out, err := edit.Edit(src, d.parts)
		var one *edit.PartError
		switch {
		case err == nil:
			return out
		case errors.As(err, &one):
			d.drop(one.Index, place(d.before.path, one.Err))
		default:
			for len(d.works) > 0 {
				d.drop(0, place(d.before.path, err))
			}
			return d.before.bytes
		}
	}
}

// restored is the file with those of its lines put back, byte by byte and where they
// were, that a rollback wants as they were.
func (d *written) restored() []byte {
	var hunks [][]edit.Hunk
	for _, w := range d.works {
		if past := pastOf(w.Want); past != nil && len(past.Hunks) > 0 {
			hunks = append(hunks, past.Hunks)
		}
	}
	if len(hunks) == 0 {
		return d.before.bytes
	}
	out, _ := edit.Restore(d.before.bytes, hunks) // what cannot be put back so, the edit sets right
	if _, err := edit.Edit(out, d.parts); err != nil {
		return d.before.bytes
	}
	return out
}

// writeFstab stages the candidate, has it checked, and puts it in place. Lines that the
// check refuses are dropped.
func (h *host) writeFstab(ctx context.Context, d *written) error {
	for {
		text := d.candidate()
		if bytes.Equal(text, d.before.bytes) {
			return nil
		}
		txn := h.FS.Begin(h.RunID)
		step, err := h.stage(txn, d.before, text)
		if err == nil && h.Live {
			var bad map[string]error
			bad, err = h.verify(ctx, txn.Candidate(step))
			if err == nil && d.dropRefused(bad) {
				txn.Abort()
				continue
			}
		}
		if err == nil {
			err = errors.Join(txn.Commit(ctx), step.Err())
		}
		txn.Abort()
		return err
	}
}

// dropRefused drops the lines that the check refuses, and reports whether there were any.
func (d *written) dropRefused(bad map[string]error) (any bool) {
	for i := len(d.works) - 1; i >= 0; i-- {
		w := d.works[i]
		if err := bad[w.view.point]; err != nil && !w.isGoing() && w.Want.Saved.Value != "" {
			d.drop(i, err)
			any = true
		}
	}
	return any
}

// stage stages a content of fstab, which keeps its mode and owner.
func (h *host) stage(txn *fsys.Txn, f *fstab, text []byte) (*fsys.Step, error) {
	if f.missing {
		perm, err := txn.Inherited(f.path)
		if err != nil {
			return nil, err
		}
		perm.Mode = 0o644
		step := txn.File(f.path, fsys.Info{}, fsys.File{Perm: perm, Bytes: text})
		return step, step.Err()
	}
	live, err := txn.Look(f.path)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(text)) == 0 && len(f.bytes) == 0 {
		text = nil
	}
	step := txn.File(f.path, live, fsys.File{Perm: fsys.Perm{Mode: live.Mode, UID: live.UID, GID: live.GID}, Bytes: text})
	return step, step.Err()
}

// reload has the init system read fstab again.
func (h *host) reload(ctx context.Context) error {
	if !h.Live || h.Reload == nil {
		return nil
	}
	return h.Reload(ctx)
}

// putBack takes the lines back of what could not be mounted: a host with such a line may
// not boot.
func (h *host) putBack(ctx context.Context, d written, all []*work) {
	var failed, right []*work
	for _, w := range d.works {
		if w.err != nil {
			failed = append(failed, w)
		} else {
			right = append(right, w)
		}
	}
	if len(failed) == 0 {
		return
	}
	h.forget()
	now, err := h.lines(ctx)
	if err == nil {
		again := written{before: d.before, works: right}
		for _, w := range right {
			again.parts = append(again.parts, h.wantedPart(w))
		}
		text := again.candidate()
		txn := h.FS.Begin(h.RunID)
		defer txn.Abort()
		var step *fsys.Step
		switch {
		case bytes.Equal(text, now.bytes):
			return
		case d.before.missing && len(text) == 0:
			var live fsys.Info
			if live, err = txn.Look(now.path); err == nil {
				step = txn.Remove(now.path, live)
			}
		default:
			step, err = h.stage(txn, now, text)
		}
		if err == nil {
			err = errors.Join(txn.Commit(ctx), step.Err(), h.reload(ctx))
		}
	}
	if err != nil {
		for _, w := range failed {
			w.err = fmt.Errorf("%w; its line stays in %s, because it cannot be taken out: %w", w.err, resources.Fstab, err)
		}
	}
}

var _ resource.Invalidator = (*Provider)(nil)
