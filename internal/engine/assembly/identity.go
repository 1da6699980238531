package assembly

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"converge/internal/resource"
)

// Identity knows which names mean the same thing: paths by the links on them, all others by what the machine answers.
// Its keys are those of [resource.Links].
type Identity struct {
	mu    sync.Mutex        // guards paths: providers ask concurrently
	names map[string]string // key → the key that identifies the thing, if they differ
	paths *paths

	declared map[string]bool  // keys of the things of the site's resources, by their own names
	onTheWay map[string]bool  // links that declared paths lead through
	files    map[string]Files // by key of a declared thing, if it has any
}

// identify resolves the keys of a site; also are further keys that will be asked about.
func identify(ctx context.Context, rs []*resource.Resource, links linkList, names Names, also []string) (*Identity, error) {
	id := &Identity{names: map[string]string{}, onTheWay: map[string]bool{}}
	id.paths = newPaths(names.spotIn(ctx))
	declared := declaredLinks(rs, links)
	id.paths.declare(declared)
	id.paths.show(declaredMounts(rs, links))
	leaveReplaced(id, rs, links, names, declared)
	if err := id.askNames(ctx, names, links, also); err != nil {
		return nil, err
	}
	id.nameAliases(declaredAliases(rs, links))
	return id, ctx.Err()
}

// declaredLinks are the links that a site makes or removes, by their paths.
func declaredLinks(rs []*resource.Resource, links linkList) map[string]string {
	out := map[string]string{}
	for i := range rs {
		l := links.at(i)
		if l.Leads == "" && !l.NoLink || !rs[i].IsEnforced() || len(l.Provides) == 0 {
			continue
		}
		if path, ok := strings.CutPrefix(l.Provides[0], PathKey); ok {
			out[path] = l.Leads
		}
	}
	return out
}

// declaredMounts are the folders that a site mounts at a second place, by that place.
func declaredMounts(rs []*resource.Resource, links linkList) map[string]string {
	out := map[string]string{}
	for i := range rs {
		if l := links.at(i); l.Shows != "" && rs[i].IsEnforced() && len(l.Provides) > 0 {
			if point, ok := strings.CutPrefix(l.Provides[0], mountKey); ok {
				out[point] = l.Shows
			}
		}
	}
	return out
}

// askNames asks the machine for the names of things that are not paths.
func (id *Identity) askNames(ctx context.Context, names Names, links linkList, also []string) error {
	if names.Identify == nil {
		return nil
	}
	known, err := names.Identify(ctx, namesIn(links, also))
	if err != nil {
		return fmt.Errorf("cannot find out what names stand for: %w", err)
	}
	maps.Copy(id.names, known)
	return nil
}

// namesIn are all keys that are not paths, each once.
func namesIn(links linkList, also []string) []string {
	seen := map[string]bool{}
	add := func(key string) {
		_, _, isPath := cutPathKey(key)
		if _, _, isPart := resource.CutPartKey(key); !isPath && !isPart {
			seen[key] = true
		}
	}
	for i := range links.rs {
		l := links.at(i)
		for _, key := range l.Provides {
			add(key)
		}
		for _, need := range l.Needs {
			add(need.Key)
		}
		for _, key := range l.Names {
			add(key)
		}
	}
	for _, key := range also {
		add(key)
	}
	return slices.Sorted(maps.Keys(seen))
}

// Key returns the canonical key of the thing that key names. For a path this is its physical place; a link at the path
// itself is not followed.
func (id *Identity) Key(key string) string {
	if id == nil {
		return key
	}
	id.mu.Lock()
	defer id.mu.Unlock()
	return id.key(key)
}

func (id *Identity) key(key string) string {
	if prefix, p, ok := cutPathKey(key); ok {
		if dir, slash := strings.CutSuffix(p, "/"); slash && dir != "" {
			return prefix + id.paths.leads(dir) + "/"
		}
		if prefix == goneKey {
			return prefix + id.paths.leads(p)
		}
		if at := id.paths.place(p); at != p {
			return prefix + at
		}
		return key
	}
	if file, part, ok := resource.CutPartKey(key); ok {
		if at := id.paths.leads(file); at != file {
			return resource.PartKey(at, part)
		}
		return key
	}
	if p, ok := strings.CutPrefix(key, mountKey); ok && strings.HasPrefix(p, "/") {
		return mountKey + id.paths.point(p)
	}
	if name := id.names[key]; name != "" {
		return name
	}
	return key
}

// LookWith looks paths up on the machine if names did not say how: the site may have made some earlier.
func (id *Identity) LookWith(ctx context.Context, spot func(context.Context, string) Spot) {
	id.mu.Lock()
	defer id.mu.Unlock()
	if id.paths.spot == nil {
		id.paths.spot = Names{Spot: spot}.spotIn(ctx)
		id.paths.forget()
	}
}

// Strayed returns an undeclared link through which the way to a path leads elsewhere, and the target of that link; ""
// if there is none. A path that was physical once is no longer the same thing then, because a folder on the way has
// become a link.
func (id *Identity) Strayed(key string) (link, to string) {
	path, ok := strings.CutPrefix(key, PathKey)
	if id == nil || !ok {
		return "", ""
	}
	id.mu.Lock()
	defer id.mu.Unlock()
	if id.paths.place(path) == path {
		return "", ""
	}
	EachFolder(path, func(dir string) { // the uppermost folder comes last
		via := id.paths.via(dir)
		if len(via) == 0 {
			return
		}
		link, to = via[0], id.paths.leads(dir)
		if _, own := id.paths.declared[link]; own {
			link, to = "", ""
		}
	})
	return link, to
}

// Declares reports whether the site declares the thing that key names, under any of its names.
func (id *Identity) Declares(key string) bool {
	if id.declared[key] {
		return true
	}
	now := id.Key(key)
	return now != key && id.declared[now]
}

// Keys returns the canonical keys of everything that the site declares.
func (id *Identity) Keys() []string { return slices.Sorted(maps.Keys(id.declared)) }

// EachDeclared yields the keys of [Identity.Keys], in no order.
func EachDeclared(id *Identity) iter.Seq[string] { return maps.Keys(id.declared) }

// LinksOf returns the physical paths at which the site declares a link.
func LinksOf(id *Identity) (paths []string) {
	id.mu.Lock()
	defer id.mu.Unlock()
	for at, text := range id.paths.declared {
		if text != "" {
			paths = append(paths, at)
		}
	}
	return paths
}

// Path returns the physical path of a directory, links resolved.
func (id *Identity) Path(dir string) string {
	id.mu.Lock()
	defer id.mu.Unlock()
	return id.paths.leads(dir)
}

// PathKey is the prefix of the keys of paths.
const PathKey = "path:"

// Prefixes of further keys whose name is a path.
const (
	goneKey    = "gone in:"
	createsKey = "creates:"
	unpacksKey = "unpacks:"
)

// mountKey is the prefix of the keys of mount points.
const mountKey = "mount:"

// cutPathKey splits a key whose name is a path.
func cutPathKey(key string) (prefix, path string, ok bool) {
	for _, prefix := range [...]string{PathKey, goneKey, createsKey, unpacksKey} {
		if p, ok := strings.CutPrefix(key, prefix); ok && strings.HasPrefix(p, "/") {
			return prefix, p, true
		}
	}
	return "", "", false
}

// maxAliases is how many declared links a name may lead through.
const maxAliases = 16

// declaredAliases are the names that a site's resources make mean other things, by key.
func declaredAliases(rs []*resource.Resource, links linkList) map[string]string {
	out := map[string]string{}
	for i := range rs {
		if rs[i].IsEnforced() {
			maps.Copy(out, links.at(i).Names)
		}
	}
	return out
}

// nameAliases adds future aliases to the present ones.
func (id *Identity) nameAliases(aliases map[string]string) {
	for key := range aliases {
		to := key
		for range maxAliases {
			next, ok := aliases[to]
			if !ok {
				next, ok = id.names[to]
			}
			if !ok || next == key {
				break
			}
			to = next
		}
		if to != key {
			id.names[key] = to
		}
	}
}
