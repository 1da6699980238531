package stow

import (
	"context"
	"errors"
	"slices"

	"converge/internal/stow/control"
	"converge/internal/stow/stanza"
	"converge/resources"
)

// location is a stow directory and its target. An empty target is the stow directory's own.
type location struct{ stow, target string }

// locate completes the location of a package by the mapping from tags in its control data. It picks the first rule
// without tags, or whose stow directory has the package with one of the rule's tags; otherwise the last rule.
func (p *Provider) locate(ctx context.Context, req request) (location, error) {
	m, err := p.readMapping(ctx)
	if err != nil {
		return req.location, err
	}
	if req.location.stow != "" {
		for _, r := range m {
			if req.location.target == "" && r.Stow == req.location.stow {
				return locationOf(r), nil
			}
		}
		return req.location, nil
	}
	chosen := m[len(m)-1]
	for _, r := range m {
		if len(r.Tags) == 0 { // nothing has to be read
			chosen = r
			break
		}
		tags, err := p.readTags(ctx, control.Store{Disk: control.OnDisk(p.fs), Dir: r.Stow}, req)
		if err != nil {
			return req.location, err
		}
		if slices.ContainsFunc(r.Tags, func(t string) bool { return slices.Contains(tags, t) }) {
			chosen = r
			break
		}
	}
	out := locationOf(chosen)
	if req.location.target != "" {
		out.target = req.location.target
	}
	return out, nil
}

// locationOf returns the location of a rule. The default rule leaves the target to the stow directory, which may have a
// link :target.
func locationOf(r control.Rule) location {
	if r.Line == 0 {
		return location{r.Stow, ""}
	}
	return location{r.Stow, r.Target}
}

// readMapping reads the rules that select stow directories, once.
func (p *Provider) readMapping(ctx context.Context) (control.Mapping, error) {
	if p.rules != nil {
		return p.rules, nil
	}
	m, err := control.ReadMapping(ctx, control.OnDisk(p.fs))
	if err == nil {
		p.rules = m
	}
	return m, err
}

// readTags returns the tags of the newest version whose control data has tags.
func (p *Provider) readTags(ctx context.Context, s control.Store, req request) ([]string, error) {
	pkg, err := s.Package(ctx, req.name)
	if err != nil {
		return nil, err
	}
	for i := len(pkg.Versions) - 1; i >= 0; i-- {
		found, err := p.readControl(ctx, s, req.name, pkg.Versions[i])
		if err != nil {
			return nil, err
		}
		if found != nil && len(found.Tags) > 0 {
			return found.Tags, nil
		}
	}
	return nil, nil
}

// readControl returns the control data of a version. It reports invalid data, and then returns none.
func (p *Provider) readControl(ctx context.Context, s control.Store, name, disk string) (*control.Found, error) {
	found, err := s.Find(ctx, name, disk, control.Manager)
	var problems stanza.Problems
	if errors.As(err, &problems) {
		p.notice(err.Error())
		return nil, nil
	}
	return found, err
}

// Identify finds different names of one resource (see assembly.Names): it identifies a package by its stow directory
// and its target, both with links resolved, whether they are declared or follow from the mapping.
func (p *Provider) Identify(ctx context.Context, keys []string) (map[string]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[string]string{}
	for _, key := range keys {
		name, stowDir, target, ok := resources.ParseStowKey(key)
		if !ok || name == "" {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		at, err := p.locate(ctx, request{name: name, location: location{stowDir, target}})
		if err != nil {
			continue // the observation of the package reports it
		}
		if own := resources.StowKey(name, p.resolveDir(at.stow), p.resolveDir(at.target)); own != key {
			out[key] = own
		}
	}
	return out, nil
}

// resolveDir resolves all links in a directory's path; a directory that does not exist keeps its path.
func (p *Provider) resolveDir(dir string) string {
	if dir == "" {
		return ""
	}
	if at, err := p.fs.Resolve(dir); err == nil {
		return at
	}
	return dir
}
