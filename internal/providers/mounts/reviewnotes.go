package mounts

import (
	"fmt"
	"strings"

	"converge/internal/edit"
	"converge/resources"
)

// loses notes the data that is lost with the last mount of a file system in memory.
func (p *Provider) loses(m *mountChange) string {
	live := m.view.live
	if !m.changesLive() || live == nil || !resources.IsInMemory(live.FSType) || len(m.view.table.of[filesystemOf(live)]) > 1 {
		return ""
	}
	condition := ""
	if m.mounts() {
		if m.Want.Remount.Value != "replace" {
			return ""
		}
		if same, err := p.devices().isSameThing(m.view.table, live, m.view.wantedState()); err != nil || same {
			condition = "if it cannot be remounted, "
		}
	}
	names, err := p.FS.Names(m.view.point)
	switch {
	case err != nil || len(names) == 0:
		return ""
	case len(names) == 1:
		return condition + "what is in it is lost, for it is in memory: " + names[0]
	}
	return fmt.Sprintf("%swhat is in it is lost, for it is in memory: %d entries", condition, len(names))
}

// ignores notes which options a remount does not change, as far as that is known.
func (p *Provider) ignores(m *mountChange) string {
	v := m.view
	if !m.mounts() || v.live == nil || v.table.bound(v.live) != "" || resources.IsBind(edit.SplitOptions(v.wantedState().Options)) {
		return ""
	}
	if same, err := p.devices().isSameThing(v.table, v.live, v.wantedState()); err != nil || !same {
		return ""
	}
	options := willIgnore(p.FS, v.live, v.wantedState().Options)
	if len(options) == 0 {
		return ""
	}
	then := "it is unmounted and mounted again"
	if hint := hintReplace(m); hint != "" {
		then = "the change will fail" + hint
	}
	return fmt.Sprintf("a remount of %s ignores %s: %s", v.live.FSType, strings.Join(options, ","), then)
}

// rebinds notes why a bind mount is made anew.
func (p *Provider) rebinds(m *mountChange) string {
	if v := m.view; !m.mounts() || v.live == nil || !p.devices().isReplaced(v.table, v.live, v.wantedState()) {
		return ""
	}
	return "what it shows was removed or replaced: it is unmounted, and bound again"
}

// hides notes that a mount hides the present content of the folder.
func (p *Provider) hides(m *mountChange) string {
	when := "hides"
	switch {
	case m.isGoing() || m.view.live != nil:
		return ""
	case m.changesLive() && m.Want.Live.Value != "":
	case m.changesLine() && hiddenAtBoot(p.host, m.view) != nil:
		when = "hides, from the next boot on,"
	default:
		return ""
	}
	names, err := p.FS.Names(m.view.point)
	switch {
	case err != nil || len(names) == 0:
		return ""
	case len(names) == 1:
		return "it " + when + " the entry that is in the directory now: " + names[0]
	}
	return fmt.Sprintf("it %s the %d entries that are in the directory now", when, len(names))
}
