package main

import (
	"context"

	"converge/internal/engine"
)

// tellThings resolves which names mean one thing on this machine, with the
// session's providers, and applies the result.
func (s *session) tellThings(ctx context.Context) error {
	whole, diags, err := s.site.whole.Again(ctx, joinNames(s.site.Resources, s.files), s.state.Names())
	if err := take(s.env, s.site, whole, diags, err); err != nil {
		return err
	}
	s.site.whole = nil
	if s.chosen, err = s.site.selected(s.flags.targets); err != nil {
		return err
	}
	s.goBy(ctx)
	return s.refuseOwn()
}

// tellUndone is tellThings for a rollback, whose resources are as many as the
// changes were.
func (s *session) tellUndone(ctx context.Context) (err error) {
	if s.site.identity, err = engine.Identify(ctx, s.site.Resources, joinNames(s.site.Resources, s.files), s.state.Names()); err != nil {
		return err
	}
	s.goBy(ctx)
	return nil
}

// goBy makes the ledger and the directories with purge use the site's names.
func (s *session) goBy(ctx context.Context) {
	s.site.identity.LookWith(ctx, spotWith(s.files))
	s.state.Rename(s.id, s.site.identity)
	s.declare()
	s.hideFormer()
}

// hideFormer keeps content sensitive that was sensitive when converge wrote it,
// even if its resource is not marked any more: the old content would appear in
// the diff. This ends when other content is written.
func (s *session) hideFormer() {
	var declared []string
	for _, r := range s.site.Resources {
		if r.Secret["content"] && r.Key != "" {
			declared = append(declared, r.Key)
		}
	}
	s.state.SealWritten(declared)
	was := s.state.Secrets()
	for _, r := range s.site.Resources {
		if !was[r.Key] || r.Secret["content"] {
			continue
		}
		if s.former == nil {
			s.former = map[string]bool{}
		}
		s.former[r.Key] = true
		r.Secret = union(r.Secret, map[string]bool{"content": true})
	}
	if s.run != nil {
		s.run.Former = s.former
	}
}
