package resources

import "converge/internal/resource"

// keepsEdit reports whether c leaves the existing content alone and writes its own
// beside it ([ParkedSuffix]): on_edit is "keep", and the existing content is not
// the one that converge wrote last. wrote reports whether converge wrote a
// digest; nil: it never did.
func keepsEdit(c resource.Change, wrote func(digest string) bool) bool {
	if wrote == nil || c.Action != resource.Update || resource.Must[Entry](c.Want).OnEdit.Value != "keep" {
		return false
	}
	live := resource.Must[Entry](c.Have).Content
	if live == nil {
		return false
	}
	digest, err := live.Digest()
	return err == nil && !wrote(digest)
}
