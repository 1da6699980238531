package stow

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"converge/internal/stow/control"
	"converge/internal/stow/stanza"
)

// place is a stow directory and what it is stowed to. "" of the target is the
// stow directory's own.
type place struct{ stow, target string }

// mapping is the rules by which stow directories are chosen.
type mapping struct{ of control.Mapping }

// where completes the place of a package: by the mapping from the tags in its
// control data. A rule counts if its stow directory has the package and the
// package has one of the rule's tags; without any the last rule holds.
func (p *Provider) where(ctx context.Context, w wish) (place, error) {
	m, err := p.mapping(ctx)
	if err != nil {
		return w.place, err
	}
	if w.place.stow != "" {
		for _, r := range m {
			if w.place.target == "" && r.Stow == w.place.stow {
				return placeOf(r), nil
			}
		}
		return w.place, nil
	}
	chosen := m[len(m)-1]
	for _, r := range m {
		if len(r.Tags) == 0 { // and nothing need be read
			chosen = r
			break
		}
		tags, err := p.tags(ctx, control.Store{Disk: control.OnDisk(p.fs), Dir: r.Stow}, w)
		if err != nil {
			return w.place, err
		}
		if slices.ContainsFunc(r.Tags, func(t string) bool { return slices.Contains(tags, t) }) {
			chosen = r
			break
		}
	}
	out := placeOf(chosen)
	if w.place.target != "" {
		out.target = w.place.target
	}
	return out, nil
}

// placeOf returns the place of a rule. The default rule leaves the target to the
// stow directory, which may have a link :target.
func placeOf(r control.Rule) place {
	if r.Line == 0 {
		return place{r.Stow, ""}
	}
	return place{r.Stow, r.Target}
}

// mapping reads the rules, once.
func (p *Provider) mapping(ctx context.Context) (control.Mapping, error) {
	if p.rules != nil {
		return p.rules.of, nil
	}
	m := control.DefaultMapping()
	text, err := control.OnDisk(p.fs).ReadFile(ctx, control.MappingFile)
	switch {
	case err == nil:
		if m, err = control.ParseMapping(control.MappingFile, text); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("cannot read which stow directories there are: %w", err)
	}
	p.rules = &mapping{m}
	return m, nil
}

// tags are those of the newest version that has control data.
func (p *Provider) tags(ctx context.Context, s control.Store, w wish) ([]string, error) {
	pkg, err := s.Package(ctx, w.name)
	if err != nil {
		return nil, err
	}
	for i := len(pkg.Versions) - 1; i >= 0; i-- {
		found, err := p.control(ctx, s, w.name, pkg.Versions[i])
		if err != nil {
			return nil, err
		}
		if found != nil && len(found.Tags) > 0 {
			return found.Tags, nil
		}
	}
	return nil, nil
}

// control returns the control data of a version; it reports invalid data and
// returns none then.
func (p *Provider) control(ctx context.Context, s control.Store, name, disk string) (*control.Found, error) {
	found, err := s.Find(ctx, name, disk, control.Manager)
	var problems stanza.Problems
	if errors.As(err, &problems) {
		p.notice(err.Error())
		return nil, nil
	}
	return found, err
}
