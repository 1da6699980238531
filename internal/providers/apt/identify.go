package apt

import (
	"context"
	"strings"
)

// packageKey is what the keys of packages begin with.
const packageKey = "package:"

// Identify tells names of one thing apart (see assembly.Names): a package of the machine's own
// architecture is known without it, and a name that none bears is that of the
// package that provides it.
func (p *Provider) Identify(ctx context.Context, keys []string) (map[string]string, error) {
	db, err := p.currentDatabase()
	if err != nil {
		return nil, nil //nolint:nilerr // each package says so when it is observed
	}
	out := map[string]string{}
	for _, key := range keys {
		name, ok := strings.CutPrefix(key, packageKey)
		if !ok || strings.Contains(name, "/") {
			continue
		}
		f, err := p.findPackage(ctx, db, name)
		if err != nil {
			return nil, err
		}
		if own := packageKey + f.key; own != key {
			out[key] = own
		}
	}
	return out, nil
}
