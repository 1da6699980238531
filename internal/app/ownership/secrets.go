package ownership

import (
	"slices"
	"strings"

	"converge/internal/resource"
	"converge/resources"
)

// listSecrets names the attributes of a thing, made or found, that the site declares as sensitive; nil: none. The
// record of a change has its own.
func (h *Holdings) listSecrets(r *resource.Resource) (names []string) {
	if len(r.Secret) == 0 || !r.IsEnforced() || r.WantsAbsent() {
		return nil
	}
	for name := range r.Secret {
		if name != r.Kind.RecordAttr && r.WritesSecret(name) && !h.Former[r.Key][name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// findSecretFiles returns the files that contain the sensitive values of a thing.
func (h *Holdings) findSecretFiles(r *resource.Resource) []string {
	paths := append(resources.WholeFiles(r), resources.PartsIn(r)...)
	paths = append(paths, h.site.Identity.FilesOf(r.Key).Within...)
	if p, isPath := strings.CutPrefix(r.Key, "path:"); isPath {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// digestOf returns the digest of the wanted content of a file, in the ledger's form; "": it is not known.
func (h *Holdings) digestOf(r *resource.Resource) string {
	b := r.Kind.Content(r.Want)
	if b == nil {
		return ""
	}
	digest, err := b.Digest()
	switch {
	case err != nil: // writing it will report that
		return ""
	case !slices.Contains(h.listSecrets(r), r.Kind.ContentAttr):
		return digest
	case h.Seal == nil:
		return ""
	}
	return h.Seal(digest)
}
