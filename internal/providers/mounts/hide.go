package mounts

import (
	"context"
	"path"
	"slices"
	"strings"

	"converge/internal/edit"
	"converge/internal/resource"
	"converge/resources"
)

// Hidden returns what becomes unreachable once a mount is as wanted, as in [resource.Review].
func (p *Provider) Hidden(ctx context.Context, want resources.MountWant) []string {
	v, err := p.look(ctx, want)
	if err != nil { // observing it reports that
		return nil
	}
	if out := v.hidden(); out != nil {
		return out
	}
	return hiddenAtBoot(p.host, v)
}

// hidden returns what a change hides.
func (m *mountChange) hidden() []string {
	if m.changesLive() {
		if out := m.view.hidden(); out != nil {
			return out
		}
	}
	if m.changesLine() {
		return hiddenAtBoot(m.host, m.view)
	}
	return nil
}

// hidden returns what the mounts hide once something is mounted at a free point, or once a mount is removed or
// replaced.
func (v *view) hidden() []string {
	switch want := v.wantedState(); {
	case v.table == nil:
		return nil
	case v.live == nil:
		if v.want.IsAbsent() || v.want.Live.Value == "" || v.showsItself(want) {
			return nil
		}
	case v.want.IsAbsent(), v.want.Live.Set && v.want.Live.Value == "":
		if v.live.FSType == "autofs" || v.showsItself(v.table.state(v.live)) {
			return nil
		}
	default:
		return nil
	}
	out := []string{}
	for point := range v.table.at {
		if point != v.point && isBelow(point, v.point) && v.table.mounted(point) != nil {
			out = append(out, resource.EncodeText(point))
		}
	}
	slices.Sort(out)
	return append([]string{resource.EncodeText(v.point) + "/"}, out...)
}

// hiddenAtBoot returns what a new line, or one that no boot mounted so far, hides from the next boot on. A mount that
// is already there, even in the tree of another root, counts as that of the line.
func hiddenAtBoot(h *host, v *view) []string {
	if v.line.Absent || !v.want.Saved.Set || slices.ContainsFunc(v.found, func(e edit.FstabEntry) bool { return isOfBoot(e.Fields) }) {
		return nil
	}
	fields := v.line.Want
	if len(v.found) > 0 && fields[edit.FstabOptions] == edit.FstabAny { // it stays as it is
		return nil
	}
	info, err := h.FS.Look(v.point)
	if err != nil || info.Mount || v.live != nil || !isOfBoot(fields) {
		return nil
	}
	if v.showsItself(resources.MountState{Device: fields[edit.FstabDevice], Type: fields[edit.FstabType], Options: fields[edit.FstabOptions]}) {
		return nil
	}
	return []string{resource.EncodeText(v.point) + "/"}
}

// isOfBoot reports whether the line is mounted at boot, or at the first use of a path below its point.
func isOfBoot(fields edit.FstabFields) bool {
	options := edit.SplitOptions(fields[edit.FstabOptions])
	return !slices.Contains(options, "noauto") || slices.Contains(options, "x-systemd.automount")
}

// showsItself reports whether the mount shows the present contents of the folder: it is bound to itself, or is a layer
// of an overlay.
func (v *view) showsItself(w resources.MountState) bool {
	if resources.IsBind(edit.SplitOptions(w.Options)) {
		return path.Clean(w.Device) == v.point
	}
	return w.Type == "overlay" && slices.ContainsFunc(edit.SplitOptions(w.Options), func(o string) bool {
		layers, isLower := strings.CutPrefix(o, "lowerdir=")
		return isLower && slices.Contains(strings.Split(layers, ":"), v.point)
	})
}
