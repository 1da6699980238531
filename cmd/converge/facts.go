package main

import (
	"slices"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/spf13/cobra"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
)

func newFactsCommand(env *environ.Env) *cobra.Command {
	var asJSON bool
	f := siteFlags{root: "/"}
	cmd := &cobra.Command{
		Use:   "facts",
		Short: "What node holds",
		Long: "Prints what a manifest sees as node: what was found out about this machine, and over it\n" +
			"the operator's own attributes from /etc/converge/node.d and --node, as HCL or JSON." + listStatuses(exit.OK, exit.Failure, exit.Interrupted),
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.clean(); err != nil {
				return err
			}
			find, err := lazyNode(cmd.Context(), env, &f)
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
		},
	}
	cmd.Flags().StringArrayVar(&f.nodes, "node", nil, "read node attributes from `FILE` as well; may be repeated")
	cmd.Flags().StringVar(&f.root, "root", "/", "the facts of the tree below `DIR`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
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
