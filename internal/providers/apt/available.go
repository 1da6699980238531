package apt

import (
	"context"

	"converge/internal/providers/packages/tool"
)

// Available is the state of a package, for callers before anything is declared.
type Available struct {
	Installed string   // its version; "" if it is not
	Held      bool     // and to stay at that version
	Candidate string   // what apt would install; "" if nothing
	Versions  []string // that the package sources offer
}

// Present reports whether the tree has apt at all.
func (p *Provider) Present() bool {
	if _, err := p.Tree.Stat(statusFile); err != nil {
		return false
	}
	_, err := tool.FindProgram(p.Root, "apt-get")
	return err == nil
}

// Available looks up packages by name or name:arch, all in one call of apt.
// Packages that are neither installed nor offered are missing from the result.
func (p *Provider) Available(ctx context.Context, names []string) (map[string]Available, error) {
	db, err := p.currentDatabase()
	if err != nil {
		return nil, err
	}
	l, done, err := p.freshLists(ctx, false)
	if err != nil {
		return nil, err
	}
	defer done()
	offers, err := p.askOffers(ctx, l, names)
	if err != nil {
		return nil, err
	}
	out := make(map[string]Available, len(names))
	for _, name := range names {
		o := offers[db.nameOf(name)]
		a := Available{Candidate: o.candidate, Versions: o.versions}
		if have, _ := db.findByName(name); have.isInstalled() {
			a.Installed, a.Held = have.version, have.isHeld()
		}
		if a.Installed != "" || a.Candidate != "" || len(a.Versions) > 0 {
			out[name] = a
		}
	}
	return out, nil
}
