package service

import (
	"fmt"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// wanted is a declared service; nil: not managed.
type wanted struct {
	name                     resources.UnitName
	unit                     string // its full name
	given                    string // the name in the value
	enabled, running, masked *bool
	restartCommand           []string
	reloadCommand            []string
	timeout                  time.Duration // of one job
	settle                   time.Duration // how long it must stay up after a start

	madeLinks, removedLinks bootLinks // of the change that a rollback takes back
}

// defaultTimeout is the kind's own, for values that the kind did not make.
const defaultTimeout = 90 * time.Second

// decodeWanted decodes a service.
func decodeWanted(v cty.Value) (wanted, error) {
	s, err := resource.Decode[resources.ServiceWant](v)
	if err != nil {
		return wanted{}, err
	}
	w := wanted{
		given: s.Name, enabled: s.Enabled.Pointer(), running: s.Running.Pointer(), masked: s.Masked.Pointer(),
	}
	w.madeLinks, w.removedLinks = s.MadeLinks.Value, s.RemovedLinks.Value
	w.restartCommand, w.reloadCommand = s.Commands()
	if w.name, err = resources.ParseUnitName(w.given); err != nil {
		return wanted{}, fmt.Errorf("cannot manage unit %q: its name %w", w.given, err)
	}
	w.unit = w.name.String()
	if w.timeout, w.settle, err = s.Times(defaultTimeout, 0); err != nil {
		return wanted{}, fmt.Errorf("cannot manage unit %s: %w", w.unit, err)
	}
	return w, nil
}

func isTrue(b *bool) bool  { return b != nil && *b }
func isFalse(b *bool) bool { return b != nil && !*b }

// chooseWord returns yes or no.
func chooseWord(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}
