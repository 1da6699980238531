package machine

import (
	"path"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
	"converge/resources"
)

// TurnsLink reports whether a resource turns an existing link to another target, or removes or replaces it.
func TurnsLink(m *Machine, r *resource.Resource) bool {
	at, isPath := strings.CutPrefix(r.Key, assembly.PathKey)
	if !isPath || !r.WantsAbsent() && (r.Kind.Name == "archive" || len(r.Kind.Contents(r.Want)) == 0) {
		return false
	}
	at = resource.DecodeBytes(at)
	was, err := m.tree.Resolve(at)
	if err != nil || was == at { // it is not a link
		return false
	}
	if r.WantsAbsent() || r.Kind.Name != "link" {
		return true
	}
	to := resource.Must[resources.Entry](r.Want).Target.Bytes()
	if !path.IsAbs(to) {
		to = path.Dir(at) + "/" + to
	}
	is, err := m.tree.Resolve(to)
	return err != nil || is != was
}

// maxLinks is how many links a path may lead through, as in Linux.
const maxLinks = 40

// LinksTo lists the links that a path leads through, each by its own path.
func LinksTo(m *Machine, p string) (links []string) {
	at, rest := "/", strings.Split(p, "/")
	for len(rest) > 0 && len(links) < maxLinks {
		next := path.Join(at, rest[0])
		rest = rest[1:]
		to, err := m.tree.Readlink(next)
		if err != nil {
			at = next
			continue
		}
		links = append(links, next)
		if path.IsAbs(to) {
			at = "/"
		}
		rest = append(strings.Split(to, "/"), rest...)
	}
	return links
}
