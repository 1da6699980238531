package apt

import (
	"context"
	"path"
	"sync"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// lastChange is what the last transaction did to which packages, and when.
type lastChange struct {
	mu    sync.Mutex
	names map[string]bool
	at    time.Time

	beyond []resource.Change // see Beyond
}

// remember records which packages differ, and when the last of them was
// unpacked: dpkg then writes its list of files. A unit that its own package's
// script restarted later runs the new files.
func (p *Provider) remember(before, after *database) {
	p.last.mu.Lock()
	defer p.last.mu.Unlock()
	for name, now := range after.all {
		was, _ := before.exactly(name)
		if was.version == now.version && was.state == now.state {
			continue
		}
		if p.last.names == nil {
			p.last.names = map[string]bool{}
		}
		p.last.names[name] = true
		for _, file := range []string{name, now.name + ":" + now.arch} {
			info, err := p.tree.stat(path.Join(infoDir, file+".list"))
			if err == nil && changeTime(info).After(p.last.at) {
				p.last.at = changeTime(info)
			}
		}
	}
}

// ChangedAt implements [resource.Dater]. It is the moment at which the last
// package of a transaction was unpacked, for all of them: a unit may use any.
func (p *Provider) ChangedAt(_ context.Context, want cty.Value) (time.Time, bool) {
	db, err := p.database()
	if err != nil {
		return time.Time{}, false
	}
	p.last.mu.Lock()
	defer p.last.mu.Unlock()
	if !p.last.names[db.nameOf(resource.StringAttr(want, "name"))] || p.last.at.IsZero() {
		return time.Time{}, false
	}
	return p.last.at, true
}
