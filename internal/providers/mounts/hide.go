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

// Hidden returns what cannot be reached any more once a mount is as it is wanted, as [resource.Review] has it.
func (p *Provider) Hidden(ctx context.Context, want resources.MountWant) []string {
	v, err := p.look(ctx, want)
	if err != nil { // observing it says so
		return nil
	}
	return v.hidden()
}

// hidden returns what a change hides.
func (m *mountChange) hidden() []string {
	if !m.changesLive() || m.isGoing() {
		return nil
	}
	return m.view.hidden()
}

// hidden returns what is hidden once something is mounted at a point at which nothing is.
func (v *view) hidden() []string {
	if v.table == nil || v.live != nil || v.want.Live.Value == "" || v.showsItself() {
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

// showsItself reports whether what is mounted has what is in the folder now: it is bound to itself, or is a layer of an overlay.
func (v *view) showsItself() bool {
	w := v.wantedState()
	if resources.IsBind(edit.SplitOptions(w.Options)) {
		return path.Clean(w.Device) == v.point
	}
	return w.Type == "overlay" && slices.ContainsFunc(edit.SplitOptions(w.Options), func(o string) bool {
		layers, isLower := strings.CutPrefix(o, "lowerdir=")
		return isLower && slices.Contains(strings.Split(layers, ":"), v.point)
	})
}
