package resources_test

import (
	"slices"
	"testing"

	"converge/internal/resource"
	"converge/resources"
)

// TestFieldsAreAttributes: a kind has exactly the attributes of its struct. That
// their types agree follows, because attributes have those of the fields.
func TestFieldsAreAttributes(t *testing.T) {
	for _, c := range []struct {
		kind   *resource.Kind
		fields []string
	}{
		{resources.File(nil), resource.AttrNames[resources.FileWant]()},
		{resources.Template(nil), resource.AttrNames[resources.TemplateWant]()},
		{resources.Directory(nil), resource.AttrNames[resources.DirectoryWant]()},
		{resources.Link(nil), resource.AttrNames[resources.LinkWant]()},
		{resources.Exec(nil), resource.AttrNames[resources.ExecWant]()},
		{resources.User(nil), resource.AttrNames[resources.UserWant]()},
		{resources.Group(nil), resource.AttrNames[resources.GroupWant]()},
		{resources.Package(nil), resource.AttrNames[resources.PackageWant]()},
		{resources.Service(nil), resource.AttrNames[resources.ServiceWant]()},
		{resources.Sysctl(nil), resource.AttrNames[resources.SysctlWant]()},
	} {
		t.Run(c.kind.Name, func(t *testing.T) {
			var attrs []string
			for _, a := range c.kind.Attrs {
				attrs = append(attrs, a.Name)
			}
			for _, name := range c.fields {
				if !slices.Contains(attrs, name) {
					t.Errorf("the struct has the field of %q, which is no attribute", name)
				}
			}
			for _, name := range attrs {
				if !slices.Contains(c.fields, name) {
					t.Errorf("the attribute %q has no field", name)
				}
			}
		})
	}
}

// TestEntryServesAll: what reads things of all kinds at a path knows every
// attribute that a wanted one of them has.
func TestEntryServesAll(t *testing.T) {
	fields := resource.AttrNames[resources.Entry]()
	for _, k := range []*resource.Kind{resources.File(nil), resources.Template(nil), resources.Directory(nil), resources.Link(nil)} {
		for _, a := range k.Attrs {
			if rendered := a.Name == "inline" || a.Name == "vars"; !rendered && !slices.Contains(fields, a.Name) {
				t.Errorf("%s: Entry has no field for %q", k.Name, a.Name)
			}
		}
	}
}
