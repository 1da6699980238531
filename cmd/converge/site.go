package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/engine"
	"converge/internal/facts"
	"converge/internal/manifest"
	"converge/internal/resource"
	"converge/internal/scrub"
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

// pathArg is PATH, by default the working directory.
func pathArg(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

// loadSite reads the facts and the manifest. It shows the manifest's diagnostics
// in full; the error is then a bare exit status.
func loadSite(ctx context.Context, env *environ.Env, path string, f *siteFlags) (*site, error) {
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
	whole, more, err := engine.Assemble(ctx, ms.Resources, nil)
	return s, take(env, s, whole, append(diags, more...), err)
}

// evaluate reads the manifest at path.
func evaluate(
	ctx context.Context, env *environ.Env, path string, f *siteFlags, kinds []*resource.Kind, node func() (cty.Value, error),
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
func lazyNode(ctx context.Context, env *environ.Env, f *siteFlags) (func() (cty.Value, error), error) {
	node, err := facts.Lazy(ctx, facts.NodeOptions{Root: f.root, Dir: facts.DefaultDir, Files: f.nodes})
	var diags hcl.Diagnostics
	if errors.As(err, &diags) {
		return nil, showDiagnostics(env, nil, diags)
	}
	return node, err
}

// diagnose shows diagnostics; with an error among them it returns one.
func showDiagnostics(env *environ.Env, ms *manifest.Site, diags hcl.Diagnostics) error {
	if len(diags) == 0 {
		return nil
	}
	var files map[string]*hcl.File
	if ms != nil {
		files = ms.Files
	}
	var text bytes.Buffer
	if err := manifest.WriteDiagnostics(&text, files, scrubDiagnostics(env, ms, diags), environ.TerminalWidth(env.Err), env.IsColored(env.Err)); err != nil {
		return err
	}
	if _, err := io.WriteString(env.Err, env.Scrub.String(text.String())); err != nil {
		return err
	}
	if diags.HasErrors() {
		return exit.Silently(exit.Failure)
	}
	return nil
}

// scrubDiagnostics removes sensitive strings from diagnostics before they are
// folded and coloured, and from errors from now on. It shows the manifest's own
// lines, with the same strings removed.
func scrubDiagnostics(env *environ.Env, ms *manifest.Site, diags hcl.Diagnostics) hcl.Diagnostics {
	if ms == nil || len(ms.Secrets) == 0 {
		return diags
	}
	env.Scrub = scrub.New(ms.Secrets)
	for _, d := range diags {
		d.Summary, d.Detail = env.Scrub.String(d.Summary), env.Scrub.String(d.Detail)
	}
	return diags
}

// selected returns the resources of --target and their dependencies; nil means
// all.
func (s *site) selected(targets []string) (map[int]bool, error) {
	if len(targets) == 0 {
		return nil, nil
	}
	addrs := make([]resource.Addr, len(targets))
	for i, t := range targets {
		var err error
		if addrs[i], err = resource.ParseAddr(t); err != nil {
			return nil, exit.With(exit.Failure, err, `quote it for the shell: --target 'file["/etc/motd"]'`)
		}
	}
	chosen, err := engine.Select(s.graph, s.Resources, addrs)
	if err != nil {
		return nil, s.suggest(err, targets)
	}
	return chosen, nil
}

// suggest adds the nearest declared address to an error about a target.
func (s *site) suggest(err error, targets []string) error {
	known := make([]string, len(s.Resources))
	declared := make(map[string]bool, len(known))
	for i, r := range s.Resources {
		known[i] = r.Addr.String()
		declared[known[i]] = true
	}
	e := exit.With(exit.Failure, err)
	for _, t := range targets {
		if near := nearest(t, known); near != "" && !declared[t] {
			e.Hints = append(e.Hints, "did you mean "+near+"?")
		}
	}
	return e
}

// addTargets adds --target, whose values complete to the manifest's addresses.
func addTargets(cmd *cobra.Command, targets *[]string, f *siteFlags) {
	cmd.Flags().StringArrayVar(targets, "target", nil, "only the resource at `ADDR` and what it depends on; may be repeated")
	_ = cmd.RegisterFlagCompletionFunc("target", func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		return declaredAddresses(pathArg(args), f), cobra.ShellCompDirectiveNoFileComp
	})
}

func rangePlace(r hcl.Range) string {
	if r.Filename == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line)
}
