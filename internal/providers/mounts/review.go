package mounts

import (
	"context"
	"fmt"
	"strings"

	"converge/internal/edit"
	"converge/internal/resource"
	"converge/resources"
)

// Review implements [resource.Reviewer].
func (p *Provider) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask != resource.AskForecast || c.Empty() {
		return r
	}
	w := p.prepare(ctx, c)
	if w.err != nil {
		return resource.Review{Blocked: w.err}
	}
	if w.view.entry != nil && w.changesLine() {
		r.Notes = append(r.Notes, fmt.Sprintf("at %s:%d", resources.Fstab, w.view.entry.Line))
	}
	if note := p.hides(w); note != "" {
		r.Notes = append(r.Notes, note)
	}
	r.Blocked = p.blocked(w, o.Pending)
	return r
}

// hides notes that a mount hides the present content of the folder.
func (p *Provider) hides(w *work) string {
	if !w.changesLive() || w.isGoing() || w.Want.Live.Value == "" || w.view.live != nil {
		return ""
	}
	names, err := p.FS.Names(w.view.point)
	switch {
	case err != nil || len(names) == 0:
		return ""
	case len(names) == 1:
		return "it hides the entry that is in the directory now: " + names[0]
	}
	return fmt.Sprintf("it hides the %d entries that are in the directory now", len(names))
}

// blocked explains what keeps a change from being made for sure.
func (p *Provider) blocked(w *work, pending resource.Pending) error {
	v := w.view
	if w.changesLine() {
		if fixed, err := p.FS.ReadOnly(resources.Fstab); err == nil && fixed {
			return fmt.Errorf("cannot edit %s: its file system is mounted read-only", resources.Fstab)
		}
	}
	if !w.changesLive() {
		return nil
	}
	if !p.MayMount() {
		return fmt.Errorf("cannot change what is mounted at %q: converge may not mount here; with state = \"saved\" only the line is managed", v.point)
	}
	if w.isGoing() || w.Want.Live.Value == "" {
		return nil
	}
	if v.live != nil {
		same, err := p.devices().isSameThing(v.table, v.live, v.wantedState())
		switch {
		case err != nil || same:
			return err
		case w.Want.Remount.Value != "replace":
			return errOther(v)
		case pending != resource.NothingPending:
			return nil
		}
		return p.checkDevice(v)
	}
	if v.entry == nil && v.line.Want[0] == "*" {
		return fmt.Errorf("cannot mount at %q: there is no line for it in %s, and nothing is mounted there; set device and type", v.point, resources.Fstab)
	}
	if pending != resource.NothingPending {
		return nil
	}
	if err := p.checkPoint(v.point, edit.SplitOptions(v.line.Want[edit.FstabOptions])); err != nil {
		return err
	}
	return p.checkDevice(v)
}

// checkDevice explains a device that is missing. Only what is surely a path is looked
// for: helpers of fuse take other words, too.
func (p *Provider) checkDevice(v *view) error {
	device := v.wantedState().Device
	bind := resources.IsBind(edit.SplitOptions(v.wantedState().Options))
	if !strings.HasPrefix(device, "/dev/") && !(bind && strings.HasPrefix(device, "/")) || v.isAutomount() {
		return nil
	}
	if _, err := p.FS.Resolve(device); isMissing(err) {
		return fmt.Errorf("cannot mount %q at %q: there is no such device or path", device, v.point)
	}
	return nil
}

var _ interface {
	resource.Provider
	resource.Transactor
	resource.Reviewer
	resource.Recorder
	resource.Invalidator
} = (*Provider)(nil)
