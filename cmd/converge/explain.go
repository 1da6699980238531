package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/reference"
	"converge/internal/resource"
)

// widest is the width of text that is not folded to a terminal's.
const widest = 80

func newExplainCommand(env *environ.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [KIND[.ATTRIBUTE]]",
		Short: "The reference of a kind of resource",
		Long: "Prints the reference of a kind of resource, or of one of its attributes; without an\n" +
			"argument, the list of kinds. It reads nothing but converge itself." + listStatuses(exit.OK, exit.Failure),
		Example:           "  converge explain file\n  converge explain service.running",
		Args:              atMostOne("KIND"),
		ValidArgsFunction: completeKinds,
		RunE: func(_ *cobra.Command, args []string) error {
			ks := kinds(providers{})
			if len(args) == 0 {
				for _, k := range ks {
					fmt.Fprintf(env.Out, "%-12s %s\n", k.Name, reference.Summary(k))
				}
				return nil
			}
			return explainKind(env, ks, args[0])
		},
	}
}

func explainKind(env *environ.Env, ks []*resource.Kind, what string) error {
	width := widest
	if w := environ.TerminalWidth(env.Out); w > 0 {
		width = min(w, 100)
	}
	name, attr, hasAttr := strings.Cut(what, ".")
	i := slices.IndexFunc(ks, func(k *resource.Kind) bool { return k.Name == name })
	if i < 0 {
		names := make([]string, len(ks))
		for i, k := range ks {
			names[i] = k.Name
		}
		return unknown("there is no kind %q", name, names)
	}
	if !hasAttr {
		fmt.Fprint(env.Out, reference.Explain(ks[i], width))
		return nil
	}
	text, ok := reference.ExplainAttr(ks[i], attr, width)
	if !ok {
		return unknown("a "+name+" has no attribute %q", attr, reference.Attributes(ks[i]))
	}
	fmt.Fprint(env.Out, text)
	return nil
}

// unknown reports an unknown name, with the known ones that are similar.
func unknown(format, name string, known []string) error {
	e := exit.With(exit.Failure, fmt.Errorf(format, name), "known are "+strings.Join(known, ", "))
	if near := nearest(name, known); near != "" {
		e.Hints = []string{"did you mean " + near + "?"}
	}
	return e
}
