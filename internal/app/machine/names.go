package machine

import (
	"cmp"
	"context"
	"io"
	"maps"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/engine"
	"converge/internal/engine/assembly"
	"converge/internal/facts"
	"converge/internal/fsys"
	"converge/internal/providers/command"
	"converge/internal/providers/files"
	"converge/internal/resource"
)

// joinMachine joins, from the providers of the kinds ks, what the engine asks of the machine as a whole.
func joinMachine(ks *resource.Kinds, services services, commands *command.Provider, packages ...engine.Shipper) engine.Machine {
	m := engine.Machine{
		Finishers: []engine.Finisher{services},
		Shippers:  packages,
	}
	if f, ok := services.(resource.Invalidator); ok {
		m.Followers = append(m.Followers, f)
	}
	m.Followers = append(m.Followers, commands)
	if d, ok := services.(deriver); ok {
		m.Derives = d.Derives
	}
	m.Retirers = append(m.Retirers, engine.Retirer{Kind: ks.Find("service"), Retiring: services.Retiring})
	return m
}

// identifier is a provider whose targets have several names.
type identifier interface {
	Identify(ctx context.Context, keys []string) (map[string]string, error)
}

// pathKeyed is a provider, other than that of files, of things with paths as keys.
type pathKeyed interface{ HasPaths() bool }

// JoinNames joins the knowledge of names of the providers of the site's resources.
func (m *Machine) JoinNames() assembly.Names { return joinNamesOf(m, m.Site.Resources) }

// joinNamesOf joins the knowledge of names of the resources' providers and the ledger.
func joinNamesOf(m *Machine, rs []*resource.Resource) assembly.Names {
	names := joinNames(rs, m.files)
	names.Replaced = func(key string) bool { return files.HasReplaced(m.State, key) }
	return names
}

// joinNames joins the knowledge of names of the resources' providers. It does not ask other providers, which would
// read their sources of truth for nothing.
func joinNames(rs []*resource.Resource, f *files.Provider) assembly.Names {
	names := assembly.Names{SameAccount: f.NameOneAccount}
	var of []identifier
	known := map[resource.Provider]bool{}
	for _, r := range rs {
		p := r.Provider()
		if known[p] {
			continue
		}
		known[p] = true
		if i, ok := p.(identifier); ok {
			of = append(of, i)
		}
		if k, ok := p.(pathKeyed); p == resource.Provider(f) || ok && k.HasPaths() {
			names.Spot = spotWith(f)
		}
	}
	if len(of) > 0 {
		names.Identify = func(ctx context.Context, keys []string) (map[string]string, error) {
			return identifyWith(ctx, of, keys)
		}
	}
	return names
}

func identifyWith(ctx context.Context, of []identifier, keys []string) (map[string]string, error) {
	out := map[string]string{}
	for _, i := range of {
		names, err := i.Identify(ctx, keys)
		if err != nil {
			return nil, err
		}
		maps.Copy(out, names)
	}
	return out, nil
}

// spotWith examines paths as the provider of files does.
func spotWith(f *files.Provider) func(ctx context.Context, path string) assembly.Spot {
	return func(ctx context.Context, path string) assembly.Spot { return assembly.Spot(f.Spot(ctx, path)) }
}

// newClock returns a function that reads the time so that steps of the wall clock do no harm and boots differ.
func newClock() func() resource.Instant {
	// Without /proc all boots are equal, so that a reboot does not settle debts: one restart too many at worst.
	boot, _, _ := facts.Boot()
	var ts unix.Timespec
	base := time.Now() // before the system call: an instant may be late by the time between both, and is never early
	known := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) == nil
	return func() resource.Instant {
		now := resource.Instant{Boot: boot, Wall: time.Now()}
		if known { // use the reading in time.Now: a system call for each change would take longer than the rest of its bookkeeping
			now.Mono = time.Duration(ts.Nano()) + now.Wall.Sub(base)
		}
		return now
	}
}

// DigestPath describes the content of a path: the digest of a file, the text of a link, the type of anything else. It
// returns anything but a path unchanged.
func (m *Machine) DigestPath(ctx context.Context, path string) (string, error) {
	if !strings.HasPrefix(path, "/") {
		return path, ctx.Err()
	}
	path = resource.DecodeBytes(path)
	info, err := m.tree.Lstat(path)
	if err != nil {
		return "", err
	}
	switch info.Type {
	case fsys.Symlink:
		return m.tree.Readlink(path)
	case fsys.Regular:
	default:
		return info.Type.String(), ctx.Err()
	}
	digest, err := resource.LazyBlob(info.Size, func() (io.ReadCloser, error) { return m.tree.Open(path) }).Digest()
	return digest, cmp.Or(err, ctx.Err())
}
