package app

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/app/environ"
	"converge/internal/engine"
	"converge/internal/engine/assembly"
	"converge/internal/stow/control"
	"converge/internal/stow/wanted"
)

// installWanted installs packages by a run of a manifest that declares them, so
// that it is journaled, and can be undone, like any other. Its output goes to
// standard error: the answers are on standard output.
func installWanted(ctx context.Context, env *environ.Env, path string, list []wanted.Answer, f *RunOptions) (err error) {
	b := *env
	b.In, b.Out = strings.NewReader(wantedManifest(list)), env.Err
	s, err := beginSession(ctx, &b, "apply", "-", f, false)
	defer func() { err = s.end(err) }()
	if err != nil {
		return err
	}
	if path != "-" {
		if path, err = filepath.Abs(path); err != nil {
			return fmt.Errorf("cannot tell where %q is: %w", path, err)
		}
	}
	run, err := s.startRun(ctx, path, nil)
	if err != nil {
		return err
	}
	leaveSites(s)
	o := s.engineOptions()
	o.Journal, o.Run = run, run.ID
	p, err := engine.Plan(ctx, o)
	if err != nil {
		return err
	}
	return s.applyPlan(ctx, o, p, run)
}

// wantedManifest declares packages in the versions that were answered.
func wantedManifest(list []wanted.Answer) string {
	file := hclwrite.NewEmptyFile()
	for _, answer := range list {
		body := file.Body().AppendNewBlock("package", []string{answer.Name.Name}).Body()
		v := answer.Version
		if answer.Name.Space == control.Manager {
			body.SetAttributeValue("provider", cty.StringVal("stow2"))
			v = control.ByName(v)
		}
		body.SetAttributeValue("version", cty.StringVal(v))
	}
	return string(file.Bytes())
}

// guestRun is what a run about no site needs: it asks for no orphans of any, and
// what it makes is not counted as declared.
type guestRun struct {
	kept map[string]bool // keys without an owner before the run
}

// leaveSites makes the session one about no site.
func leaveSites(s *session) {
	s.chosen = make(map[int]bool, len(s.site.Resources))
	for i := range s.site.Resources {
		s.chosen[i] = true
	}
	s.guest = &guestRun{kept: map[string]bool{}}
	for _, e := range s.state.Orphans(func(string) bool { return false }) {
		s.guest.kept[e.Key] = true
	}
}

// listOwnerless returns the keys that the run leaves without an owner.
func (g *guestRun) listOwnerless(id *assembly.Identity) []string {
	if g == nil {
		return nil
	}
	var out []string
	for _, key := range id.Keys() {
		if !g.kept[key] {
			out = append(out, key)
		}
	}
	return out
}
