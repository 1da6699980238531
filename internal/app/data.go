package app

import (
	"context"
	"strings"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/site"
	"converge/internal/manifest"
	"converge/internal/resource"
	"converge/internal/view"
)

// ShowData shows the variables of a manifest with their origins: all of them, the one with that name, or one part of
// it ("listen.port").
func ShowData(ctx context.Context, env *environ.Env, path, name string, o *site.Options, asJSON bool) error {
	path, err := o.Locate(ctx, env, path)
	if err != nil {
		return err
	}
	vars, err := site.ListVariables(ctx, env, path, o)
	if err != nil {
		return err
	}
	shown, err := chooseVariables(vars, name)
	if err != nil {
		return err
	}
	if asJSON {
		return view.WriteJSON(env.Out, shown...)
	}
	return view.ShowVariables(env.Out, shown)
}

// chooseVariables returns the variables with a name, "" for all, in the form of the view.
func chooseVariables(vars []manifest.Variable, name string) ([]view.Variable, error) {
	var out []view.Variable
	var names []string
	for _, v := range vars {
		names = append(names, v.Name)
		if name != "" && name != v.Name && !strings.HasPrefix(name, v.Name+".") {
			continue
		}
		shown := view.Variable{Name: v.Name, Value: jsonOf(v.Value, v.Sensitive), Sensitive: v.Sensitive}
		for _, p := range v.Parts {
			names = append(names, p.Name)
			if name == "" || p.Name == name || strings.HasPrefix(p.Name, name+".") {
				shown.Parts = append(shown.Parts, describePart(p, v.Sensitive))
			}
		}
		if len(shown.Parts) > 0 || name == "" || name == v.Name {
			out = append(out, shown)
		}
	}
	if name != "" && len(out) == 0 {
		return nil, exit.UnknownName("there is no variable %q", name, names)
	}
	return out, nil
}

func describePart(p manifest.Part, sensitive bool) view.VariablePart {
	out := view.VariablePart{Name: p.Name, Given: describeGiven(p.Value, p.From, sensitive)}
	out.Removed = p.Removed
	for _, u := range p.Under {
		g := describeGiven(u.Value, u.From, sensitive)
		g.Removed = u.Value == cty.NilVal
		out.Overrode = append(out.Overrode, g)
	}
	return out
}

func describeGiven(v cty.Value, from manifest.Origin, sensitive bool) view.Given {
	return view.Given{Value: jsonOf(v, sensitive), From: from.What, File: from.Place.Filename, Line: from.Place.Start.Line}
}

// jsonOf returns a value as JSON; nil for none, and for a sensitive one.
func jsonOf(v cty.Value, sensitive bool) []byte {
	if v == cty.NilVal || sensitive {
		return nil
	}
	b, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		return nil // an action; no variable of the root holds one
	}
	return []byte(resource.DecodeBytes(string(b)))
}
