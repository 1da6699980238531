package edit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"converge/internal/edit"
	"converge/internal/resource"
	"converge/resources"
)

// declared is the manifest's declarations. Its parts are decoded once, for any number of files.
type declared struct {
	keys map[string]bool // of parts

	// places are, for messages, all resources with a place in a file.
	places func() map[resource.Addr]*resource.Resource

	mu    sync.Mutex
	parts map[string][]declaredPart // by the path that they name
	names map[string][]string       // those paths, by physical path; nil: to be determined again
	rest  []*resource.Resource      // parts that are not decoded yet: the account of some is still to come
}

// forget discards resolved paths, and the places of accounts' files.
func (d *declared) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.names = nil
	for path, parts := range d.parts {
		d.parts[path] = slices.DeleteFunc(parts, func(p declaredPart) bool {
			if p.located != nil {
				d.rest = append(d.rest, p.located)
			}
			return p.located != nil
		})
	}
}

type declaredPart struct {
	located *resource.Resource // the account determines its file; nil: it names the path
	addr    resource.Addr
	want    part
	wish    edit.Part
	secret  bool
	audited bool // it is only compared, so that it prevents no change of its file
}

// Declare records the manifest's declarations: right parts must stay right, and messages name their places.
func (p *Provider) Declare(rs []*resource.Resource) {
	d := &declared{keys: map[string]bool{}, parts: map[string][]declaredPart{}}
	d.places = sync.OnceValue(func() map[resource.Addr]*resource.Resource { return findPlaces(rs) })
	for _, r := range rs {
		if !isPart(r.Kind.Name) {
			continue
		}
		if d.keys[r.Key] = true; !r.Off { // a switched-off part is declared, and need not be right
			d.rest = append(d.rest, r)
		}
	}
	p.declared = d
}

// findPlaces finds the resources with a place in a file.
func findPlaces(rs []*resource.Resource) map[resource.Addr]*resource.Resource {
	places := make(map[resource.Addr]*resource.Resource, len(rs))
	for _, r := range rs {
		if r.Range.Filename != "" {
			places[r.Addr] = r
		}
	}
	return places
}

// where is an address with the place of its block, if that is known.
func (p *Provider) where(a resource.Addr) string {
	if p.declared.places != nil {
		if r := p.declared.places()[a]; r != nil {
			return fmt.Sprintf("%s (%s)", a, r.Place())
		}
	}
	return a.String()
}

// findDeclared finds for each of the sets the declarations in its file.
func (p candidates) findDeclared(ctx context.Context, sets []*set) {
	d := p.declared
	d.mu.Lock()
	defer d.mu.Unlock()
	p.decodeDeclared(ctx)
	for _, s := range sets {
		s.declared = d.partsAt(s.src.path)
	}
}

// partsAt lists the parts of the file at a physical path. [declared.forget] changes the lists by
// name.
func (d *declared) partsAt(path string) (out []declaredPart) {
	for _, name := range d.names[path] {
		out = append(out, d.parts[name]...)
	}
	return out
}

// settle finds for each of the sets the declared parts of its file that are right, and are not
// among the changes.
func settle(sets []*set, cs []resource.Change) {
	changes := make(map[resource.Addr]bool, len(cs))
	for _, c := range cs {
		changes[c.Addr] = true
	}
	for _, s := range sets {
		for _, m := range s.declared {
			if !changes[m.addr] && !m.audited && s.src.memo.Holds(m.wish) {
				s.settled = append(s.settled, member{addr: m.addr, want: m.want, wish: m.wish, secret: m.secret})
			}
		}
	}
}

// hasSecret reports whether one of the declared parts of the file at a physical path is sensitive.
func (p candidates) hasSecret(ctx context.Context, path string) bool {
	d := p.declared
	d.mu.Lock()
	defer d.mu.Unlock()
	p.decodeDeclared(ctx)
	return slices.ContainsFunc(d.partsAt(path), func(m declaredPart) bool { return m.secret })
}

// decodeDeclared decodes the declared parts whose file is known by now, and resolves that file. The change of a faulty
// part reports the fault.
func (p candidates) decodeDeclared(ctx context.Context) {
	d := p.declared
	rest := d.rest
	d.rest = nil
	for _, r := range rest {
		w, err := p.decode(ctx, r.Want)
		if err != nil {
			d.rest = append(d.rest, r)
			continue
		}
		if wanted, err := wish(&w); err == nil {
			part := declaredPart{addr: r.Addr, want: w, wish: wanted, secret: isSensitive(r.Secret, &w), audited: r.Audit}
			if named, err := decode(r.Want); p.Access != nil && err == nil && named.Path == "" {
				part.located = r
			}
			d.parts[w.Path.Bytes()] = append(d.parts[w.Path.Bytes()], part)
			d.names = nil
		}
	}
	if d.names != nil {
		return
	}
	d.names = map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(d.parts)) {
		at := p.physicalOf(name)
		d.names[at] = append(d.names[at], name)
	}
}

// isPart reports whether a kind is one of this provider.
func isPart(kind string) bool {
	switch kind {
	case resources.PartSetting, resources.PartLine, resources.PartBlock, resources.PartAuthorizedKey, resources.PartKnownHost:
		return true
	}
	return false
}
