package mounts

import (
	"context"
	"iter"
	"path"
	"slices"
	"strings"
	"sync"

	"converge/internal/resource"
)

// brings is what a plan may bring that is to be mounted. It is written by Solve, and read by reviews.
type brings struct {
	mu      sync.Mutex
	devices bool            // commands, packages, services or modules may make devices, and anything else
	paths   map[string]bool // the paths that changes make or fill (true), and all folders above them (false)
}

// Solve implements [resource.Transactor]: the provider does what it is asked. It remembers what else the plan makes.
func (p *Provider) Solve(_ context.Context, cs []resource.Change, beside iter.Seq[resource.Change]) (resource.Forecast, error) {
	b := &p.brings
	b.mu.Lock()
	defer b.mu.Unlock()
	b.devices, b.paths = p.RunsCommands != nil && p.RunsCommands(), map[string]bool{}
	if !slices.ContainsFunc(cs, func(c resource.Change) bool { return c.Action != resource.Delete && !isSwap(c.Want) }) {
		return resource.Forecast{}, nil
	}
	for _, c := range cs {
		b.add(c)
	}
	if beside != nil {
		for c := range beside {
			b.add(c)
		}
	}
	return resource.Forecast{}, nil
}

func (b *brings) add(c resource.Change) {
	if c.Kind == nil || c.Action == resource.Delete {
		return
	}
	b.devices = b.devices || c.Kind.Opaque || c.Kind.Name == "service" || c.Kind.Name == "kernel_module"
	for _, prefix := range [...]string{"path:", "mount:"} {
		key, ok := strings.CutPrefix(c.Key, prefix)
		if !ok {
			continue
		}
		at := resource.DecodeBytes(key)
		b.paths[at] = true
		for at = path.Dir(at); at != "/" && at != "."; at = path.Dir(at) {
			if _, known := b.paths[at]; known {
				break
			}
			b.paths[at] = false
		}
	}
}

// mayBring reports whether the plan may bring the missing device of a mount. A pending change may also fill a folder
// above it, but not the mount itself.
func (p *Provider) mayBring(v *view, pending resource.Pending) bool {
	b := &p.brings
	b.mu.Lock()
	defer b.mu.Unlock()
	device := path.Clean(v.wantedState().Device)
	if _, made := b.paths[device]; made || b.devices || pending == resource.UnknownPending {
		return true
	}
	for at := path.Dir(device); at != "/" && at != "."; at = path.Dir(at) {
		if b.paths[at] && at != v.point {
			return true
		}
	}
	return false
}
