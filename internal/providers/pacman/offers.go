package pacman

import (
	"context"
	"path"
	"slices"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/version"
)

// ListOffers implements [packages.Index]: the repositories in their order, then the packages in pacman's cache, the
// newest first. Only the latter permit a return to an older version.
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
	cached, err := m.readCache()
	if err != nil {
		return nil, err
	}
	for _, o := range cached {
		if asked[o.Name] && !slices.ContainsFunc(out[o.Name], func(have packages.Offer) bool { return have.Version == o.Version && !have.Virtual }) {
			out[o.Name] = append(out[o.Name], o)
		}
	}
	return out, nil
}

// readCache lists the packages in pacman's cache: NAME-VERSION-REL-ARCH.pkg.tar.zst.
func (m index) readCache() ([]packages.Offer, error) {
	c, err := m.readConf()
	if err != nil {
		return nil, err
	}
	var out []packages.Offer
	for _, dir := range c.cacheDirs() {
		entries, err := m.Tree.ReadDir(dir)
		if err != nil {
			continue // it does not exist
		}
		for _, f := range entries {
			if o, ok := parseFileName(f.Name()); ok {
				o.Source = path.Join(dir, f.Name())
				out = append(out, o)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b packages.Offer) int { return version.ComparePacman(b.Version, a.Version) })
	return out, nil
}

// parseFileName parses the name of a package file.
func parseFileName(file string) (o packages.Offer, ok bool) {
	stem, pack, ok := strings.Cut(file, ".pkg.tar")
	if !ok || strings.HasSuffix(pack, ".sig") || strings.HasSuffix(pack, ".part") {
		return o, false
	}
	i := strings.LastIndexByte(stem, '-')
	if i < 0 {
		return o, false
	}
	o.Name, o.Version = splitName(stem[:i])
	o.Arch = stem[i+1:]
	return o, o.Version != ""
}
