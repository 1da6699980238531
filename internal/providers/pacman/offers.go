package pacman

import (
	"context"
	"path"
	"slices"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/version"
)

// ListOffers implements [packages.Index]: the repositories in their order, then the
// packages that pacman has kept in its cache, the newest first. Only those make it
// possible to go back to an older version.
func (m index) ListOffers(ctx context.Context, names []string) (map[string][]packages.Offer, error) {
	asked := make(map[string]bool, len(names))
	for _, name := range names {
		asked[name] = true
	}
	entries, err := m.readSync(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string][]packages.Offer{}
	for i := range entries {
		e := &entries[i]
		o := packages.Offer{Name: e.name, Version: e.version, Arch: e.arch, Source: e.repo}
		if asked[e.name] {
			out[e.name] = append(out[e.name], o)
		}
		for _, p := range e.provides {
			if asked[p.name] && p.name != e.name {
				o.Virtual, o.Provides = true, p.version
				out[p.name] = append(out[p.name], o)
			}
		}
	}
	for _, o := range m.readCache() {
		if asked[o.Name] && !slices.ContainsFunc(out[o.Name], func(have packages.Offer) bool { return have.Version == o.Version && !have.Virtual }) {
			out[o.Name] = append(out[o.Name], o)
		}
	}
	return out, nil
}

// readCache lists the packages in pacman's cache: NAME-VERSION-REL-ARCH.pkg.tar.zst.
func (m index) readCache() []packages.Offer {
	entries, err := m.Tree.ReadDir(cacheDir)
	if err != nil {
		return nil // there is none
	}
	var out []packages.Offer
	for _, f := range entries {
		stem, pack, ok := strings.Cut(f.Name(), ".pkg.tar")
		if !ok || strings.HasSuffix(pack, ".sig") || strings.HasSuffix(pack, ".part") {
			continue
		}
		i := strings.LastIndexByte(stem, '-')
		if i < 0 {
			continue
		}
		if name, v := splitName(stem[:i]); v != "" {
			out = append(out, packages.Offer{Name: name, Version: v, Arch: stem[i+1:], Source: path.Join(cacheDir, f.Name())})
		}
	}
	slices.SortStableFunc(out, func(a, b packages.Offer) int { return version.ComparePacman(b.Version, a.Version) })
	return out
}
