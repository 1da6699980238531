package initd

import (
	"context"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// bootLinks are links of a service in runlevels: their targets, by path.
type bootLinks map[string]string

// Record implements [resource.Recorder]. It adds the links of the service in the runlevels, as they are and as the
// change leaves them, so that a rollback removes and makes exactly those in which the two differ.
func (p *Provider) Record(_ context.Context, c resource.Change) (resource.Change, []resource.Change, error) {
	w, s, err := p.prepare(c.Want)
	if err != nil || w.enabled == nil || c.Have.IsNull() || !c.Differs("enabled") {
		return c, nil, err
	}
	// Where the links cannot be told, the change may be made nevertheless: a rollback then enables or disables the service.
	before, after, told, err := p.levels.foresee(s, *w.enabled)
	if err != nil || !told {
		return c, nil, nil
	}
	if w.isExact() {
		after = maps.Clone(before)
		maps.DeleteFunc(after, func(l, _ string) bool { return w.madeLinks[l] != "" })
		maps.Copy(after, w.removedLinks)
	} else if ends, _ := p.endings.has(s.name); ends && !*w.enabled {
		clear(after)
	}
	c.Have, c.Want = withBootLinks(c.Have, before), withBootLinks(c.Want, after)
	return c, nil, nil
}

func withBootLinks(v cty.Value, links bootLinks) cty.Value {
	const name = "boot_links"
	return resource.With(v, name, resource.EncodeAttrs(resources.ServiceWant{BootLinks: resource.Some(map[string]string(links))})[name])
}

// foresee returns the links of a service before and after those that start it are turned into such that stop it, or
// the reverse.
func (l rcLinks) foresee(s script, on bool) (before, after bootLinks, err error) {
	all, err := l.of(s.name, allLevels())
	if err != nil {
		return nil, nil, err
	}
	before, after = bootLinks{}, bootLinks{}
	for _, k := range all {
		if before[l.path(k)], err = l.fs.Readlink(l.path(k)); err != nil {
			return nil, nil, err
		}
	}
	if !s.isThere() && !on {
		return before, after, nil
	}
	maps.Copy(after, before)
	levels := []string{"S", "2", "3", "4", "5"}
	if on {
		levels = s.header.starts
	}
	gone, come := turn(slices.DeleteFunc(all, func(k rcLink) bool { return !slices.Contains(levels, k.level) }), on)
	for _, k := range gone {
		delete(after, l.path(k))
	}
	for _, k := range come {
		after[l.path(k)] = "../init.d/" + s.name
	}
	return before, after, nil
}
