package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/site"
	"converge/internal/event"
	"converge/internal/manifest"
	"converge/internal/view"
)

// OutputForm is the form of printed outputs; neither field set: for people.
type OutputForm struct {
	JSON bool
	Raw  bool // one value, for a shell
}

// ShowOutputs shows the outputs of a manifest: all of them, or the value of the one with that name.
func ShowOutputs(ctx context.Context, env *environ.Env, path, name string, o *site.Options, form OutputForm) error {
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
	case name != "" && len(names) == 0:
		return exit.With(exit.Failure, fmt.Errorf("the manifest has no output %q", name), "it has none at all")
	case name != "" && len(shown) == 0:
		return exit.UnknownName("the manifest has no output %q", name, names)
	case form.JSON:
		return view.WriteJSON(env.Out, shown...)
	case form.Raw:
		return writeRaw(env.Out, shown[0])
	case name != "":
		return view.ShowValue(env.Out, view.WriteValue(shown[0].Value))
	}
	return view.ShowValues(env.Out, shown)
}

// writeRaw writes a text, a number or a bool literally, without a line end, so that a file made from it has the same
// bytes.
func writeRaw(w io.Writer, v view.Value) error {
	var plain any
	d := json.NewDecoder(bytes.NewReader(v.Value))
	d.UseNumber()
	if err := d.Decode(&plain); err != nil {
		return err
	}
	switch plain.(type) {
	case string, json.Number, bool:
	default:
		return exit.With(exit.Failure, fmt.Errorf("cannot print the output %s as it is: it is no text, number or bool", v.Name), "--json prints any value")
	}
	if v.Sensitive {
		return exit.With(exit.Failure, fmt.Errorf("cannot print the output %s as it is: it is sensitive", v.Name))
	}
	_, err := fmt.Fprint(w, plain)
	return err
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

// emitOutputs adds the outputs of the site to the stream of events. Their values follow from the declarations alone,
// so they are known before anything is done.
func emitOutputs(s *session) {
	for _, o := range s.site.Outputs {
		v := describeOutput(o)
		s.sinks.Emit(event.Event{Type: event.Output, Name: v.Name, Value: v.Value, Secret: v.Sensitive})
	}
}
