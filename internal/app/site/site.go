// Package site turns a manifest and the facts of a machine into a site: resources in order, with their names. Start
// with [Load]; [Options] are the command line's choices for it. Package site changes nothing and keeps no record:
// package app runs sites.
package site

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/kinds"
	"converge/internal/engine/assembly"
	"converge/internal/manifest"
	"converge/internal/manifest/diag"
	"converge/internal/resource"
	"converge/internal/scrub"
)

// Site is a manifest after it was read, evaluated and put in order.
type Site struct {
	*manifest.Site
	Graph    *assembly.Graph
	Identity *assembly.Identity // by the manifest's names; after app.resolveNames also by those of this machine
	Whole    *assembly.Assembly // set until then
	Kinds    *resource.Kinds
	Root     string
	Declared []*resource.Resource // as in the manifest, before any were joined
	Node     *Node                // with the values that the manifest has seen of it
	Warnings hcl.Diagnostics      // already shown

	indexes map[resource.Addr]int // see Find
}

// Kind returns the kind with a name, nil if there is none.
func (s *Site) Kind(name string) *resource.Kind {
	return s.Kinds.Find(name)
}

// Find returns the index in Resources of the resource with an address. A run that changes nothing never calls it.
func (s *Site) Find(a resource.Addr) (i int, ok bool) {
	if s.indexes == nil {
		s.indexes = make(map[resource.Addr]int, len(s.Resources))
		for i, r := range s.Resources {
			s.indexes[r.Addr] = i
			for _, a := range r.Also {
				s.indexes[a] = i
			}
		}
	}
	i, ok = s.indexes[a]
	return i, ok
}

// Load reads the facts and the manifest. It shows the manifest's diagnostics in full; the error is then only an exit
// status.
func Load(ctx context.Context, env *environ.Env, path string, f *Options) (*Site, error) {
	if err := f.Clean(); err != nil {
		return nil, err
	}
	node, err := ReadNode(ctx, env, f)
	if err != nil {
		return nil, err
	}
	s := &Site{Root: f.Root, Kinds: kinds.New(), Node: node}
	ms, diags, err := Evaluate(ctx, env, path, f, s.Kinds, node)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if diags.HasErrors() {
		return nil, ShowDiagnostics(env, ms, diags)
	}
	s.Site, s.Declared = ms, ms.Resources
	whole, more, err := assembly.Assemble(ctx, ms.Resources, assembly.Names{}, nil)
	return s, AdoptAssembly(env, s, whole, append(diags, more...), err)
}

// Evaluate reads the manifest at path.
func Evaluate(
	ctx context.Context, env *environ.Env, path string, f *Options, kinds *resource.Kinds, node *Node,
) (*manifest.Site, hcl.Diagnostics, error) {
	vars, err := f.values()
	if err != nil {
		return nil, nil, err
	}
	src, err := openSources(f.VarFiles)
	if err != nil {
		return nil, nil, err
	}
	defer src.endEvaluation()
	ms, diags := manifest.Load(ctx, path, manifest.Options{
		Kinds: kinds, Vars: vars, Untyped: f.untyped(), VarFiles: f.VarFiles, Env: env.Vars, Node: node.common, NodeOnUse: node.onUse(),
		Stdin: env.In, Disk: src, Fetch: f.fetchModule(env),
		ReadSecret: f.readSecrets(env, src), WithoutSecrets: !f.Secrets, OnlyVariables: f.onlyVariables, Unsaved: f.unsaved, Asks: f.asks,
	})
	return ms, diags, nil
}

// LoadToAsk reads the manifest at path for evaluating expressions in it. Unless the manifest is given, a folder without
// one suffices.
func LoadToAsk(ctx context.Context, env *environ.Env, path string, given bool, f *Options) (*manifest.Site, error) {
	if err := f.Clean(); err != nil {
		return nil, err
	}
	node, err := ReadNode(ctx, env, f)
	if err != nil {
		return nil, err
	}
	asks, with := *f, *env
	asks.asks = true
	if !given && !manifest.IsFolderOfManifests(path) {
		path, with.In = "-", strings.NewReader("")
	}
	ms, diags, err := Evaluate(ctx, &with, path, &asks, kinds.New(), node)
	if err != nil {
		return nil, err
	}
	return ms, ShowDiagnostics(env, ms, diags)
}

// ListVariables returns the variables of the manifest at path with their origins. It
// evaluates nothing else.
func ListVariables(ctx context.Context, env *environ.Env, path string, f *Options) ([]manifest.Variable, error) {
	if err := f.Clean(); err != nil {
		return nil, err
	}
	node, err := ReadNode(ctx, env, f)
	if err != nil {
		return nil, err
	}
	only := *f
	only.onlyVariables = true
	ms, diags, err := Evaluate(ctx, env, path, &only, kinds.New(), node)
	if err != nil {
		return nil, err
	}
	return ms.Variables, ShowDiagnostics(env, ms, diags)
}

// AdoptAssembly gives the site its assembled resources, or shows the diagnostics.
func AdoptAssembly(env *environ.Env, s *Site, whole *assembly.Assembly, diags hcl.Diagnostics, err error) error {
	if err != nil {
		return err
	}
	if err := ShowDiagnostics(env, s.Site, diags); err != nil {
		return err
	}
	s.Whole, s.Resources, s.Graph, s.Identity, s.indexes = whole, whole.Resources, whole.Graph, whole.Identity, nil
	forgotten := s.CheckForgotten(s.describeDeclared)
	s.Warnings = append(diags, forgotten...)
	return ShowDiagnostics(env, s.Site, forgotten)
}

// describeDeclared names the resource of a key or an address, with its place; "": there is none.
func (s *Site) describeDeclared(key string) string {
	if _, err := resource.ParseAddr(key); err == nil {
		for _, r := range s.Resources {
			_, id, _ := strings.Cut(r.Key, ":")
			if key == r.Addr.String() || key == (resource.Addr{Kind: r.Addr.Kind, Name: id}).String() {
				return fmt.Sprintf("%s (%s)", r.Addr, r.Place())
			}
		}
		return ""
	}
	if !s.Identity.Declares(key) {
		return ""
	}
	now := s.Identity.Key(key)
	for _, r := range s.Resources {
		if r.Key == now {
			return fmt.Sprintf("%s (%s)", r.Addr, r.Place())
		}
	}
	return "this manifest"
}

// ShowDiagnostics shows diagnostics; it returns an error if one of them is an error.
func ShowDiagnostics(env *environ.Env, ms *manifest.Site, diags hcl.Diagnostics) error {
	if len(diags) == 0 {
		return nil
	}
	var files map[string]*hcl.File
	if ms != nil {
		files = ms.Files
	}
	var text bytes.Buffer
	if err := diag.Write(&text, files, scrubDiagnostics(env, ms, diags), environ.TerminalWidth(env.Err), env.IsColored(env.Err)); err != nil {
		return err
	}
	if _, err := io.WriteString(env.Err, env.Scrub.String(text.String())); err != nil {
		return err
	}
	if diags.HasErrors() {
		return &exit.Error{Code: exit.Failure, Shown: shownDiagnostics{diags}}
	}
	return nil
}

// shownDiagnostics is an error of diagnostics that were already shown. Its text only has the errors; it unwraps to all
// of them.
type shownDiagnostics struct{ hcl.Diagnostics }

// Error implements error.
func (s shownDiagnostics) Error() string { return errors.Join(s.Errs()...).Error() }

// Unwrap returns the diagnostics.
func (s shownDiagnostics) Unwrap() []error {
	all := make([]error, len(s.Diagnostics))
	for i, d := range s.Diagnostics {
		all[i] = d
	}
	return all
}

// scrubDiagnostics removes sensitive strings from diagnostics before they are folded and coloured, and from all later
// errors. It shows the manifest's own lines, with the same strings removed.
func scrubDiagnostics(env *environ.Env, ms *manifest.Site, diags hcl.Diagnostics) hcl.Diagnostics {
	if ms == nil || len(ms.Secrets.Secrets) == 0 {
		return diags
	}
	env.Scrub = scrub.New(ms.Secrets)
	return strikeSecrets(env.Scrub, diags)
}

func FormatPlace(r hcl.Range) string {
	if r.Filename == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line)
}
