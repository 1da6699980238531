package main

import (
	"fmt"
	"slices"
	"strings"

	"converge/internal/app/environ"
	"converge/internal/reference"
	"converge/internal/resource"
)

// widest is the width of text that is not folded to a terminal's.
const widest = 80

// listKinds lists the kinds of resources.
func listKinds(env *environ.Env) {
	for _, k := range kinds(providers{}) {
		fmt.Fprintf(env.Out, "%-12s %s\n", k.Name, reference.Summary(k))
	}
}

// explainKind prints the reference of a kind, or of one of its attributes.
func explainKind(env *environ.Env, what string) error {
	ks := kinds(providers{})
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
