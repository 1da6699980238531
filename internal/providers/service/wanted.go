package service

import (
	"fmt"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// wanted is a service as it is declared; nil: not managed.
type wanted struct {
	name                     resources.UnitName
	unit                     string // its full name
	given                    string // the name as the value has it
	enabled, running, masked *bool
	restartCommand           []string
	reloadCommand            []string
	timeout                  time.Duration // of one job
	settle                   time.Duration // for how long it has to stay up after a start
}

// defaultTimeout is the kind's own, for values that were not made by it.
const defaultTimeout = 90 * time.Second

func read(v cty.Value) (wanted, error) {
	w := wanted{given: resource.StringAttr(v, "name"), timeout: defaultTimeout}
	var err error
	if w.name, err = resources.ParseUnitName(w.given); err != nil {
		return wanted{}, fmt.Errorf("cannot manage unit %q: its name %w", w.given, err)
	}
	w.unit = w.name.String()
	w.enabled, w.running, w.masked = tristate(v, "enabled"), tristate(v, "running"), tristate(v, "masked")
	w.restartCommand = argvAttr(v, "restart_command")
	w.reloadCommand = argvAttr(v, "reload_command")
	for _, d := range []struct {
		attr string
		into *time.Duration
	}{{"timeout", &w.timeout}, {"settle", &w.settle}} {
		if s := resource.StringAttr(v, d.attr); s != "" {
			if *d.into, err = time.ParseDuration(s); err != nil {
				return wanted{}, fmt.Errorf("cannot manage unit %s: %s: %w", w.unit, d.attr, err)
			}
		}
	}
	return w, nil
}

// argvAttr returns a command decoded to bytes.
func argvAttr(v cty.Value, attr string) []string {
	argv := resource.StringsAttr(v, attr)
	for i, word := range argv {
		argv[i] = resource.DecodeBytes(word)
	}
	return argv
}

func tristate(v cty.Value, name string) *bool {
	a := resource.GetAttr(v, name)
	if a == cty.NilVal || a.Type() != cty.Bool {
		return nil
	}
	b := a.True()
	return &b
}

func isTrue(b *bool) bool  { return b != nil && *b }
func isFalse(b *bool) bool { return b != nil && !*b }
