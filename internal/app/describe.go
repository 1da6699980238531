package app

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/kinds"
	"converge/internal/app/site"
	"converge/internal/fsys"
	"converge/internal/reference"
	"converge/internal/resource"
	"converge/internal/schema"
	"converge/internal/view"
)

// widest is the width of text that is not folded to a terminal's width.
const widest = 80

// ListKinds lists the kinds of resources, and the other blocks of the language.
func ListKinds(env *environ.Env, asJSON bool) error {
	ks := kinds.New().All()
	terms := make([]view.Term, len(ks))
	for i, k := range ks {
		terms[i] = view.Term{Word: k.Name, Meaning: reference.Summary(k)}
	}
	for _, name := range reference.Blocks() {
		terms = append(terms, view.Term{Word: name, Meaning: reference.SummaryOfBlock(name)})
	}
	if asJSON {
		return view.WriteJSON(env.Out, terms...)
	}
	view.Terms(env.Out, terms)
	return nil
}

// Explain prints the reference of a kind or of another word of the language, or of one of its
// attributes.
func Explain(env *environ.Env, what string, asJSON bool) error {
	width := widest
	if w := environ.TerminalWidth(env.Out); w > 0 && !asJSON {
		width = min(w, 100)
	}
	text, err := findExplanation(what, width)
	switch {
	case err != nil:
		return err
	case asJSON:
		return view.WriteJSON(env.Out, view.Explanation{Word: what, Text: text})
	}
	view.Text(env.Out, text)
	return nil
}

// findExplanation returns the reference of a word.
func findExplanation(what string, width int) (string, error) {
	name, attr, hasAttr := strings.Cut(what, ".")
	if k := kinds.New().Find(name); k != nil {
		return explainKind(k, attr, hasAttr, width)
	}
	if hasAttr && reference.BlockAttributes(name) != nil {
		text := reference.ExplainBlockAttr(name, attr, width)
		if text == "" {
			return "", exit.UnknownName("a "+name+" block has no attribute %q", attr, reference.BlockAttributes(name))
		}
		return text, nil
	}
	text := reference.ExplainWord(name, width)
	if text != "" && !hasAttr {
		return text, nil
	}
	if name == "test" || name == "assert" {
		return "", exit.With(exit.Failure, fmt.Errorf("%q is a block of a file of tests, *.test.hcl, and none of a manifest", name), "converge test --help and docs/testing.md explain it")
	}
	known := explained()
	if exit.Nearest(name, known) == "" { // they are too many to list
		return "", exit.With(exit.Failure, fmt.Errorf("there is no kind, block or function %q", what), "converge explain lists the kinds and the blocks")
	}
	return "", exit.UnknownName("there is no kind, block or function %q", name, known)
}

// PrintSchema prints the JSON Schema of manifests in JSON.
func PrintSchema(env *environ.Env) error {
	return view.WriteDocument(env.Out, schema.Of(kinds.New().All()))
}

// explained lists everything that [Explain] explains, without attributes of one kind.
func explained() []string {
	names := reference.Words()
	return append(names, kinds.New().Names()...)
}

// explainKind prints the reference of a kind, or of one of its attributes. A word may be a
// kind and a function.
func explainKind(k *resource.Kind, attr string, hasAttr bool, width int) (string, error) {
	if !hasAttr {
		text := reference.Explain(k, width)
		if more := reference.ExplainWord(k.Name, width); more != "" {
			text += "\n" + more
		}
		return text, nil
	}
	text, ok := reference.ExplainAttr(k, attr, width)
	if !ok {
		return "", exit.UnknownName("a "+k.Name+" has no attribute %q", attr, reference.Attributes(k))
	}
	return text, nil
}

// PrintFacts prints node, as a manifest sees it, as HCL or as JSON.
func PrintFacts(ctx context.Context, env *environ.Env, o *site.Options, asJSON bool) error {
	node, err := readFacts(ctx, env, o)
	if err != nil {
		return err
	}
	text, err := writeFacts(node, asJSON)
	if err != nil {
		return err
	}
	_, err = env.Out.Write(text)
	return err
}

// SaveFacts writes node, as a manifest sees it, to a file that only its owner can read: the operator's attributes may
// be sensitive.
func SaveFacts(ctx context.Context, env *environ.Env, o *site.Options, file string) error {
	ext := filepath.Ext(file)
	if ext != ".json" && ext != ".hcl" {
		return fmt.Errorf("cannot save the facts: %s ends neither in .json nor in .hcl", file)
	}
	if err := environ.CheckRegular(file); err != nil {
		return fmt.Errorf("cannot save the facts: %w", err)
	}
	node, err := readFacts(ctx, env, o)
	if err != nil {
		return err
	}
	text, err := writeFacts(node, ext == ".json")
	if err != nil {
		return err
	}
	err = environ.WriteOutputFile(file, func(host *fsys.FS, whole string) error { return host.ReplaceOutput(whole, text) })
	if err != nil {
		return fmt.Errorf("cannot save the facts: %w", err)
	}
	return nil
}

func readFacts(ctx context.Context, env *environ.Env, o *site.Options) (cty.Value, error) {
	if err := o.Clean(); err != nil {
		return cty.NilVal, err
	}
	facts, err := site.ReadNode(ctx, env, o)
	if err != nil {
		return cty.NilVal, err
	}
	return facts.All()
}

// writeFacts writes an object as JSON, or as the attributes of a file of HCL, sorted by name.
func writeFacts(v cty.Value, asJSON bool) ([]byte, error) {
	if asJSON {
		b, err := ctyjson.Marshal(v, v.Type())
		return append(b, '\n'), err
	}
	f := hclwrite.NewEmptyFile()
	attrs := v.AsValueMap()
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		f.Body().SetAttributeValue(name, attrs[name])
	}
	return hclwrite.Format(f.Bytes()), nil
}
