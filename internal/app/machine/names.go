package machine

import (
	"context"
	"maps"

	"converge/internal/engine"
	"converge/internal/engine/assembly"
	"converge/internal/providers/command"
	"converge/internal/providers/files"
	"converge/internal/providers/service"
	"converge/internal/resource"
)

// joinMachine joins what the engine asks of the machine as a whole from the
// providers; ks are the kinds that these were given to.
func joinMachine(ks []*resource.Kind, services *service.Provider, commands *command.Provider, packages ...engine.Shipper) engine.Machine {
	m := engine.Machine{
		Followers: []resource.Invalidator{services, commands},
		Finishers: []engine.Finisher{services},
		Shippers:  packages,
		Derives:   services.Derives,
	}
	for _, k := range ks {
		if k.Provider == resource.Provider(services) {
			m.Retirers = append(m.Retirers, engine.Retirer{Kind: k, Retiring: services.Retiring})
		}
	}
	return m
}

// identifier is a provider whose targets have several names.
type identifier interface {
	Identify(ctx context.Context, keys []string) (map[string]string, error)
}

// JoinNames joins what the providers of the site's resources know of names.
func (m *Machine) JoinNames() assembly.Names { return joinNames(m.site.Resources, m.files) }

// joinNames joins what the providers of resources know of names. A provider that
// none of them has is not asked: it would read its source of truth for nothing.
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
		if p == resource.Provider(f) {
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

// spotWith looks at paths as the provider of files does.
func spotWith(f *files.Provider) func(ctx context.Context, path string) assembly.Spot {
	return func(ctx context.Context, path string) assembly.Spot { return assembly.Spot(f.Spot(ctx, path)) }
}
