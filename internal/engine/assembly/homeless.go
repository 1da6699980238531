package assembly

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/resource"
)

// homeless finds declarations inside a path that is declared absent: both cannot
// hold.
func homeless(rs []*resource.Resource) hcl.Diagnostics {
	gone := map[string]*resource.Resource{}
	for _, r := range rs {
		if !r.Off && resource.WantsAbsent(r.Want) && strings.HasPrefix(r.Key, PathKey) {
			gone[r.Key] = r
			gone[PathKey+r.Label()] = r // as it is called
		}
	}
	if len(gone) == 0 {
		return nil
	}
	var diags hcl.Diagnostics
	for _, r := range rs {
		if r.Off || resource.WantsAbsent(r.Want) || !strings.HasPrefix(r.Key, PathKey) {
			continue
		}
		in := goneAbove(gone, r.Key)
		if in == nil {
			in = goneAbove(gone, PathKey+r.Label())
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
