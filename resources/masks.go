package resources

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/resource"
)

// maskContradictions finds masked units where the manifest says something else
// of the place of the mask: it is a link to /dev/null where an administrator's
// unit file would lie.
func maskContradictions(rs []*resource.Resource) hcl.Diagnostics {
	masks := map[string]*resource.Resource{}
	for _, r := range rs {
		if r.Off || r.Kind.Name != "service" {
			continue
		}
		if want := resource.Must[ServiceWant](r.Want); want.Masked.Value {
			masks["path:/etc/systemd/system/"+want.Name] = r
		}
	}
	if len(masks) == 0 {
		return nil
	}
	var diags hcl.Diagnostics
	for _, r := range rs {
		service := masks[r.Key]
		if service == nil || r.Off {
			continue
		}
		there := resource.Must[Entry](r.Want)
		if !there.IsAbsent() && there.Target == "/dev/null" {
			continue
		}
		diags = append(diags, contradiction(service, r,
			fmt.Sprintf("%s is masked by a link to /dev/null at %q, and %s says something else of that path.", service.Addr, there.Path, r.Addr),
			"remove one of them (a mask needs no unit file)"))
	}
	return diags
}
