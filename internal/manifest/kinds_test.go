package manifest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/render"
	"converge/internal/resource"
)

// testKinds are kinds that together use every feature of a kind.
func testKinds() []*resource.Kind {
	str, flag := cty.String, cty.Bool
	ensure := resource.Attr{Name: "ensure", Type: str, OneOf: []string{"present", "absent"}}
	path := resource.Attr{Name: "path", Type: str, Required: true, Check: checkAbsolute}
	return []*resource.Kind{
		{
			Name: "file", Label: "path", Attrs: []resource.Attr{
				path, ensure,
				{Name: "content", Type: resource.BlobType},
				{Name: "source", Type: str},
				{Name: "mode", Type: str},
				{Name: "owner", Type: str},
				{Name: "verify", Type: cty.List(str), Option: true},
				{Name: "sensitive", Type: flag, Option: true},
				{Name: "digest", Type: str, Computed: true},
			},
			Prepare: prepareTestFile,
			Links:   provides("path"),
		},
		{
			Name: "template", Label: "path", Attrs: []resource.Attr{
				path,
				{Name: "inline", Type: str, Option: true},
				{Name: "source", Type: str, Option: true},
				{Name: "vars", Type: cty.DynamicPseudoType, Option: true},
				{Name: "content", Type: resource.BlobType, Computed: true},
			},
			Prepare: prepareTestTemplate,
			Links:   provides("path"),
		},
		{
			Name: "service", Label: "name", Verbs: []string{"reload", "restart"}, Attrs: []resource.Attr{
				{Name: "name", Type: str, Required: true},
				{Name: "enabled", Type: flag},
				{Name: "running", Type: flag},
			},
			Links: provides("name"),
		},
		{
			Name: "package", Label: "name", Attrs: []resource.Attr{
				{Name: "name", Type: str, Required: true},
				{Name: "version", Type: str},
				{Name: "ensure", Type: str, Default: cty.StringVal("present"), OneOf: []string{"present", "latest", "absent"}},
				{Name: "names", Type: cty.Map(str), Option: true},
			},
		},
		{
			Name: "user", Label: "name", Attrs: []resource.Attr{
				{Name: "name", Type: str, Required: true},
				{Name: "uid", Type: cty.Number},
				{Name: "groups", Type: cty.Set(str)},
				{Name: "password", Type: str, Secret: true, Check: func(v cty.Value) error {
					if strings.Contains(v.AsString(), ":") {
						return fmt.Errorf("must not contain a colon, as %q does", v.AsString())
					}
					return nil
				}},
			},
		},
		{
			Name: "exec", Verbs: []string{"run"}, Attrs: []resource.Attr{
				{Name: "command", Type: cty.List(str), Required: true},
				{Name: "timeout", Type: str, Option: true},
				{Name: "creates", Type: str, Option: true, Check: checkAbsolute},
				{Name: "only_if", Type: cty.List(str), Option: true},
				{Name: "unless", Type: cty.List(str), Option: true},
			},
			Opaque: true,
		},
	}
}

func checkAbsolute(v cty.Value) error {
	if !strings.HasPrefix(v.AsString(), "/") {
		return errors.New("must be an absolute path")
	}
	return nil
}

func provides(attr string) func(cty.Value) resource.Links {
	return func(want cty.Value) resource.Links {
		if s := resource.StringAttr(want, attr); s != "" {
			return resource.Links{Provides: []string{attr + ":" + s}}
		}
		return resource.Links{}
	}
}

func prepareTestFile(in resource.Input) (map[string]cty.Value, error) {
	out := in.Attrs
	src, ok := out["source"]
	if !ok {
		return out, nil
	}
	if _, both := out["content"]; both {
		return nil, &resource.AttrError{Attr: "source", Err: errors.New("cannot stand beside content")}
	}
	b, err := in.Source(src.AsString())
	if err != nil {
		return nil, &resource.AttrError{Attr: "source", Err: err}
	}
	delete(out, "source")
	out["content"] = resource.BlobVal(b)
	return out, nil
}

func prepareTestTemplate(in resource.Input) (map[string]cty.Value, error) {
	attr, name := "inline", in.Addr.String()
	var text string
	if v, ok := in.Attrs["inline"]; ok {
		text = v.AsString()
	} else {
		attr, name = "source", in.Attrs["source"].AsString()
		b, err := in.ReadFile(name)
		if err != nil {
			return nil, &resource.AttrError{Attr: attr, Err: err}
		}
		text = string(b)
	}
	b, err := new(render.Renderer).Render(name, text, render.TemplateData(text, in.Attrs["vars"], in.Node))
	if err != nil {
		return nil, &resource.AttrError{Attr: attr, Err: err}
	}
	return map[string]cty.Value{"path": in.Attrs["path"], "content": resource.BlobVal(resource.BytesBlob(b))}, nil
}
