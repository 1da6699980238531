package app

import (
	"context"
	"slices"
	"strings"

	"converge/internal/app/environ"
	"converge/internal/facts"
	"converge/internal/providers/apt"
	"converge/internal/stow/wanted"
	versions "converge/internal/version"
)

// aptManager answers requirements by apt.
type aptManager struct {
	apt        *apt.Provider
	namespaces []string
	root       bool // may install packages
}

// openApt opens apt; nil: there is none.
func openApt(ctx context.Context, env *environ.Env, f *WantedOptions) (*aptManager, error) {
	root := f.Run.Site.Root
	p, err := apt.New(apt.Options{Root: root, Notice: func(msg string) { env.Warn(msg) }})
	if err != nil || !p.Present() {
		return nil, err
	}
	machine, err := facts.Read(ctx, facts.Options{Root: root})
	if err != nil {
		return nil, err
	}
	m := &aptManager{apt: p, root: env.UID == 0}
	for _, space := range []string{machine.OS.ID, machine.OS.Family, "debian"} {
		if space != "" && !slices.Contains(m.namespaces, space) {
			m.namespaces = append(m.namespaces, space)
		}
	}
	return m, nil
}

// Namespaces implements [wanted.Manager].
func (m *aptManager) Namespaces() []string { return m.namespaces }

// Offers implements [wanted.Manager].
func (m *aptManager) Offers(ctx context.Context, queries []wanted.Query) ([]wanted.Offer, error) {
	var ask []string
	names := make([][]string, len(queries))
	for i, q := range queries {
		names[i] = slices.DeleteFunc(wanted.NativeNames(q.Name, q.Kinds), func(n string) bool { return !isPackageName(n) })
		ask = append(ask, names[i]...)
	}
	out := make([]wanted.Offer, len(queries))
	if len(ask) == 0 {
		return out, nil
	}
	slices.Sort(ask)
	have, err := m.apt.Available(ctx, slices.Compact(ask))
	if err != nil {
		return nil, err
	}
	for i, q := range queries {
		for _, name := range names[i] {
			if of, known := have[name]; known {
				out[i] = m.chooseOffer(name, q.Versions, of)
				break
			}
		}
	}
	return out, nil
}

// chooseOffer returns the best allowed version of one package: the installed one, or apt's candidate, or the newest.
func (m *aptManager) chooseOffer(name string, set versions.Set, of apt.Available) wanted.Offer {
	if of.Installed != "" && set.Allows(of.Installed) {
		return wanted.Offer{Name: name, Version: of.Installed, Installed: true}
	}
	best := of.Candidate
	if best == "" || !set.Allows(best) {
		best = ""
		for _, v := range of.Versions {
			if set.Allows(v) && (best == "" || versions.Compare(v, best) > 0) {
				best = v
			}
		}
	}
	if best == "" {
		return wanted.Offer{}
	}
	o := wanted.Offer{Name: name, Version: best}
	switch {
	case !m.root:
		o.Refused = "only root installs packages"
	case of.Installed != "" && of.Held:
		o.Refused = "it is held at version " + of.Installed
	case of.Installed != "" && versions.Compare(best, of.Installed) < 0:
		o.Refused = "version " + of.Installed + " is installed, and " + best + " would be a downgrade"
	}
	return o
}

// isPackageName reports whether dpkg could have a package with that name: apt would treat some other names as patterns.
func isPackageName(name string) bool {
	first := strings.IndexAny(name, "+-.:") == 0
	if len(name) < 2 || first || strings.HasSuffix(name, "-") {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("+-.:", r)
	})
}
