package app

import (
	"context"

	"converge/internal/app/site"

	"github.com/zclconf/go-cty/cty"
)

// findAltered names what the manifest at path was evaluated from and has changed
// since, if the manifest means something else by now: it is evaluated again
// only then.
func (s *session) findAltered(ctx context.Context, path string) ([]string, error) {
	names := s.site.Altered()
	node, err := site.LazyNode(ctx, s.env, &s.flags.Site)
	if err != nil {
		return nil, err
	}
	if s.site.Node != cty.NilVal {
		if now, err := node(); err != nil || !now.RawEquals(s.site.Node) {
			names = append(names, "node")
		}
	}
	if len(names) == 0 || path == "-" {
		return names, nil
	}
	again, diags, err := site.Evaluate(ctx, s.env, path, &s.flags.Site, s.site.Kinds, node)
	if err != nil || diags.HasErrors() || !site.SameMeaning(s.site.Declared, again.Resources) {
		return names, nil //nolint:nilerr // what cannot be read any more is not what it was
	}
	return nil, nil
}
