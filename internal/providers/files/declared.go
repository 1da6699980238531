package files

import (
	"errors"
	"strings"
)

// standing is what a site says of a path.
type standing uint8

const (
	undeclared standing = iota
	leads               // something declared lies in it
	declares            // a resource stands for it
)

// Declare says which paths the site declares, of whatever kind: a directory
// with purge keeps these and removes the rest, one with recurse leaves them and
// what lies in them to themselves. They are without links on the way, as is what
// real answers for a directory that may be reached through some. To be
// called before the first Observe.
func (p *Provider) Declare(paths []string, real func(dir string) string) {
	d := make(map[string]standing, len(paths))
	for _, path := range paths {
		d[path] = declares
		for path = parent(path); path != "/" && path != "" && d[path] == undeclared; path = parent(path) {
			d[path] = leads
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.declared, p.real = d, real
}

// declaredBelow returns what tells how a path below dir stands. It is an error to
// ask before anything was declared: everything would be purged.
func (p *Provider) declaredBelow(dir string) (func(path string) standing, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.declared == nil {
		return nil, errors.New("internal error: nobody said what is declared")
	}
	declared, real := p.declared, p.real(dir)
	if real == dir {
		return func(path string) standing { return declared[path] }, nil
	}
	return func(path string) standing {
		return declared[strings.TrimSuffix(real, "/")+strings.TrimPrefix(path, strings.TrimSuffix(dir, "/"))]
	}, nil
}
