package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/site"
	"converge/internal/diagram"
	"converge/internal/process"
)

// DrawGraph writes the order of a site, or of some targets and what they depend
// on, in a format.
func DrawGraph(ctx context.Context, env *environ.Env, path string, o *site.Options, targets []string, format string) error {
	draw, err := findDrawer(format)
	if err != nil {
		return err
	}
	if path, err = o.Locate(ctx, env, path); err != nil {
		return err
	}
	s, err := site.Load(ctx, env, path, o)
	if err != nil {
		return err
	}
	chosen, err := s.SelectTargets(targets)
	if err != nil {
		return err
	}
	return draw(ctx, s.Diagram(chosen), env.Out)
}

// findDrawer returns what writes a diagram in a format.
func findDrawer(format string) (func(context.Context, *diagram.Diagram, io.Writer) error, error) {
	plain := func(f func(*diagram.Diagram, io.Writer) error) func(context.Context, *diagram.Diagram, io.Writer) error {
		return func(_ context.Context, d *diagram.Diagram, w io.Writer) error { return f(d, w) }
	}
	switch format {
	case "text":
		return plain((*diagram.Diagram).Tree), nil
	case "dot":
		return plain((*diagram.Diagram).DOT), nil
	case "mermaid":
		return plain((*diagram.Diagram).Mermaid), nil
	case "json":
		return plain((*diagram.Diagram).JSON), nil
	case "svg":
		return drawSVG, nil
	}
	return nil, exit.UnknownName("there is no format %q", format, []string{"text", "dot", "mermaid", "svg", "json"})
}

// maxDrawing is the most that Graphviz may draw, in bytes.
const maxDrawing = 256 << 20

// drawSVG has Graphviz do the drawing.
func drawSVG(ctx context.Context, d *diagram.Diagram, w io.Writer) error {
	dot, err := process.Find("dot", os.Getenv("PATH"))
	if err != nil {
		return exit.With(exit.Failure, errors.New("cannot draw SVG: Graphviz's dot is not on PATH"), "install graphviz, or take --format dot or mermaid")
	}
	var in bytes.Buffer
	if err := d.DOT(&in); err != nil {
		return err
	}
	r, err := process.Run(ctx, process.Command{Argv: []string{dot, "-Tsvg"}, Stdin: in.String(), Split: true, Head: true, Output: maxDrawing})
	if err == nil && !r.OK() {
		err = fmt.Errorf("%s\n%s", r.How(), strings.TrimSpace(r.Stderr))
	}
	if err != nil {
		return fmt.Errorf("cannot draw SVG: %w", err)
	}
	_, err = io.WriteString(w, r.Stdout)
	return err
}
