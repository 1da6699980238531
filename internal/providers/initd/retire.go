package initd

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// Retiring returns the wanted values of the services that end, stopped and disabled. A service ends with its script;
// nothing here ends with a unit file of systemd.
func (p *Provider) Retiring(_ context.Context, e resource.Ending) ([]cty.Value, error) {
	var out []cty.Value
	for _, key := range e.Keys {
		unit, ok := strings.CutPrefix(key, "unit:")
		if !ok {
			continue
		}
		name, err := resources.ParseUnitName(unit)
		if err != nil {
			continue
		}
		script, err := nameScript(name, p.system)
		if err != nil || len(e.Without) > 0 && !slices.Contains(e.Without, scripts+"/"+script) {
			continue
		}
		if _, err := p.fs.Lstat(scripts + "/" + script); err != nil {
			continue
		}
		p.endings.add(script)
		want := map[string]cty.Value{"name": cty.StringVal(unit), "running": cty.False}
		if !e.Stays {
			want["enabled"] = cty.False
		}
		out = append(out, cty.ObjectVal(want))
	}
	return out, nil
}

// endings are the services that end with their scripts. A service whose script cannot report whether it runs is
// stopped once.
type endings struct {
	mu      sync.Mutex
	stopped map[string]bool // by name; false: it is still to be stopped
}

func (e *endings) add(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped == nil {
		e.stopped = map[string]bool{}
	}
	if !e.stopped[name] {
		e.stopped[name] = false
	}
}

// has reports whether a service ends, and whether it was stopped for that.
func (e *endings) has(name string) (ends, stopped bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	stopped, ends = e.stopped[name]
	return ends, stopped
}

// noteStop records that a service was stopped.
func (e *endings) noteStop(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, ends := e.stopped[name]; ends {
		e.stopped[name] = true
	}
}
