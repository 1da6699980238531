package site

import (
	"context"
	"errors"
	"sync"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/app/environ"
	"converge/internal/app/kinds"
	"converge/internal/engine/assembly"
	"converge/internal/manifest/diag"
	"converge/internal/scrub"
)

// Checker repeatedly finds the errors of manifests, as [Load] does. It observes the machine once, and reads no
// secrets.
type Checker struct {
	env     *environ.Env
	options *Options

	mu   sync.Mutex
	node *Node // nil: not read yet
}

// NewChecker returns a checker, which observes the machine as long as ctx lasts.
func NewChecker(env *environ.Env, f *Options) (*Checker, error) {
	return &Checker{env: env, options: f}, f.Clean()
}

// Check returns the diagnostics of the manifests in a folder, and the texts to which these refer. unsaved are
// manifests in memory. All paths are absolute.
func (c *Checker) Check(ctx context.Context, folder string, unsaved map[string][]byte) (map[string][]byte, hcl.Diagnostics) {
	node, err := c.readNode(ctx)
	if err != nil {
		return nil, describeFault(err)
	}
	f := *c.options
	f.unsaved = unsaved
	s := &Site{Root: f.Root, Kinds: kinds.New(), Node: node}
	var diags hcl.Diagnostics
	if s.Site, diags, err = Evaluate(ctx, c.env, folder, &f, s.Kinds, node); err != nil {
		return nil, describeFault(err)
	}
	if !diags.HasErrors() {
		more, err := s.assemble(ctx)
		if err != nil {
			return nil, describeFault(err)
		}
		diags = append(diags, more...)
	}
	texts := make(map[string][]byte, len(s.Files))
	for name, file := range s.Files {
		texts[name] = file.Bytes
	}
	if len(s.Secrets.Secrets) > 0 {
		diags = strikeSecrets(scrub.New(s.Secrets), diags)
	}
	return texts, diags
}

// readNode reads the operator's attributes until that succeeds. The facts are found once.
func (c *Checker) readNode(ctx context.Context) (*Node, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.node != nil {
		return c.node, nil
	}
	node, err := findNode(context.WithoutCancel(ctx), c.env, c.options)
	c.node = node
	return node, err
}

// assemble puts a site in order, and returns the resulting errors.
func (s *Site) assemble(ctx context.Context) (hcl.Diagnostics, error) {
	whole, diags, err := assembly.Assemble(ctx, s.Resources, assembly.Names{}, nil)
	if err != nil || diags.HasErrors() {
		return diags, err
	}
	s.Resources, s.Identity = whole.Resources, whole.Identity
	return append(diags, s.CheckForgotten(s.describeDeclared)...), nil
}

func describeFault(err error) hcl.Diagnostics {
	var diags hcl.Diagnostics
	if errors.As(err, &diags) {
		return diags
	}
	return hcl.Diagnostics{diag.Failure("Not checked", diag.Sentence(err), nil)}
}

// strikeSecrets removes the sensitive strings of a manifest from diagnostics.
func strikeSecrets(words *scrub.Scrubber, diags hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range diags {
		d.Summary, d.Detail = words.String(d.Summary), words.String(d.Detail)
	}
	return diags
}
