package machine

import (
	"context"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/facts"
	"converge/internal/fsys"
	"converge/internal/providers/initd"
	"converge/internal/providers/service"
	"converge/internal/resource"
)

// services is the provider of the kind service, for any init system.
type services interface {
	resource.Provider
	engine.Finisher
	retirer
}

// retirer takes services out of service that end with others, and ends with the run.
type retirer interface {
	Retiring(ctx context.Context, e resource.Ending) ([]cty.Value, error)
	Close()
}

// deriver is the provider of an init system that generates services from files.
type deriver interface {
	Derives(cs []resource.Change) []bool
}

// reloader is the provider of an init system that caches what it has read.
type reloader interface {
	IsLive() bool
	Reload(ctx context.Context) error
}

// queuer is the provider of an init system with a queue and a cache: it knows what earlier runs left in the queue, or
// changed without a reload.
type queuer interface {
	Expect(units []string)
	FollowKilled(started time.Time)
}

// makeServices makes the provider of the services for the init system that runs the machine, or that would boot it.
func (m *Machine) makeServices() error {
	system, runs, err := findInit(m.Site.Root)
	if err != nil {
		return err
	}
	if e := m.Elsewhere; e != nil && e.Init != "" {
		system = e.Init
	}
	switch system {
	case facts.OpenRC:
		m.services = initd.New(initd.Options{FS: m.tree, System: initd.OpenRC, Runs: runs})
	case facts.SysV:
		m.services = initd.New(initd.Options{FS: m.tree, System: initd.SysV, Runs: runs})
	default:
		m.systemd = true
		m.services = service.New(service.Options{Root: m.Site.Root, Holds: func(path string) bool { return holds(m, path) }, Notice: m.Sinks.EmitAs(event.Warning)})
	}
	m.booted = runs
	if m.Elsewhere != nil {
		m.services = atRest(m.services)
		return nil
	}
	q, ok := m.services.(queuer)
	if !ok {
		return nil
	}
	if st := m.State.Status(); st != nil {
		q.Expect(st.Queued)
	}
	if m.Run != "" {
		for _, k := range m.State.Recovered() {
			q.FollowKilled(k.Started)
		}
	}
	return nil
}

// holds reports whether this site declares a path, or the ledger has it, of whatever site.
func holds(m *Machine, path string) bool {
	key := "path:" + resource.EncodeBytes(path)
	if m.Site.Identity != nil && m.Site.Identity.Declares(key) {
		return true
	}
	return m.State.LedgerOf(m.ID).Has(m.Site.Identity.Key(key))
}

// findInit returns the init system of a root, and whether it runs: it does not in a tree, nor in a container whose
// first process is another program.
func findInit(root string) (system string, runs bool, err error) {
	tree, err := fsys.OpenFiles(root)
	if err != nil {
		return "", false, err
	}
	defer tree.Close()
	if tree.IsLive() {
		if system = facts.RunningInit(); system != "" {
			return system, true, nil
		}
	}
	return facts.TreeInit(tree), false, nil
}
