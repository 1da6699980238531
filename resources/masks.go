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
		if !r.Off && r.Kind.Name == "service" && resource.BoolAttr(r.Want, "masked") {
			masks["path:/etc/systemd/system/"+resource.StringAttr(r.Want, "name")] = r
		}
	}
	if len(masks) == 0 {
		return nil
	}
	var diags hcl.Diagnostics
	for _, r := range rs {
		service := masks[r.Key]
		if service == nil || r.Off || !resource.WantsAbsent(r.Want) && resource.StringAttr(r.Want, "target") == "/dev/null" {
			continue
		}
		diags = append(diags, contradiction(service, r,
			fmt.Sprintf("%s is masked by a link to /dev/null at %q, and %s says something else of that path.", service.Addr, resource.StringAttr(r.Want, "path"), r.Addr),
			"remove one of them (a mask needs no unit file)"))
	}
	return diags
}
