package ownership

import (
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
	"converge/resources"
)

// isInReach reports whether another site could remove or overwrite the thing of a resource without knowing that this
// one declares it: a thing at a path, in a file, or with files or links. No kind removes packages, accounts or
// parameters that it does not name, so the ledger need not have those that were right from the beginning. A
// switched-off resource counts as declared; an audited one prevents nothing.
func (h *Holdings) isInReach(r *resource.Resource) bool {
	if r.Audit || r.Key == "" || r.WantsAbsent() {
		return false
	}
	if strings.HasPrefix(r.Key, assembly.PathKey) || strings.HasPrefix(r.Key, "service:") {
		return true
	}
	if _, _, isPart := resource.CutPartKey(r.Key); isPart {
		return true
	}
	if _, _, _, isShown := resources.ParseStowKey(r.Key); isShown {
		return true
	}
	f := h.site.Identity.FilesOf(r.Key)
	return len(f.Within)+len(f.Writes) > 0
}

// contentOf is the part of a wanted file that decides whether its content is declared.
type contentOf struct {
	Content *resource.Blob `attr:"content"`
}

// declaresContent reports whether a resource declares the content of the file at its path.
func declaresContent(r *resource.Resource) bool {
	if !strings.HasPrefix(r.Key, assembly.PathKey) {
		return false
	}
	switch r.Kind.Name {
	case "file", "template", "tree":
		return resource.Part[contentOf](r.Want).Content != nil
	case "directory", "link", "archive":
		return false
	}
	return len(resources.WholeFiles(r)) > 0
}
