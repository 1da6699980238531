package assembly

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/resource"
)

// wholes are the keys of whole files by identity; now is the identity of the thing's own key.
func (id *Identity) wholes(keys []string, own, now string) []string {
	if len(keys) == 1 && keys[0] == own && own == now { // the usual case
		return keys
	}
	out := slices.Clone(keys)
	for i, key := range keys {
		if out[i] = id.key(key); key == own {
			out[i] = now
		}
	}
	return out
}

// wholeAndPart finds files whose whole content one resource declares, while another one declares the whole, too, or a
// part of it: each apply of one would undo the other. links are by identity.
func wholeAndPart(id *Identity, rs []*resource.Resource, links linkList) (diags hcl.Diagnostics) {
	parts, wholes := map[string][]*resource.Resource{}, map[string]*resource.Resource{}
	for _, r := range rs {
		if r.IsEnforced() {
			for _, p := range id.partsOf(r) {
				parts[p] = append(parts[p], r)
			}
		}
	}
	for i, r := range rs {
		if !r.IsEnforced() {
			continue
		}
		for _, key := range links.at(i).Whole {
			p := strings.TrimPrefix(key, PathKey)
			for _, part := range parts[p] {
				if !Agree(part, r, p) {
					diags = append(diags, contradict(part, r, fmt.Sprintf("%s edits a part of %q, and %s declares the whole of it.", part.Addr, p, r.Addr)))
				}
			}
			if len(links.at(i).Whole) == 1 && key == r.Key {
				continue // no other resource has that key
			}
			wholes[key] = r
		}
	}
	if len(wholes) == 0 {
		return diags
	}
	for i, r := range rs {
		for _, key := range links.at(i).Whole {
			if o := wholes[key]; o != nil && o != r && r.IsEnforced() && !Agree(o, r, strings.TrimPrefix(key, PathKey)) {
				diags = append(diags, contradict(o, r, fmt.Sprintf("%s and %s both declare the whole of %q.", o.Addr, r.Addr, strings.TrimPrefix(key, PathKey))))
			}
		}
	}
	return diags
}

// partsOf are the paths of the files that a resource edits in parts, and the path at which it names its file: a link
// there is a whole as well.
func (id *Identity) partsOf(r *resource.Resource) []string {
	paths := id.FilesOf(r.Key).Within
	if _, _, isPart := resource.CutPartKey(r.Key); !isPart {
		return paths
	}
	if file, _, isPart := resource.CutPartKey(r.Links().Provides[0]); isPart {
		if at := strings.TrimPrefix(id.Key(PathKey+file), PathKey); !slices.Contains(paths, at) {
			paths = append(slices.Clip(paths), at)
		}
	}
	return paths
}

// Agree reports whether a part of a file and the whole of it are compatible: both are to be absent, or the content
// contains the part.
func Agree(part, whole *resource.Resource, path string) bool {
	absent := whole.WantsAbsent()
	if absent && part.WantsAbsent() {
		return true
	}
	if part.Kind.Holds == nil {
		return false
	}
	text, known := readContent(whole)
	return absent && part.Kind.Holds(part.Want, path, nil) || !absent && known && part.Kind.Holds(part.Want, path, text)
}

// mostContent is how much of a content is read at most to find a part in it.
const mostContent = 1 << 20

// content is the content that a kind of file has.
type content struct {
	Content *resource.Blob `attr:"content"`
}

// readContent reads the content that a resource declares.
func readContent(r *resource.Resource) (text []byte, ok bool) {
	b := resource.Part[content](r.Want).Content
	if b == nil || b.Sealed() != "" {
		return nil, false
	}
	in, err := b.Open()
	if err != nil {
		return nil, false
	}
	text, err = io.ReadAll(io.LimitReader(in, mostContent))
	return text, in.Close() == nil && err == nil
}

func contradict(r, other *resource.Resource, what string) *hcl.Diagnostic {
	at := r.Range
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Contradiction", Subject: &at,
		Detail: fmt.Sprintf("%s %s stands at %s. Each would undo the other in every run; remove one of them (a file with only mode and owner is fine).", what, other.Addr, other.Place()),
	}
}
