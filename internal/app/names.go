package app

import (
	"context"
	"maps"

	"converge/internal/app/machine"
	"converge/internal/app/ownership"
	"converge/internal/app/past"
	"converge/internal/app/site"
	"converge/internal/engine"
	"converge/internal/engine/assembly"
	"converge/internal/resource"
)

// resolveNames determines, with the session's providers, which names mean one thing on this machine, and applies the
// result.
func (s *session) resolveNames(ctx context.Context) error {
	whole, diags, err := s.site.Whole.Again(ctx, s.machine.JoinNames(), s.state.Names())
	if err := site.AdoptAssembly(s.env, s.site, whole, diags, err); err != nil {
		return err
	}
	s.site.Whole = nil
	if s.chosen, _, err = s.site.Select(s.flags.Targets, s.flags.Excludes); err != nil {
		return err
	}
	s.machine.AdoptNames(ctx)
	s.keepFormerSecrets()
	if err := s.machine.RefuseOwn(s.site.Resources); err != nil {
		return err
	}
	letOwnedLook(ctx, s.owned, s.machine)
	warnings, err := s.owned.FindContradictions()
	if err == nil {
		for _, w := range warnings {
			s.env.Warn(w)
		}
	}
	return err
}

// resolveUndoNames is resolveNames for a rollback, which has a resource for each change.
func (s *session) resolveUndoNames(ctx context.Context) (err error) {
	if s.site.Identity, err = assembly.Identify(ctx, s.site.Resources, s.machine.JoinNames(), s.state.Names()); err != nil {
		return err
	}
	s.machine.AdoptNames(ctx)
	s.keepFormerSecrets()
	letOwnedLook(ctx, s.owned, s.machine)
	return s.owned.RefuseUndo()
}

// letOwnedLook lets the comparison of sites observe the machine.
func letOwnedLook(ctx context.Context, o *ownership.Ledger, m *machine.Machine) {
	o.Read = func(path string) []byte { return machine.ReadText(m, path) }
	o.SysctlConf = func() string { return machine.SysctlConfName(m) }
	o.Unpacked = machine.Unpacked(m)
	o.ListLeft = func(r *resource.Resource) []string { return machine.ListLeft(ctx, m, r) }
	o.ListHidden = func(r *resource.Resource) []string { return machine.ListHidden(ctx, r) }
	o.IsThere = machine.IsThere(m)
	o.TurnsLink = func(r *resource.Resource) bool { return machine.TurnsLink(m, r) }
	o.LinksTo = func(path string) []string { return machine.LinksTo(m, path) }
	o.KeyFile = func(user string) string { return machine.FindKeys(ctx, m, user) }
	o.KeyFileNow = func(user string) string { return machine.FindKeysNow(ctx, m, user) }
}

// keepFormerSecrets keeps a content sensitive that was sensitive when converge wrote it, even if its resource is no
// longer marked, and everything that a resource finds in a file with secrets of another one. Otherwise the diff would
// show the old content. The former ends when another content is written.
func (s *session) keepFormerSecrets() {
	var declared []string
	for _, r := range s.site.Resources {
		if r.WritesSecret(r.Kind.ContentAttr) && r.Key != "" {
			declared = append(declared, r.Key)
		}
	}
	s.state.SealWritten(declared)
	was, former := s.state.Secrets(), map[string]map[string]bool{}
	finder := secretFinder{s}
	files := finder.findSecretFiles(was)
	for _, r := range s.site.Resources {
		names := past.MergeSecrets(formerSecrets(r, was[r.Key]), finder.hideNear(r, files))
		maps.DeleteFunc(names, func(name string, _ bool) bool { return r.Secret[name] }) // the declaration covers these
		if len(names) > 0 {
			former[r.Key] = names
			r.Secret = past.MergeSecrets(r.Secret, names)
		}
	}
	if s.run != nil {
		s.run.Former = former
		s.run.RecordsSecrets = func(c resource.Change) bool { return finder.recordsSecrets(c, files) }
	}
}

// formerSecrets returns the sensitive attributes of a resource with attributes, names, that were sensitive when
// converge wrote it.
func formerSecrets(r *resource.Resource, names map[string]bool) map[string]bool {
	if !isSecretBesideRecord(r.Kind, names) {
		return nil
	}
	if names[""] && r.Kind.ContentAttr != "" {
		names[r.Kind.ContentAttr] = true
	}
	delete(names, "")
	maps.Copy(names, r.Kind.Secrets(r.Want, names)) // and attributes that are made from these
	return names
}

// findAltered names the inputs that have changed since the manifest at path was evaluated, if the manifest means
// something else by now. Only then it is evaluated again.
func (s *session) findAltered(ctx context.Context, path string) (engine.Inputs, error) {
	altered := engine.Inputs{Files: append(s.site.Altered(), s.flags.Site.ListAlteredSecrets()...)}
	node, err := site.ReadNode(ctx, s.env, &s.flags.Site)
	if err != nil {
		return engine.Inputs{}, err
	}
	altered.Facts = node.ListChanged(s.site.Node, s.site.Facts)
	if len(altered.Files)+len(altered.Facts) == 0 || path == "-" {
		return altered, nil
	}
	again, diags, err := site.Evaluate(ctx, s.env, path, &s.flags.Site, s.site.Kinds, node)
	if err != nil || diags.HasErrors() || !site.SameMeaning(s.site.Declared, again.Resources) {
		return altered, nil //nolint:nilerr // an unreadable input has changed
	}
	return engine.Inputs{}, nil
}
