package initd

import (
	"fmt"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// wanted is a declared service; nil: not managed.
type wanted struct {
	given                    string // the name in the value
	name                     string // of its script
	key                      string // of its resource
	enabled, running, masked *bool
	restartCommand           []string
	reloadCommand            []string
	timeout                  time.Duration // of one run of the script
	settle                   time.Duration // for how long it has to stay up after a start

	madeLinks, removedLinks bootLinks // of a rollback: links that it removes, and makes
}

// The kind's own defaults, for values that were not made by it.
const (
	defaultTimeout = 90 * time.Second
	defaultSettle  = time.Second
)

// decodeWanted decodes a service of an init system.
func decodeWanted(v cty.Value, system System) (wanted, error) {
	s, err := resource.Decode[resources.ServiceWant](v)
	if err != nil {
		return wanted{}, err
	}
	w := wanted{
		given:   s.Name,
		enabled: s.Enabled.Pointer(), running: s.Running.Pointer(), masked: s.Masked.Pointer(),
	}
	w.madeLinks, w.removedLinks = s.MadeLinks.Value, s.RemovedLinks.Value
	w.restartCommand, w.reloadCommand = s.Commands()
	unit, err := resources.ParseUnitName(s.Name)
	if err != nil {
		return wanted{}, fmt.Errorf("cannot manage service %q: its name %w", s.Name, err)
	}
	if w.name, err = nameScript(unit, system); err != nil {
		return wanted{}, err
	}
	w.key = "service:" + unit.String()
	if w.timeout, w.settle, err = s.Times(defaultTimeout, defaultSettle); err != nil {
		return wanted{}, fmt.Errorf("cannot manage service %s: %w", w.name, err)
	}
	return w, nil
}

// nameScript returns the name of the script that corresponds to a unit of systemd.
func nameScript(unit resources.UnitName, system System) (string, error) {
	title := map[System]string{OpenRC: "OpenRC", SysV: "sysvinit"}[system]
	switch {
	case unit.Type != "service":
		return "", fmt.Errorf("cannot manage %s: this machine starts services by %s, which has no units of the type %s (when = node.init == \"systemd\" leaves it out here)", unit, title, unit.Type)
	case unit.Template || unit.Instance != "":
		return "", fmt.Errorf("cannot manage %s: this machine starts services by %s, which has no templates (when = node.init == \"systemd\" leaves it out here)", unit, title)
	}
	return unit.Prefix, nil
}

func isTrue(b *bool) bool  { return b != nil && *b }
func isFalse(b *bool) bool { return b != nil && !*b }
