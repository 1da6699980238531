package main

import (
	"context"
	"errors"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/app/environ"
	"converge/internal/engine"
	"converge/internal/facts"
	"converge/internal/manifest"
	"converge/internal/resource"
)

// site is a manifest that was read, evaluated and put in order.
type site struct {
	*manifest.Site
	graph    *engine.Graph
	identity *engine.Identity // by the manifest's words; by this machine's too after session.tellThings
	whole    *engine.Assembly // until then
	kinds    []*resource.Kind
	root     string
	declared []*resource.Resource // as the manifest has them, before any were made one
	node     cty.Value            // what the manifest saw as node; cty.NilVal: it did not ask
}

// kind is the kind of that name, nil if there is none.
func (s *site) kind(name string) *resource.Kind {
	for _, k := range s.kinds {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// find looks resources up by address.
func (s *site) find() func(resource.Addr) *resource.Resource {
	var at map[resource.Addr]*resource.Resource // made when it is first asked for
	return func(a resource.Addr) *resource.Resource {
		if at == nil {
			at = make(map[resource.Addr]*resource.Resource, len(s.Resources))
			for _, r := range s.Resources {
				at[r.Addr] = r
				for _, a := range r.Also {
					at[a] = r
				}
			}
		}
		return at[a]
	}
}

// loadSite reads the facts and the manifest. It shows the manifest's diagnostics
// in full; the error is then a bare exit status.
func loadSite(ctx context.Context, env *environ.Env, path string, f *siteOptions) (*site, error) {
	if err := f.clean(); err != nil {
		return nil, err
	}
	node, err := lazyNode(ctx, env, f)
	if err != nil {
		return nil, err
	}
	s := &site{root: f.root, kinds: kinds(providers{})}
	ms, diags, err := evaluate(ctx, env, path, f, s.kinds, s.seeing(node))
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if diags.HasErrors() {
		return nil, showDiagnostics(env, ms, diags)
	}
	s.Site, s.declared = ms, ms.Resources
	whole, more, err := engine.Assemble(ctx, ms.Resources, engine.Names{}, nil)
	return s, take(env, s, whole, append(diags, more...), err)
}

// evaluate reads the manifest at path.
func evaluate(
	ctx context.Context, env *environ.Env, path string, f *siteOptions, kinds []*resource.Kind, node func() (cty.Value, error),
) (*manifest.Site, hcl.Diagnostics, error) {
	vars, err := f.values()
	if err != nil {
		return nil, nil, err
	}
	src, err := openSources()
	if err != nil {
		return nil, nil, err
	}
	defer src.settle()
	ms, diags := manifest.Load(ctx, path, manifest.Options{
		Kinds: kinds, Vars: vars, VarFiles: f.varFiles, Env: env.Vars, Node: node, Stdin: env.In, Open: src.open, Trust: src.trust,
	})
	return ms, diags, nil
}

// take gives the site its assembled resources, or shows the diagnostics.
func take(env *environ.Env, s *site, whole *engine.Assembly, diags hcl.Diagnostics, err error) error {
	if err != nil {
		return err
	}
	if err := showDiagnostics(env, s.Site, diags); err != nil {
		return err
	}
	s.whole, s.Resources, s.graph, s.identity = whole, whole.Resources, whole.Graph, whole.Identity
	return nil
}

// node returns what a manifest sees as node, once it is asked for.
func lazyNode(ctx context.Context, env *environ.Env, f *siteOptions) (func() (cty.Value, error), error) {
	node, err := facts.Lazy(ctx, facts.NodeOptions{Root: f.root, Dir: facts.DefaultDir, Files: f.nodes})
	var diags hcl.Diagnostics
	if errors.As(err, &diags) {
		return nil, showDiagnostics(env, nil, diags)
	}
	return node, err
}

// keyOf returns the unique key of a resource; "" if it has none.
func (s *site) keyOf(i int) string { return s.Resources[i].Key }
