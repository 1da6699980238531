package resources

import (
	"strconv"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/edit"
	"converge/internal/resource"
)

// settingContradictions finds files that settings read in two formats, and keys that are declared in two sections of a
// file whose reader ignores sections.
func settingContradictions(rs []*resource.Resource) (diags hcl.Diagnostics) {
	formats, keys := map[string]*resource.Resource{}, map[[2]string]*resource.Resource{}
	for _, r := range rs {
		p, id, isPart := resource.CutPartKey(r.Key)
		if !isPart || r.Off || r.Kind.Name != "setting" {
			continue
		}
		o := formats[p]
		if formats[p] = r; o != nil && resource.Part[formatAttr](o.Want) != resource.Part[formatAttr](r.Want) {
			diags = append(diags, contradiction(r, o, r.Addr.String()+" and "+o.Addr.String()+" read "+strconv.Quote(p)+" in two formats.", "name the same format in both"))
		}
		format, dialect := edit.Known(p)
		if format != edit.INI || dialect != edit.PHP {
			continue
		}
		key, section := keyAndSection(id)
		o = keys[[2]string{p, key}]
		if keys[[2]string{p, key}] = r; o == nil {
			continue
		}
		_, id, _ = resource.CutPartKey(o.Key)
		if _, other := keyAndSection(id); other != section && dialect.SameKey(format, key, section, other) {
			diags = append(diags, contradiction(r, o, r.Addr.String()+" and "+o.Addr.String()+" set one key: PHP takes no notice of sections.", "name the same section in both"))
		}
	}
	return diags
}

// keyAndSection returns the names of a setting in its file.
func keyAndSection(id string) (key, section string) {
	named := settingNamed(id)
	if v, ok := named["section"]; ok {
		section = v.AsString()
	}
	return named["key"].AsString(), section
}
