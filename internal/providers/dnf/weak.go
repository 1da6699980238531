package dnf

import (
	"context"
	"maps"
	"slices"

	"converge/internal/providers/packages"
	"converge/internal/providers/rpm"
	"converge/resources"
)

// Whether dnf installs weak dependencies is one setting of a whole transaction, but a manifest sets it for each
// package. If they differ, the transaction runs with the setting off, and the weak dependencies of the others are
// named.

// chooseWeak sets how a script is about weak dependencies.
func (s solver) chooseWeak(ctx context.Context, sc *script) error {
	switch how, on := resources.ChooseRecommends(sc.request.EachRecommends); how {
	case resources.RecommendsMixed:
		return s.nameWeak(ctx, sc, on)
	case resources.RecommendsOff:
		sc.options = append(sc.options, "--setopt=install_weak_deps=0")
	case resources.RecommendsOn:
		sc.options = append(sc.options, "--setopt=install_weak_deps=1")
	}
	return nil
}

// nameWeak adds the weak dependencies of the words that do not refuse them.
func (s solver) nameWeak(ctx context.Context, sc *script, on bool) error {
	part := &script{
		request: sc.request, installed: sc.installed, files: slices.Clone(sc.files), lines: slices.Clone(sc.lines), specs: slices.Clone(sc.specs),
		failed: map[int]error{}, options: sc.options,
	}
	if on {
		part.options = append(part.options[:len(part.options):len(part.options)], "--setopt=install_weak_deps=1")
	}
	for i, w := range sc.request.Words {
		if w.Recommends != nil && !*w.Recommends { // it is not part of the question
			part.files[i], part.lines[i], part.specs[i] = "", "", ""
		}
	}
	rows, err := s.listTransaction(ctx, part)
	maps.Copy(sc.failed, part.failed)
	if err != nil || len(part.failed) > 0 {
		return err
	}
	sc.options = append(sc.options, "--setopt=install_weak_deps=0")
	for _, r := range rows {
		if r.change == installsWeak {
			sc.lines = append(sc.lines, "install "+quoteWord(fullSpec(r.name+"."+r.arch, r.version)))
			sc.weak = append(sc.weak, r.name)
		}
	}
	return nil
}

// markWeak marks what nameWeak has named as dependencies of others.
func (s solver) markWeak(ctx context.Context, sc *script) error {
	if len(sc.weak) == 0 {
		return nil
	}
	marks := map[string]bool{}
	for _, name := range sc.weak {
		if _, had := rpm.Find(sc.installed, name, ""); !had {
			marks[name] = true
		}
	}
	var h packages.Holds = holds{&database{s.machine}}
	return h.SetAutomatic(ctx, marks)
}
