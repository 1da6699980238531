package app

import (
	"context"
	"slices"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/internal/app/environ"
	"converge/internal/app/site"
)

// PrintFacts prints what a manifest sees as node, as HCL or as JSON.
func PrintFacts(ctx context.Context, env *environ.Env, o *site.Options, asJSON bool) error {
	if err := o.Clean(); err != nil {
		return err
	}
	find, err := site.LazyNode(ctx, env, o)
	if err != nil {
		return err
	}
	node, err := find()
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(env, node)
	}
	return printHCL(env, node)
}

func printJSON(env *environ.Env, v cty.Value) error {
	b, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		return err
	}
	_, err = env.Out.Write(append(b, '\n'))
	return err
}

// printHCL writes an object as the attributes of a file, in order of name.
func printHCL(env *environ.Env, v cty.Value) error {
	f := hclwrite.NewEmptyFile()
	attrs := v.AsValueMap()
	names := make([]string, 0, len(attrs))
	for name := range attrs {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		f.Body().SetAttributeValue(name, attrs[name])
	}
	_, err := env.Out.Write(hclwrite.Format(f.Bytes()))
	return err
}
