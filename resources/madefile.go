package resources

import (
	"maps"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Made are the attributes of a file whose kind computes its path and its content from other attributes: a unit, a
// table of cron. Its label is a name, not a path.
type Made struct {
	Name       resource.Opt[string] `attr:"name"`
	DropIn     resource.Opt[string] `attr:"drop_in"`
	Unverified resource.Opt[bool]   `attr:"unverified"`

	Users resource.Opt[[]string] `attr:"users"` // accounts that run the jobs of a table
}

// madePathAttr documents a path that the kind computes.
func madePathAttr(doc string) resource.Attr {
	return resource.Attr{Name: "path", Computed: true, Public: true, Doc: doc}
}

// madePermAttrs are the permissions of a file that only works with these.
func madePermAttrs(why string) []resource.Attr {
	attrs := permAttrs("file")
	for i := range attrs {
		switch a := &attrs[i]; a.Name {
		case "mode":
			a.Computed, a.Doc = true, "The permissions, less those of other users to write: "+why
		case "owner", "group":
			a.Computed, a.Doc = true, "root."
		}
	}
	return attrs
}

// revertMade is Undo for a file whose kind computes its path. The old content is restored, and is not computed again.
func revertMade(p resource.Past, before, after Entry) ([]resource.RevertTarget, error) {
	us, err := revertFile(p, before, after)
	for i := range us {
		us[i].Kind = ""
		for name, v := range p.Identity("path", "drop_in", "parents") {
			us[i].Want[name], us[i].Made[name] = v, v
		}
		if p.Kind.Name == "unit" { // the old content need not have been valid
			us[i].Want["unverified"] = cty.True
		}
		maps.DeleteFunc(us[i].Want, func(_ string, v cty.Value) bool { return v.IsNull() })
	}
	return us, err
}
