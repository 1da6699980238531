// Package assembly makes one site of the resources that a manifest declares.
//
// Start with [Assemble]. It determines which names mean one thing ([Identity]), merges the resources of one thing, and
// draws the edges between the rest (link.go): those that the manifest states, those that the kinds know, and the
// reversed ones between removals.
//
// It observes nothing and changes nothing; it only asks the machine for names ([Names]). The engine adds to the graph
// what only an observation shows.
package assembly

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/resource"
)

// Assembly is a site in order: one resource for each thing.
type Assembly struct {
	Resources []*resource.Resource
	Graph     *Graph
	Identity  *Identity

	declared []*resource.Resource // as in the manifest
	links    linkList             // of these, in the manifest's own words
	plain    bool                 // these words are the things' own names, and no two mean one thing
}

// Assemble merges resources that declare one thing with the same attributes, and links the rest. It refuses resources
// of one thing that differ, references to nothing, cycles, and other contradictions. It learns from the manifest and
// from names which names mean one thing. [Identity.Key] also answers for the keys in also. The error means that this
// machine could not answer.
func Assemble(ctx context.Context, rs []*resource.Resource, names Names, also []string) (*Assembly, hcl.Diagnostics, error) {
	for _, r := range rs {
		r.KeepLinks()
	}
	return (&Assembly{declared: rs, links: linksOf(rs)}).Again(ctx, names, also)
}

// Again is [Assemble] of the same site, with more knowledge of names. If that adds nothing, it keeps the assembly.
func (a *Assembly) Again(ctx context.Context, names Names, also []string) (*Assembly, hcl.Diagnostics, error) {
	id, err := identify(ctx, a.declared, a.links, names, also)
	if err != nil {
		return nil, nil, err
	}
	links, plain := id.renameAll(a.declared, a.links)
	if plain && a.plain {
		id.declared, id.files = a.Identity.declared, a.Identity.files
		return &Assembly{a.Resources, a.Graph, id, a.declared, a.links, true}, nil, nil
	}
	id.declare(links)
	m := merger{rs: a.declared, links: links, into: map[int]int{}}
	m.merge(ctx, names)
	if len(m.diags) > 0 {
		return nil, m.diags, nil
	}
	g, diags := linkAndCheck(id, m.rs, m.links)
	return &Assembly{m.rs, g, id, a.declared, a.links, plain && len(m.into) == 0}, diags, nil
}

// linkAndCheck links resources of different things, and finds contradictions between them. The two tasks are
// independent and take equally long.
func linkAndCheck(id *Identity, rs []*resource.Resource, links linkList) (*Graph, hcl.Diagnostics) {
	var g *Graph
	var diags hcl.Diagnostics
	var wg sync.WaitGroup
	wg.Go(func() { g, diags = link(rs, links) })
	more := homeless(id, rs)
	more = append(append(more, wholeAndPart(id, rs, links)...), contradictions(rs)...)
	wg.Wait()
	return g, append(diags, more...)
}

// contradictions returns the problems that kinds find between resources.
func contradictions(rs []*resource.Resource) (diags hcl.Diagnostics) {
	seen := map[*resource.Kind]bool{}
	rs = slices.DeleteFunc(slices.Clone(rs), func(r *resource.Resource) bool { return !r.IsEnforced() })
	for _, r := range rs {
		if !seen[r.Kind] && r.Kind.Contradict != nil {
			diags = append(diags, r.Kind.Contradict(rs)...)
		}
		seen[r.Kind] = true
	}
	return diags
}

// Identify resolves the keys of a site's resources on this machine, and stores
// them in the resources.
func Identify(ctx context.Context, rs []*resource.Resource, names Names, also []string) (*Identity, error) {
	links := linksOf(rs)
	id, err := identify(ctx, rs, links, names, also)
	if err != nil {
		return nil, err
	}
	links, _ = id.renameAll(rs, links)
	id.declare(links)
	return id, nil
}

// Look returns the identity of a site's resources for the present machine; the resources keep their keys.
func Look(ctx context.Context, rs []*resource.Resource, names Names) (*Identity, error) {
	copies := make([]*resource.Resource, len(rs))
	for i, r := range rs {
		c := *r
		copies[i] = &c
	}
	return Identify(ctx, copies, names, nil)
}

// renameAll sets the keys of resources, and returns their links by identity. plain means that nothing has another name
// than the manifest's.
func (id *Identity) renameAll(rs []*resource.Resource, links linkList) (out linkList, plain bool) {
	out, plain = links, true
	for i, r := range rs {
		l, renamed := id.byIdentity(r, links.at(i))
		if renamed {
			if plain {
				out, plain = links.clone(), false
			}
			out.others[i] = l
		}
		if len(l.Provides) > 0 {
			r.Key = l.Provides[0]
		}
	}
	return out, plain
}

// declare records the keys that these links provide.
func (id *Identity) declare(links linkList) {
	id.declared, id.files = make(map[string]bool, len(links.rs)), map[string]Files{}
	for i := range links.rs {
		l := links.at(i)
		id.addFiles(&l)
		for _, key := range l.Provides {
			id.declared[key] = true
			if file, _, ok := resource.CutPartKey(key); ok {
				id.declared[PathKey+file] = true // a directory that is purged keeps it
			}
		}
	}
}

// homeless finds declarations inside a path that is declared absent, which is a contradiction.
func homeless(id *Identity, rs []*resource.Resource) hcl.Diagnostics {
	gone := map[string]*resource.Resource{}
	for _, r := range rs {
		if r.IsEnforced() && resource.WantsAbsent(r.Want) && strings.HasPrefix(r.Key, PathKey) {
			gone[r.Key] = r
			gone[PathKey+r.Label()] = r // in the manifest's spelling
		}
	}
	if len(gone) == 0 {
		return nil
	}
	var diags hcl.Diagnostics
	for _, r := range rs {
		if !r.IsEnforced() || resource.WantsAbsent(r.Want) {
			continue
		}
		var in *resource.Resource
		if strings.HasPrefix(r.Key, PathKey) {
			in = cmp.Or(goneAbove(gone, r.Key), goneAbove(gone, PathKey+r.Label()))
		}
		for _, file := range id.FilesOf(r.Key).Within {
			in = cmp.Or(in, goneAbove(gone, PathKey+file))
		}
		if in != nil {
			at := r.Range
			diags = append(diags, &hcl.Diagnostic{
				Severity: hcl.DiagError, Summary: "Contradiction", Subject: &at,
				Detail: fmt.Sprintf("%s lies in %q, which %s (%s) declares absent.",
					r.Addr, in.Label(), in.Addr, in.Place()),
			})
		}
	}
	return diags
}

func goneAbove(gone map[string]*resource.Resource, key string) *resource.Resource {
	for i := strings.LastIndexByte(key, '/'); i > len(PathKey); i = strings.LastIndexByte(key[:i], '/') {
		if r := gone[key[:i]]; r != nil {
			return r
		}
	}
	return nil
}
