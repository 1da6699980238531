package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/diagram"
	"converge/internal/process"
	"converge/internal/resource"
)

func newGraphCommand(env *environ.Env) *cobra.Command {
	var f siteFlags
	var targets []string
	format := "text"
	cmd := &cobra.Command{
		Use:   "graph [PATH]",
		Short: "What comes before what, and why",
		Long: "Prints the order of a site: below every resource what it comes after, and for what\n" +
			"reason. It reads the manifest and the facts of the node, and nothing else.\n\n" +
			"Formats: text (a tree; (*) marks what was unfolded above), dot (Graphviz), mermaid,\n" +
			"json, and svg, which needs Graphviz's dot on PATH." + listStatuses(exit.OK, exit.Failure, exit.Interrupted),
		Example:           "  converge graph\n  converge graph --format svg > site.svg\n  converge graph --target service.nginx",
		Args:              atMostOne("PATH"),
		ValidArgsFunction: completeManifests,
		RunE: func(cmd *cobra.Command, args []string) error {
			draw, err := drawer(format)
			if err != nil {
				return err
			}
			s, err := loadSite(cmd.Context(), env, pathArg(args), &f)
			if err != nil {
				return err
			}
			chosen, err := s.selected(targets)
			if err != nil {
				return err
			}
			return draw(cmd.Context(), s.diagram(chosen), env.Out)
		},
	}
	f.add(cmd.Flags())
	addTargets(cmd, &targets, &f)
	cmd.Flags().StringVar(&format, "format", format, "text, dot, mermaid, svg or json")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "dot", "mermaid", "svg", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// drawer returns what writes a diagram in a format.
func drawer(format string) (func(context.Context, *diagram.Diagram, io.Writer) error, error) {
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
	return nil, unknown("there is no format %q", format, []string{"text", "dot", "mermaid", "svg", "json"})
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

// diagram draws the chosen resources (nil: all), in the order of a run.
func (s *site) diagram(chosen map[int]bool) *diagram.Diagram {
	d := &diagram.Diagram{}
	order, _ := s.graph.Order() // engine.Link refuses cycles
	at := make(map[int]int, len(order))
	for _, i := range order {
		if chosen != nil && !chosen[i] {
			continue
		}
		r := s.Resources[i]
		at[i] = len(d.Nodes)
		d.Nodes = append(d.Nodes, diagram.Node{Address: r.Addr.String(), Kind: r.Addr.Kind, Place: place(r), Group: r.Addr.Module})
	}
	for _, e := range s.graph.Edges() {
		from, ok1 := at[e.From]
		to, ok2 := at[e.To]
		if ok1 && ok2 {
			d.Edges = append(d.Edges, diagram.Edge{From: from, To: to, Reason: e.Reason.Text, Place: rangePlace(e.Reason.Range)})
		}
	}
	return d
}

func place(r *resource.Resource) string { return rangePlace(r.Range) }
