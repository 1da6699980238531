package service

import (
	"context"
	"fmt"
)

// enabler masks, unmasks, enables and disables units through systemd.
type enabler struct {
	reader *unitReader
	files  *unitFiles
}

// apply masks, unmasks, enables and disables, and reports whether that changed a file. It reads the unit again each
// time: unmasking may reveal an enabled unit.
func (e *enabler) apply(ctx context.Context, b *bus, w wanted) (changed bool, err error) {
	if w.masked != nil {
		if changed, err = e.applyMask(ctx, b, w); err != nil || *w.masked {
			return changed, err
		}
	}
	if w.enabled == nil {
		return changed, nil
	}
	st, err := e.reader.readUnit(ctx, w)
	if err != nil {
		return changed, err
	}
	is, err := st.enabledAs(*w.enabled, w.unit)
	switch {
	case err != nil:
		return changed, err
	case is == *w.enabled:
		return changed, nil
	case !st.exists && *w.enabled:
		return changed, fmt.Errorf("cannot enable unit %s: it is not found", w.unit)
	case *w.enabled:
		enable := func() error { return b.callManager(ctx, "EnableUnitFiles", []any{[]string{st.id}, false, false}) }
		err = enable()
		if err == nil && st.partly { // its [Install] section was changed: the links of the old one go, now that the new one is known to work
			if err = e.disable(ctx, b, st.id); err == nil {
				err = enable()
			}
		}
	default:
		err = e.disable(ctx, b, st.id)
	}
	if err != nil {
		return changed, fmt.Errorf("cannot %s unit %s: %w", chooseWord(*w.enabled, "enable", "disable"), w.unit, explainDenied(err))
	}
	return true, nil
}

// disable removes the links that enable a unit, including those in /run that last until the next boot. systemd also
// removes a link to a unit file elsewhere (systemctl link), and with it the unit itself: disable restores that link.
func (e *enabler) disable(ctx context.Context, b *bus, unit string) error {
	path, target, err := e.files.findOwnLink(unit)
	if err != nil {
		return err
	}
	for _, runtime := range []bool{false, true} {
		err := b.callManager(ctx, "DisableUnitFiles", []any{[]string{unit}, runtime})
		if err != nil && !isNamed(err, "NoSuchUnit") { // its file, or the link to it, is removed
			return err
		}
	}
	if path == "" {
		return nil
	}
	return e.files.fs.MakeLink(ctx, "service", path, target)
}

func (e *enabler) applyMask(ctx context.Context, b *bus, w wanted) (changed bool, err error) {
	st, err := e.reader.readUnit(ctx, w)
	if err != nil || st.maskedAs(*w.masked) == *w.masked {
		return false, err
	}
	verb := "mask"
	if *w.masked {
		err = b.callManager(ctx, "MaskUnitFiles", []any{[]string{w.unit}, false, false})
	} else {
		verb = "unmask"
		err = b.callManager(ctx, "UnmaskUnitFiles", []any{[]string{w.unit}, false})
		if err == nil { // one until the next boot may be below it
			err = b.callManager(ctx, "UnmaskUnitFiles", []any{[]string{w.unit}, true})
		}
	}
	if err != nil {
		return false, fmt.Errorf("cannot %s unit %s: %w", verb, w.unit, explainDenied(err))
	}
	return true, nil
}
