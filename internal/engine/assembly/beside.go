package assembly

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/resource"
)

// writtenBeside finds resources that write a file beside their own, a backup or a parked file, where another resource
// declares an entry. links are by identity.
func writtenBeside(rs []*resource.Resource, links linkList) (diags hcl.Diagnostics) {
	var at map[string]*resource.Resource // made at the first file beside another: few sites have any
	for i, r := range rs {
		for _, key := range links.at(i).Provides {
			if !r.IsEnforced() || !isBeside(r.Key, key) {
				continue
			}
			if at == nil {
				at = declaredAt(rs, links)
			}
			if o := at[key]; o != nil && o != r {
				path := strings.TrimPrefix(key, PathKey)
				diags = append(diags, &hcl.Diagnostic{
					Severity: hcl.DiagError, Summary: "Contradiction", Subject: r.Range.Ptr(),
					Detail: fmt.Sprintf("%s writes %q beside its own file, and %s (%s) declares what is there. Give the backup another suffix, or remove one of them.",
						r.Addr, path, o.Addr, o.Place()),
				})
			}
		}
	}
	return diags
}

// isBeside reports whether a key is that of a file beside the file of another key.
func isBeside(own, key string) bool {
	suffix, ok := strings.CutPrefix(key, own)
	return ok && suffix != "" && strings.HasPrefix(own, PathKey) && !strings.Contains(suffix, "/")
}

// declaredAt returns the resources that declare directories, and the whole of files, by key. What is to go is left out:
// removing it clears away what an earlier run has put there.
func declaredAt(rs []*resource.Resource, links linkList) map[string]*resource.Resource {
	at := map[string]*resource.Resource{}
	for i, r := range rs {
		if !r.IsEnforced() || r.WantsAbsent() {
			continue
		}
		for _, key := range links.at(i).Whole {
			at[key] = r
		}
		if strings.HasPrefix(r.Key, PathKey) && typeOf(r) == "directory" {
			at[r.Key] = r
		}
	}
	return at
}
