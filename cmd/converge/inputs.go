package main

import (
	"context"

	"github.com/zclconf/go-cty/cty"
)

// altered names what the manifest at path was evaluated from and has changed
// since, if the manifest means something else by now: it is evaluated again
// only then.
func (s *session) altered(ctx context.Context, path string) ([]string, error) {
	names := s.site.Altered()
	node, err := lazyNode(ctx, s.env, &s.flags.site)
	if err != nil {
		return nil, err
	}
	if s.site.node != cty.NilVal {
		if now, err := node(); err != nil || !now.RawEquals(s.site.node) {
			names = append(names, "node")
		}
	}
	if len(names) == 0 || path == "-" {
		return names, nil
	}
	again, diags, err := evaluate(ctx, s.env, path, &s.flags.site, s.site.kinds, node)
	if err != nil || diags.HasErrors() || !sameMeaning(s.site.declared, again.Resources) {
		return names, nil //nolint:nilerr // what cannot be read any more is not what it was
	}
	return nil, nil
}
