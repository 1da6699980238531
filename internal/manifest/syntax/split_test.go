package syntax

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"converge/internal/manifest/source"
)

const tricky = `# a comment with { and "
// another } one
/* and
   a third { */
a "x" { k = "}${"}"}" } // } {
b "<<EOT" {
  text = <<EOT
}
 EOTs
${"nested }"} EOT
  EOT
  more = <<-END
    %{ if true }{%{ else }}%{ endif }
    $${not} %%{either}
    END
  list = [
    "a", # ]
    { k = "\"}" },
  ]
}
c { x = (1 +
  2) }
`

func TestSplit(t *testing.T) {
	src := source.Document{Name: "t.hcl", Data: []byte(tricky)}
	chunks, diags := Split(src, 1)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var starts []int
	for _, c := range chunks {
		starts = append(starts, c.start.Line)
	}
	if want := []int{1, 2, 3, 5, 6, 21}; !slices.Equal(starts, want) {
		t.Errorf("cut before the lines %v, want %v", starts, want)
	}
	checkSplit(t, src.Data, 1)
}

// A text that the scanner is not sure of is not cut, and that is not an error.
func TestSplitInDoubt(t *testing.T) {
	for _, text := range []string{
		"a {\n}\n}\n\n\n", "a = \"x\ny\"\n\n\n", "a = <<E\nx\n\n\n", "\xef\xbb\xbfa {}\n\n\n\n", "a = \"$$${\"\n\n\n",
		"a = <<E\n${<<F\nF\n}\nE\n\n", "/* a\n\n\n", "a = 'x'\n\n\n", "a = [}\n\n\n\n",
	} {
		chunks, diags := Split(source.Document{Name: "t.hcl", Data: []byte(text)}, 1)
		if len(chunks) != 1 || diags.HasErrors() {
			t.Errorf("%q: %d chunks, %v", text, len(chunks), diags)
		}
	}
}

// checkSplit parses a text as a whole and cut, and compares the results.
func checkSplit(t *testing.T, text []byte, size int) {
	t.Helper()
	whole, wholeDiags := hclsyntax.ParseConfig(text, "t.hcl", hcl.InitialPos)
	chunks, diags := Split(source.Document{Name: "t.hcl", Data: text}, size)
	if diags.HasErrors() {
		return
	}
	var got, back strings.Builder
	failed := false
	for _, c := range chunks {
		back.Write(c.data)
		f, diags := hclsyntax.ParseConfig(c.data, "t.hcl", c.start)
		failed = failed || diags.HasErrors()
		outline(&got, f.Body.(*hclsyntax.Body))
	}
	if back.String() != string(text) {
		t.Fatalf("%q: the chunks do not make up the whole", text)
	}
	if failed != wholeDiags.HasErrors() {
		t.Fatalf("%q: error whole: %v, cut: %v", text, wholeDiags, failed)
	}
	if failed {
		return
	}
	var want strings.Builder
	outline(&want, whole.Body.(*hclsyntax.Body))
	if d := cmp.Diff(want.String(), got.String()); d != "" {
		t.Fatalf("%q:\n%s", text, d)
	}
}

// outline writes the content of a body with its places.
func outline(w *strings.Builder, body *hclsyntax.Body) {
	var lines []string
	for _, a := range body.Attributes {
		lines = append(lines, fmt.Sprintf("%v %s = %T %v %v", a.SrcRange, a.Name, a.Expr, a.Expr.Range(), a.Expr.StartRange()))
	}
	slices.Sort(lines)
	for _, line := range lines {
		fmt.Fprintln(w, line)
	}
	for _, b := range body.Blocks {
		fmt.Fprintln(w, b.Type, b.Labels, b.DefRange(), b.OpenBraceRange, b.CloseBraceRange)
		outline(w, b.Body)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte(tricky), 1)
	for _, text := range corpus(f) {
		f.Add([]byte(text), 8)
	}
	f.Fuzz(func(t *testing.T, text []byte, size int) {
		if size < 0 {
			return
		}
		// Attributes at the top may be repeated in different chunks; a manifest only has blocks there.
		checkSplit(t, slices.Concat([]byte("first {\n"), text, []byte("\n}\nsecond {}\n")), size)
		checkDepthsAgree(t, text)
	})
}

// checkDepthsAgree: unless it is in doubt, the scanner sees at least as much nesting as the lexer.
func checkDepthsAgree(t *testing.T, text []byte) {
	t.Helper()
	sc := scanner{src: text}
	if !sc.scan() {
		return
	}
	tokens, diags := hclsyntax.LexConfig(text, "t.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		return
	}
	if d := deepestOf(tokens); sc.brackets != d.brackets || sc.operators < d.operators {
		t.Fatalf("%q: scanner %d, %d; lexer %d, %d", text, sc.brackets, sc.operators, d.brackets, d.operators)
	}
}

// corpus returns every manifest of testdata.
func corpus(tb testing.TB) []string {
	tb.Helper()
	var out []string
	for _, dir := range []string{"good", "broken"} {
		names, err := filepath.Glob(filepath.Join("..", "testdata", dir, "*.txtar"))
		if err != nil || len(names) == 0 {
			tb.Fatal(err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				tb.Fatal(err)
			}
			_, text, _ := strings.Cut(string(data), " --\n")
			text, _, _ = strings.Cut(text, "\n-- ")
			out = append(out, text)
		}
	}
	return out
}
