package outline

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// summarize writes the declarations and references of a document.
func summarize(d *Document) string {
	var out []string
	for _, b := range d.Blocks {
		s := b.Type.Text
		for _, l := range b.Labels {
			s += " " + l.Text
		}
		for _, a := range b.Attrs {
			s += " ." + a.Name.Text
		}
		out = append(out, s)
	}
	for _, r := range d.Refs {
		out = append(out, "-> "+r.String())
	}
	return strings.Join(out, "; ")
}

// TestBroken shows what is found in documents that do not parse.
func TestBroken(t *testing.T) {
	const after = "\nservice \"n\" {\n  restart_on = [file.a]\n}\n"
	const rest = "; service n .restart_on; -> file.a"
	for _, tt := range []struct{ name, src, want string }{
		{"nothing", "", ""},
		{"whole", "file \"a\" {\n  x = 1\n}" + after, "file a .x" + rest},
		{"no value", "file \"a\" {\n  x = 1\n  y =\n}" + after, "file a .x" + rest},
		{"a name", "file \"a\" {\n  x = 1\n  y\n}" + after, "file a .x" + rest},
		{"a dot", "file \"a\" {\n  x = var.\n  y = var.z\n}" + after, "file a .y; service n .restart_on; -> var.z; -> file.a"},
		{"open list", "file \"a\" {\n  x = 1\n  y = [service.\n}" + after, "file a .x" + rest},
		{"open quote", "file \"a\" {\n  y = \"abc\n  x = 1\n}" + after, "file a .x" + rest},
		{"open interpolation", "file \"a\" {\n  y = \"abc ${\n  x = 1\n}" + after, "file a" + rest},
		{"no brace", "file \"a\" {\n  x = 1\n" + after, "file a" + rest},
		{"a word", "fil\n" + after, "service n .restart_on; -> file.a"},
		{"open label", "file \"a {\n  x = 1\n}\n" + after, "service n .restart_on; -> file.a"},
		{"open heredoc", "file \"a\" {\n  x = <<EOF\nserver {\n}\n" + after, "file a; server" + rest},
		{"heredoc", "file \"a\" {\n  x = <<-EOF\nserver {\n  y\n}\n  EOF\n}\n" + after, "file a .x" + rest},
		{"inner block at the edge", "variable \"v\" {\nvalidation {\nx = 1\n}\n}\n" + after, "variable v" + rest},
		{"comment", "/*\nfile \"a\" {\n}\n*/\n" + after, "service n .restart_on; -> file.a"},
		{"too deep", "locals {\n  x = " + strings.Repeat("[", 10_000) + "\n}\n" + after, "locals" + rest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := new(Parser).Parse([]byte(tt.src), -1)
			if got := summarize(d); got != tt.want {
				t.Errorf("got %s\nwant %s\nhealed %s", got, tt.want, d.Healed)
			}
			check(t, d)
		})
	}
}

// check checks the invariants of every document.
func check(t *testing.T, d *Document) {
	t.Helper()
	if len(d.Healed) != len(d.Text) || bytes.Count(d.Healed, []byte("\n")) != bytes.Count(d.Text, []byte("\n")) {
		t.Fatalf("%q healed is %q", d.Text, d.Healed)
	}
	in := func(s Span) {
		if s.Start < 0 || s.Start > s.End || s.End > len(d.Text) {
			t.Fatalf("%v is no part of %q", s, d.Text)
		}
	}
	for _, b := range d.Blocks {
		for _, s := range []Span{b.Span, b.Header, b.Body, b.Type.Span} {
			in(s)
		}
		for _, a := range b.Attrs {
			in(a.Expr)
			if got := string(d.Text[a.Name.Span.Start:a.Name.Span.End]); got != a.Name.Text {
				t.Fatalf("%q stands where %q should", got, a.Name.Text)
			}
		}
	}
	for _, r := range d.Refs {
		in(r.Span)
		for _, s := range r.Steps {
			in(s.Span)
		}
	}
}

// corpus returns every manifest of the examples and of the language's tests.
func corpus(tb testing.TB) map[string][]byte {
	out := map[string][]byte{}
	for _, pattern := range []string{"../../../examples/*/*.hcl", "../../../examples/*/*/*.hcl", "../../manifest/testdata/*/*.txtar"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				tb.Fatal(err)
			}
			if !strings.HasSuffix(name, ".hcl") {
				_, b, _ = bytes.Cut(b, []byte(".hcl --\n"))
				b, _, _ = bytes.Cut(b, []byte("\n-- "))
			}
			out[name] = b
		}
	}
	return out
}

// TestCorpus parses whole manifests in pieces, and compares with the parser.
func TestCorpus(t *testing.T) {
	n := 0
	for name, src := range corpus(t) {
		file, diags := hclsyntax.ParseConfig(src, "", hcl.InitialPos)
		d := new(Parser).Parse(src, -1)
		check(t, d)
		if diags.HasErrors() {
			continue
		}
		n++
		whole := &Document{}
		for _, b := range file.Body.(*hclsyntax.Body).Blocks {
			whole.Blocks = append(whole.Blocks, readBlock(b, src))
		}
		whole.Refs = readRefs(file.Body.(*hclsyntax.Body))
		if a, b := fmt.Sprint(whole.Blocks, whole.Refs), fmt.Sprint(d.Blocks, d.Refs); a != b || len(d.Broken) > 0 {
			t.Errorf("%s:\n%s\nin pieces\n%s", name, a, b)
		}
	}
	if n < 50 {
		t.Errorf("%d manifests, want 50 or more", n)
	}
}

// FuzzParse parses anything, and again after an edit.
func FuzzParse(f *testing.F) {
	for _, src := range corpus(f) {
		f.Add(string(src), 7, "x")
	}
	f.Fuzz(func(t *testing.T, src string, at int, edit string) {
		var p Parser
		check(t, p.Parse([]byte(src), -1))
		if at < 0 || at > len(src) {
			return
		}
		edited := []byte(src[:at] + edit + src[at:])
		d := p.Parse(edited, at)
		check(t, d)
		if a, b := summarize(d), summarize(new(Parser).Parse(edited, at)); a != b {
			t.Fatalf("known pieces make %s of %s", a, b)
		}
	})
}
