package main

import (
	"context"

	"converge/internal/engine"
)

// tellThings finds out, with what the session works with, which names are of one
// thing on this machine, and goes by that from here on.
func (s *session) tellThings(ctx context.Context) error {
	whole, diags, err := s.site.whole.Again(ctx, s.state.Names())
	if err := s.app.take(s.site, whole, diags, err); err != nil {
		return err
	}
	s.site.whole = nil
	if s.chosen, err = s.site.selected(s.flags.targets); err != nil {
		return err
	}
	s.goBy()
	return s.refuseOwn()
}

// tellUndone is tellThings for a rollback, whose resources are as many as the
// changes were.
func (s *session) tellUndone(ctx context.Context) (err error) {
	if s.site.identity, err = engine.Identify(ctx, s.site.Resources, s.state.Names()); err != nil {
		return err
	}
	s.goBy()
	return nil
}

// goBy has the ledger, and who purges directories, name things as the site does.
func (s *session) goBy() {
	s.state.Rename(s.site.identity.Key)
	s.declare()
	s.hideFormer()
}

// hideFormer treats the content of what was sensitive when converge wrote it as
// sensitive still, though its resource does not say so any more: what is there
// would show in the difference. Once something else is written it is over.
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

// keyOf is what a resource stands for, as nothing else may; "" if nothing.
func (s *site) keyOf(i int) string { return s.Resources[i].Key }
