package mounts

import (
	"context"
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
	"converge/resources"
)

// mountChange is a change of a mount.
type mountChange struct {
	resource.TypedChange[resources.MountWant]
	*host
	view *view
	off  bool // the mount is removed, and nothing else is to be mounted
}

func (h *host) prepareMount(ctx context.Context, c resource.Change) (*mountChange, error) {
	t, err := resource.TypeChange[resources.MountWant](c)
	if err != nil {
		return nil, err
	}
	v, err := h.look(ctx, t.Want)
	return &mountChange{TypedChange: t, host: h, view: v}, err
}

// isGoing reports whether the line and the mount are to be removed.
func (m *mountChange) isGoing() bool { return m.Action == resource.Delete }

// changesLine reports whether the line is changed.
func (m *mountChange) changesLine() bool {
	return m.isGoing() && len(m.view.found) > 0 || m.Differs("saved")
}

// changesLive reports whether the live mount is changed.
func (m *mountChange) changesLive() bool {
	return m.view.table != nil && (m.isGoing() && m.view.live != nil || m.Differs("live"))
}

// mounts reports whether something is to be mounted or remounted.
func (m *mountChange) mounts() bool {
	return m.changesLive() && !m.isGoing() && m.Want.Live.Value != ""
}

// free implements [work].
func (m *mountChange) free(ctx context.Context) error {
	if !m.changesLive() || m.mounts() {
		return nil
	}
	err := m.unmountAll(ctx)
	m.off = err == nil && m.view.live != nil
	return err
}

// lines implements [work].
func (m *mountChange) lines() lineChange {
	if !m.changesLine() {
		return lineChange{}
	}
	l := lineChange{parts: []edit.Part{m.wantedPart()}}
	if !m.isGoing() && m.Want.Saved.Value != "" {
		l.point = m.view.point
	}
	l.takeBack(m.Want.Was)
	return l
}

// takeBack implements [work]: it mounts again what free unmounted, of several mounts on one point the topmost. For the
// effects of use, use itself describes what remains.
func (m *mountChange) takeBack(ctx context.Context) error {
	v := m.view
	if !m.off {
		return nil
	}
	if v.live.FSType == "autofs" {
		return fmt.Errorf("%q stays unmounted; it was mounted by automount", v.point)
	}
	if err := mountState(ctx, m.run, v.point, oldState(v)); err != nil {
		return fmt.Errorf("%q stays unmounted: %w", v.point, err)
	}
	if n := len(v.table.at[v.point]); n > 1 {
		return fmt.Errorf("of %d mounts on %q only the topmost is mounted again", n, v.point)
	}
	return nil
}

// found implements [work].
func (m *mountChange) found() []edit.FstabEntry { return m.view.found }

// takeBack adds a rollback's record of lines.
func (l *lineChange) takeBack(was *resource.Blob) {
	if past := pastOf(was); past != nil {
		l.hunks, l.ends = past.Hunks, past.Created
	}
}

// wantedPart is the line of a change. A field that a new line does not declare is that of
// the live mount.
func (m *mountChange) wantedPart() edit.Part {
	l, v := m.view.line, m.view
	if m.isGoing() {
		return edit.FstabLine{Name: v.point, Absent: true}
	}
	if l.Absent || len(v.found) > 0 || v.live == nil {
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

// use implements [work]: it makes a missing mount, and changes an existing one.
func (m *mountChange) use(ctx context.Context) error {
	if !m.mounts() {
		return nil
	}
	v := m.view
	if v.live == nil {
		return m.mountAnew(ctx)
	}
	same, err := m.devices().isSameThing(v.table, v.live, v.wantedState())
	if err != nil {
		return err
	}
	if same {
		if err = m.remount(ctx); err == nil || m.Want.Remount.Value != "replace" {
			return err
		}
	} else if m.Want.Remount.Value != "replace" && !m.devices().isReplaced(v.table, v.live, v.wantedState()) {
		return errOther(v)
	}
	old := oldState(v)
	if err := m.unmountAll(ctx); err != nil {
		return err
	}
	if err = m.mountAnew(ctx); err == nil {
		return nil
	}
	if back := mountState(context.WithoutCancel(ctx), m.run, v.point, old); back != nil {
		return fmt.Errorf("%w; nothing is mounted there now, because what was cannot be mounted again: %w", err, back)
	}
	return fmt.Errorf("%w; what was mounted there is mounted again", err)
}

// made implements [work]: a later run compares what the kernel made of the options with what it finds.
func (m *mountChange) made(ctx context.Context, c resource.Change) resource.Change {
	if m.isGoing() || m.Want.Live.Value == "" || m.view.table == nil {
		return resource.Change{}
	}
	v, err := m.look(ctx, m.Want)
	if err != nil || v.live == nil {
		return resource.Change{} // observing reports that
	}
	text := v.table.state(v.live).String()
	m.mu.Lock()
	m.kept[v.point] = text
	m.mu.Unlock()
	c.Want = resource.With(c.Want, "live", cty.StringVal(resource.EncodeText(text)))
	return c
}

// oldState is the live mount at a point, as it can be mounted again.
func oldState(v *view) resources.MountState {
	s := v.table.state(v.live)
	if v.isRecursive() && v.table.bound(v.live) != "" {
		s.Options = "r" + s.Options // which begins with bind
	}
	return s
}

// errOther is why a mount point with another mount is left alone.
func errOther(v *view) error {
	now, want := v.table.state(v.live), v.wantedState()
	what := want.Device
	if what == edit.FstabAny {
		what = "a file system of type " + want.Type
	}
	return fmt.Errorf("cannot mount %s at %q: %s (%s) is mounted there; with remount = \"replace\" it is unmounted first", what, v.point, now.Device, now.Type)
}
