package service

import (
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// status holds one unit's properties, in systemd's own terms.
type status struct {
	exists bool   // it has a file or is loaded
	id     string // its primary name; the wanted one may be an alias
	file   string // state of the unit file, as in systemctl is-enabled; "" if it was not read
	active string // ActiveState: active, reloading, inactive, failed, activating, deactivating, maintenance
	sub    string // SubState
	load   string // LoadState
	job    string // type of its pending job, if any

	queued        bool // this process has queued a job without waiting for it
	dangling      bool // it does not exist, but links that would enable it do
	needsInstance bool // a template without DefaultInstance=: only an instance can be enabled
	alsoAll       bool // indirect: every unit of Also= is enabled
	alsoAny       bool // indirect: some unit of Also= is enabled
	gaps          gaps // enabled: how its links differ from its [Install] section
	restored      bool // the single links that a rollback wants are as it wants them
	hooked        bool // generated: a generator made another unit want it
	notManaging   bool // of running: no service runs here
}

// Terms of systemd that several functions use.
const (
	stActive       = "active"
	stReloading    = "reloading"
	stActivating   = "activating"
	stInactive     = "inactive"
	stFailed       = "failed"
	fileEnabled    = "enabled"
	fileEnabledRun = "enabled-runtime"
	fileMasked     = "masked"
	fileMaskedRun  = "masked-runtime"
	fileLinked     = "linked"
	fileLinkedRun  = "linked-runtime"
	fileAlias      = "alias"
	fileIndirect   = "indirect"
	fileStatic     = "static"
	fileDisabled   = "disabled"
	fileGenerated  = "generated"
	fileTransient  = "transient"
	fileGone       = "gone" // converge's own term: it is loaded, and its file was removed
	loadNotFound   = "not-found"
)

// isMasked reports whether the unit file is masked.
func (st status) isMasked() bool { return st.file == fileMasked || st.file == fileMaskedRun }

// isUp reports whether the unit is working.
func (st status) isUp() bool {
	return st.active == stActive || st.active == stReloading || st.active == "refreshing"
}

// isDown reports whether nothing of the unit runs.
func (st status) isDown() bool {
	return st.active == stInactive || st.active == stFailed || st.active == ""
}

// refuseMissing is the error about a unit that does not exist.
func refuseMissing(unit string) error {
	advice := fmt.Sprintf("check the name, or declare what brings it: a package, or unit %q", unit)
	return resource.Lacking(resource.Missing(fmt.Errorf("there is no unit %s", unit)), "unit:"+unit, advice)
}

// judge returns the observed values of the managed attributes. An intermediate state (enabled until the next boot,
// still starting) counts as the opposite of the wanted value. A state that can never be reached is an error.
func (w wanted) judge(st status) (cty.Value, error) {
	have := map[string]cty.Value{"name": cty.StringVal(w.given)}
	if !st.exists && (isTrue(w.enabled) || isTrue(w.running)) {
		return cty.NilVal, refuseMissing(w.unit)
	}
	if st.isMasked() && w.masked == nil && (isTrue(w.enabled) || isTrue(w.running)) {
		return cty.NilVal, fmt.Errorf("unit %s is masked: nothing can enable or start it (masked = false lifts that)", w.unit)
	}
	if w.masked != nil {
		have["masked"] = cty.BoolVal(st.maskedAs(*w.masked))
	}
	if w.enabled != nil {
		is, err := w.isEnabled(st)
		if err != nil {
			return cty.NilVal, err
		}
		have["enabled"] = cty.BoolVal(is)
		if *w.enabled && !is && st.startsAtBoot() {
			have["partly"] = cty.True
		}
	}
	if w.running != nil {
		have["running"] = cty.BoolVal(st.runningAs(*w.running))
	}
	return cty.ObjectVal(have), nil
}

// isEnabled reports whether the unit is enabled. For a rollback that wants single links, these decide.
func (w wanted) isEnabled(st status) (bool, error) {
	if w.isExact() {
		return st.restored == *w.enabled, nil
	}
	return st.enabledAs(*w.enabled, w.unit)
}

// startsAtBoot reports whether something of the unit starts at boot, or did so at this one.
func (st status) startsAtBoot() bool {
	return st.file == fileEnabled || st.file == fileEnabledRun || st.file == fileIndirect && st.alsoAny
}

func (st status) maskedAs(want bool) bool {
	if st.file == fileMaskedRun {
		return !want // until the next boot only: counts as neither
	}
	return st.file == fileMasked
}

// enabledAs follows the table in the kind's documentation.
func (st status) enabledAs(want bool, unit string) (bool, error) {
	if !st.exists {
		return st.dangling && !want, nil
	}
	switch st.file {
	case fileEnabled:
		return !want || st.gaps.isEmpty(), nil
	case fileEnabledRun:
		return !want, nil
	case fileDisabled:
		if want && st.needsInstance {
			return false, fmt.Errorf("unit %s is a template without DefaultInstance=, so it cannot be enabled itself: name an instance", unit)
		}
		return false, nil
	case fileLinked, fileLinkedRun, fileMasked, fileMaskedRun:
		return false, nil
	case fileIndirect:
		if want {
			return st.alsoAll, nil
		}
		return st.alsoAny, nil
	case fileGenerated:
		if st.hooked != want {
			return false, fmt.Errorf("unit %s is generated: what it is made from (an init script, /etc/fstab) decides whether it is enabled", unit)
		}
		return want, nil
	case fileStatic:
		if want {
			return false, fmt.Errorf("unit %s is static: it has no [Install] section, so it cannot be enabled; it runs when another unit asks for it", unit)
		}
		return false, nil
	case fileGone:
		if want {
			return false, fmt.Errorf("unit %s cannot be enabled: its unit file is gone, and what runs of it is all that is left", unit)
		}
		return st.dangling, nil
	case fileTransient:
		if want {
			return false, fmt.Errorf("unit %s is transient: it has no file, so it cannot be enabled", unit)
		}
		return false, nil
	}
	return false, fmt.Errorf("unit %s has a unit file in the state %q, which says nothing about whether it is enabled", unit, st.file)
}

func (st status) runningAs(want bool) bool {
	switch {
	case st.notManaging:
		return want
	case want && st.queued && (st.job == "start" || st.job == "restart"):
		return true
	case want:
		return st.isUp()
	case st.queued && st.job == "stop":
		return false
	}
	return !st.isDown()
}
