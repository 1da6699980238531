package resources

import (
	"maps"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Made are the attributes of a file whose kind makes its path and its content of
// other attributes: a unit, a table of cron. Its label is a name, and no path.
type Made struct {
	Name       resource.Opt[string] `attr:"name"`
	DropIn     resource.Opt[string] `attr:"drop_in"`
	Unverified resource.Opt[bool]   `attr:"unverified"`

	Users resource.Opt[[]string] `attr:"users"` // that the jobs of a table run as
}

// madePathAttr documents a path that the kind makes.
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

// revertMade is Undo for a file whose kind makes its path. The content comes back
// as it was, and is not made again.
func revertMade(p resource.Past, before, after Entry) ([]resource.RevertTarget, error) {
	us, err := revertFile(p, before, after)
	for i := range us {
		us[i].Kind = ""
		for name, v := range p.Identity("path", "drop_in", "parents") {
			us[i].Want[name], us[i].Made[name] = v, v
		}
		if p.Kind.Name == "unit" { // what was there need not have been right
			us[i].Want["unverified"] = cty.True
		}
		maps.DeleteFunc(us[i].Want, func(_ string, v cty.Value) bool { return v.IsNull() })
	}
	return us, err
}
