package apk

import (
	"context"
	"fmt"
)

// SetHolds implements [packages.Holds]: the world names a held package with exactly
// its version.
func (d *database) SetHolds(ctx context.Context, holds map[string]bool) error {
	list, err := d.readRecords()
	if err != nil {
		return err
	}
	err = d.changeWorld(ctx, func(w *world) {
		for _, r := range list {
			hold, asked := holds[r.name]
			c, named := w.find(r.name)
			switch {
			case !asked || hold == (named && c.pins(r.version)):
			case hold:
				w.set(constraint{name: r.name, tag: c.tag, op: "=", version: r.version})
			default:
				w.set(c.atAnyVersion())
			}
		}
	})
	if err != nil {
		return fmt.Errorf("cannot set holds: %w", err)
	}
	return nil
}

// SetAutomatic implements [packages.Holds]: the world names the requested packages.
func (d *database) SetAutomatic(ctx context.Context, automatic map[string]bool) error {
	err := d.changeWorld(ctx, func(w *world) {
		for name, auto := range automatic {
			c, named := w.find(name)
			switch {
			case auto:
				w.drop(name)
			case !named || c.conflict:
				w.set(constraint{name: name})
			}
		}
	})
	if err != nil {
		return fmt.Errorf("cannot set which packages were asked for: %w", err)
	}
	return nil
}

// changeWorld changes the world while no apk runs, and removes what a killed run has left in it. The installed
// packages satisfy the world before and after.
func (d *database) changeWorld(ctx context.Context, change func(*world)) error {
	unlock, err := d.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := d.settlePending(); err != nil {
		return err
	}
	w, err := d.readWorld()
	if err != nil {
		return err
	}
	before := w.String()
	change(&w)
	if w.String() == before {
		return nil
	}
	return d.writeWorld(w)
}
