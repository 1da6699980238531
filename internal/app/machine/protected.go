package machine

import (
	"context"
	"strings"

	"converge/internal/engine"
	"converge/internal/providers/accounts"
	"converge/internal/providers/edit"
	"converge/internal/providers/mounts"
	"converge/internal/resource"
	"converge/resources"
)

// linkProtector is the part of a machine that knows the paths that form a protected thing.
type linkProtector struct{ *Machine }

// protectLinks adds to the things that other sites protect the paths that only the machine knows: the links that
// enable or mask a protected service, and the links and versions of a package of a symlink farm. Removing or replacing
// these takes the thing away.
func (m linkProtector) protectLinks(ctx context.Context, o *engine.Options) {
	if len(o.Protected) == 0 {
		return
	}
	paths := map[string]string{}
	for key, by := range o.Protected {
		for _, path := range m.listProtectedLinks(ctx, key, o.ProtectedAs[key]) {
			paths[writesKey+path] = by
		}
	}
	for key, by := range paths {
		o.Protected[key] = by
	}
}

// writesKey begins the key of a path that a thing needs, in the list of protected things.
const writesKey = "writes:"

// listProtectedLinks lists the paths that form a protected thing. A path that ends in a slash is a folder with all its
// contents.
func (m linkProtector) listProtectedLinks(ctx context.Context, key string, as *resource.Resource) []string {
	if unit, ok := strings.CutPrefix(key, "service:"); ok && wantsLinks(as) {
		return m.listServiceLinks(map[string]bool{unit: true})
	}
	if as != nil && strings.HasPrefix(key, "user:") && resources.DeclaresKeys(as) {
		if at := FindKeysNow(ctx, m.Machine, as.Label()); at != "" {
			return []string{at}
		}
	}
	if _, _, _, ok := resources.ParseStowKey(key); !ok {
		return nil
	}
	versions, links := m.farms.ListServed(ctx, []string{key})
	for _, v := range versions {
		m.served[v] = true
		links = append(links, v+"/")
	}
	return links
}

// wantsLinks reports whether a service is declared as enabled or masked; as is nil if its declaration is not known.
func wantsLinks(as *resource.Resource) bool {
	if as == nil || as.Kind.Name != "service" {
		return as == nil
	}
	w := resource.Must[resources.ServiceWant](as.Want)
	return w.Enabled.Value || w.Masked.Value
}

// hasInside reports whether the thing of a folder owns the entry at a path below it: an archive owns what it has
// unpacked, a package of a symlink farm its whole version.
func (m linkProtector) hasInside(folder, path string) bool {
	return m.served[folder] || m.archives.Unpacked(folder, path)
}

// MadeForParts returns a function that reports whether converge has made the file at a path for parts of it.
func MadeForParts(m *Machine) func(path string) bool {
	return func(path string) bool { return edit.MadeFor(m.parts, path) }
}

// ListLeft lists the paths that a resource puts out of use without removing them (see [resource.Review]): those in the
// home of a user that gets another home.
func ListLeft(ctx context.Context, m *Machine, r *resource.Resource) []string {
	if r.Kind.Name != "user" {
		return nil
	}
	return accounts.ListLeft(ctx, m.accounts, resource.Must[resources.UserWant](r.Want))
}

// ListHidden lists the paths that a resource hides, as in [resource.Review]: those below a mount point at which
// nothing is mounted yet.
func ListHidden(ctx context.Context, r *resource.Resource) []string {
	if p, ok := r.Provider().(*mounts.Provider); ok && r.Kind.Name == "mount" {
		return p.Hidden(ctx, resource.Must[resources.MountWant](r.Want))
	}
	return nil
}

// IsThere returns a function that reports whether something exists at a path.
func IsThere(m *Machine) func(path string) bool {
	return func(path string) bool {
		_, err := m.tree.Lstat(resource.DecodeBytes(path))
		return err == nil
	}
}

// Unpacked returns a function that reports whether an archive has put the entry at a path into its folder.
func Unpacked(m *Machine) func(folder, path string) bool { return m.archives.Unpacked }
