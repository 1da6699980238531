package app

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/kinds"
	"converge/internal/app/site"
	"converge/internal/reference"
	"converge/internal/view"
)

// widest is the width of text that is not folded to a terminal's.
const widest = 80

// ListKinds lists the kinds of resources.
func ListKinds(env *environ.Env) {
	ks := kinds.List(kinds.Providers{})
	terms := make([]view.Term, len(ks))
	for i, k := range ks {
		terms[i] = view.Term{Word: k.Name, Meaning: reference.Summary(k)}
	}
	view.Terms(env.Out, terms)
}

// ExplainKind prints the reference of a kind, or of one of its attributes.
func ExplainKind(env *environ.Env, what string) error {
	ks := kinds.List(kinds.Providers{})
	width := widest
	if w := environ.TerminalWidth(env.Out); w > 0 {
		width = min(w, 100)
	}
	name, attr, hasAttr := strings.Cut(what, ".")
	k := kinds.Find(ks, name)
	if k == nil {
		names := make([]string, len(ks))
		for i, k := range ks {
			names[i] = k.Name
		}
		return exit.UnknownName("there is no kind %q", name, names)
	}
	if !hasAttr {
		view.Text(env.Out, reference.Explain(k, width))
		return nil
	}
	text, ok := reference.ExplainAttr(k, attr, width)
	if !ok {
		return exit.UnknownName("a "+name+" has no attribute %q", attr, reference.Attributes(k))
	}
	view.Text(env.Out, text)
	return nil
}

// PrintFacts prints what a manifest sees as node, as HCL or as JSON.
func PrintFacts(ctx context.Context, env *environ.Env, o *site.Options, asJSON bool) error {
	if err := o.Clean(); err != nil {
		return err
	}
	facts, err := site.ReadNode(ctx, env, o)
	if err != nil {
		return err
	}
	node, err := facts.All()
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
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		f.Body().SetAttributeValue(name, attrs[name])
	}
	_, err := env.Out.Write(hclwrite.Format(f.Bytes()))
	return err
}
