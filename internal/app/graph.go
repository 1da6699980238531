package app

import (
	"context"
	"io"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/savedplan"
	"converge/internal/app/site"
	"converge/internal/diagram"
)

// DrawGraph writes the order of a site, or of some targets and their dependencies, in a format. If the path is a saved
// plan, the site is that of the plan, and the changes are marked.
func DrawGraph(ctx context.Context, env *environ.Env, path string, o *site.Options, targets, excludes []string, format string) error {
	draw, err := findDrawer(format)
	if err != nil {
		return err
	}
	planned, err := savedplan.Read(path)
	if err != nil {
		return err
	}
	if planned != nil {
		path, o.Saved, o.Nodes, o.Root, o.Origin = planned.Path, planned.Variables(), planned.Nodes, planned.Root, planned.Origin
		targets, excludes = append(targets, planned.Targets...), append(excludes, planned.Excludes...)
	} else if path, err = o.Locate(ctx, env, path); err != nil {
		return err
	}
	s, err := site.Load(ctx, env, path, o)
	if err != nil {
		return err
	}
	chosen, _, err := s.Select(targets, excludes)
	if err != nil {
		return err
	}
	d := s.Diagram(chosen)
	if planned != nil {
		d.Mark(planned.Changes())
	}
	return draw(d, env.Out)
}

// findDrawer returns the function that writes a diagram in a format.
func findDrawer(format string) (func(*diagram.Diagram, io.Writer) error, error) {
	switch format {
	case "text":
		return (*diagram.Diagram).Tree, nil
	case "dot":
		return (*diagram.Diagram).DOT, nil
	case "mermaid":
		return (*diagram.Diagram).Mermaid, nil
	case "json":
		return (*diagram.Diagram).JSON, nil
	case "svg":
		return (*diagram.Diagram).SVG, nil
	}
	return nil, exit.UnknownName("there is no format %q", format, []string{"text", "dot", "mermaid", "svg", "json"})
}
