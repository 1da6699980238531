package service

import (
	"context"
	"errors"
	"fmt"
)

// enabler masks, unmasks, enables and disables units through systemd.
type enabler struct {
	reader *unitReader
	files  unitLinks
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
	e.files.forget()
	defer e.files.forget()
	did, err := e.setEnabled(ctx, b, w)
	if err != nil {
		err = fmt.Errorf("cannot %s unit %s: %w", chooseWord(*w.enabled, "enable", "disable"), w.unit, explainDenied(err))
	}
	return changed || did, err
}

// setEnabled enables or disables a unit, and reports whether that changed a file.
func (e *enabler) setEnabled(ctx context.Context, b *bus, w wanted) (changed bool, err error) {
	if w.isExact() {
		return e.files.restoreLinks(ctx, w)
	}
	st, err := e.reader.readUnit(ctx, w)
	if err != nil {
		return false, err
	}
	is, err := st.enabledAs(*w.enabled, w.unit)
	switch {
	case err != nil:
		return false, err
	case is == *w.enabled:
		return false, nil
	case !st.exists && *w.enabled:
		return false, errors.New("it is not found")
	case st.file == fileEnabled && *w.enabled:
		return true, e.files.closeGaps(ctx, st.gaps)
	case *w.enabled:
		if err := e.files.checkAliases(st.id); err != nil {
			return false, err
		}
		return true, b.callManager(ctx, "EnableUnitFiles", []any{[]string{st.id}, false, false})
	}
	return true, e.disable(ctx, b, e.files.nameEnabled(st.id))
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
