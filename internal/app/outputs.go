package app

import (
	"context"
	"encoding/json"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/site"
	"converge/internal/event"
	"converge/internal/manifest"
	"converge/internal/view"
)

// ShowOutputs shows the outputs of a manifest: all of them, or the value of the one of that name.
func ShowOutputs(ctx context.Context, env *environ.Env, path, name string, o *site.Options, asJSON bool) error {
	path, err := o.Locate(ctx, env, path)
	if err != nil {
		return err
	}
	s, err := site.Load(ctx, env, path, o)
	if err != nil {
		return err
	}
	var shown []view.Value
	var names []string
	for _, out := range s.Outputs {
		names = append(names, out.Name)
		if name == "" || name == out.Name {
			shown = append(shown, describeOutput(out))
		}
	}
	switch {
	case name != "" && len(shown) == 0 && len(names) == 0:
		return exit.With(exit.Failure, exit.UnknownName("the manifest has no output %q", name, nil), "it has none at all")
	case name != "" && len(shown) == 0:
		return exit.UnknownName("the manifest has no output %q", name, names)
	case asJSON:
		return view.WriteJSON(env.Out, shown...)
	case name != "":
		return view.ShowValue(env.Out, view.WriteValue(shown[0].Value))
	}
	return view.ShowValues(env.Out, shown)
}

func describeOutput(o manifest.Output) view.Value {
	return view.Value{Name: o.Name, Value: encodePlain(o.Value), Sensitive: o.Sensitive}
}

// encodePlain returns a plain value as JSON, in which names of files are encoded.
func encodePlain(v cty.Value) json.RawMessage {
	b, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		return json.RawMessage("null") // a plain value has no part that JSON lacks
	}
	return b
}

// emitOutputs adds the outputs of the site to the stream of events. Their values are known before
// anything is done: they are made from the declarations.
func emitOutputs(s *session) {
	for _, o := range s.site.Outputs {
		v := describeOutput(o)
		s.sinks.Emit(event.Event{Type: event.Output, Name: v.Name, Value: v.Value, Secret: v.Sensitive})
	}
}
