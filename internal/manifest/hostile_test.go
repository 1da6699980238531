package manifest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/source"
	"converge/internal/resource"
)

// loadText loads a manifest from standard input. Its time bound allows for the race detector, which makes everything ten
// times as slow.
func loadText(text string, vars map[string]string) (*Site, hcl.Diagnostics) {
	return Load(context.Background(), "-", Options{
		Kinds: resource.KindsOf(testKinds()...), Node: testNode(), Stdin: strings.NewReader(text), Vars: vars, maxTime: 5 * time.Minute,
	})
}

// Nesting that would overflow a parser's stack is refused in every syntax. A stack overflow would end the test process,
// not fail the test.
func TestNestedTooDeep(t *testing.T) {
	const n = 1 << 16
	again := strings.Repeat
	for name, text := range map[string]string{
		"brackets":   "locals { a = " + again("[", n) + again("]", n) + " }",
		"parens":     "locals { a = " + again("(", n) + "1" + again(")", n) + " }",
		"open":       "locals { a = " + again("(", n),
		"braces":     "locals { a = " + again("{ a = ", n) + again("}", n) + " }",
		"blocks":     again("a {\n", n) + again("}\n", n),
		"not":        "locals { a = " + again("!", n) + "true }",
		"minus":      "locals { a = " + again("-", n) + "1 }",
		"sum":        "locals { a = 1" + again("+1", n) + " }",
		"sum lines":  "locals { a = (1" + again("\n+1", n) + ") }",
		"ternary":    "locals { a = " + again("true ? 1 : ", n) + "1 }",
		"index":      "locals { a = b" + again("[0]", n) + " }",
		"splat":      "locals { a = b" + again("[*]", n) + " }",
		"calls":      "locals { a = " + again("f(", n) + again(")", n) + " }",
		"templates":  "locals { a = " + again(`"${`, n) + "1" + again(`}"`, n) + " }",
		"ifs":        "locals { a = \"" + again("%{ if true }", n) + again("%{ endif }", n) + "\" }",
		"heredoc":    "locals { a = <<E\n" + again("${(", n) + again(")}", n) + "\nE\n}",
		"in doubt":   "'" + again("[", n),
		"json":       again("[", n) + again("]", n),
		"json tmpl":  `{"locals": {"a": "${` + again("(", n) + again(")", n) + `}"}}`,
		"json open":  again(`{"a":`, n),
		"json deps":  `{"file": {"/a": {"depends_on": ["` + again("(", n) + `"]}}}`,
		"json tells": `{"file": {"/a": {"notifies": ["` + again("before(", n) + `"]}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, diags := loadText(text, nil)
			if !diags.HasErrors() || diags[0].Summary == "Internal error" {
				t.Errorf("%v", diags)
			}
		})
	}
	t.Run("variable", func(t *testing.T) {
		_, diags := loadText("variable \"a\" { type = any }", map[string]string{"a": again("[", n)})
		if !diags.HasErrors() || !strings.Contains(diags[0].Detail, "too deep") {
			t.Errorf("%v", diags)
		}
	})
	t.Run("type in JSON", func(t *testing.T) {
		_, diags := loadText(`{"variable": {"a": {"type": "`+again("list(", n)+`"}}}`, nil)
		if !diags.HasErrors() {
			t.Error("no error")
		}
	})
}

// Nesting as people write it stays allowed.
func TestNotTooDeep(t *testing.T) {
	for name, text := range map[string]string{
		"long list":     "locals { a = [" + strings.Repeat("\"x\", 1 + 1,\n", 30_000) + "] }",
		"many lines":    "locals {\n" + manyLines(30_000) + "}",
		"long heredoc":  "locals {\n a = <<E\n" + strings.Repeat("${1 + 1} and (\n", 20_000) + "E\n}",
		"many loops":    "locals { a = [for a in [1] : [" + strings.Repeat("[for b in [a] : b],\n", 30_000) + "]] }",
		"JSON contents": `{"file": {"/a": {"content": "` + strings.Repeat("f((([[[", 100_000) + `"}}}`,
	} {
		if _, diags := loadText(text, nil); diags.HasErrors() {
			t.Errorf("%s: %v", name, diags)
		}
	}
}

func manyLines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d = 1 + 1\n", i)
	}
	return b.String()
}

// Bytes that are not text are an error with a place.
func TestNotText(t *testing.T) {
	for _, text := range []string{
		"\x00", "file \"/a\x00b\" {}", "file \"/a\" { content = \"\xff\xfe\" }", "\xff\xfef\x00i\x00", "file \"/\x80\" {}",
		"{\"file\": \"\x00\"}", "{\"file\": {\"\xff\": {}}}", "\xef\xbb\xbf\x00",
	} {
		_, diags := loadText(text, nil)
		if text == "{\"file\": {\"\xff\": {}}}" {
			continue // JSON readers put U+FFFD there: what follows is a missing path
		}
		if !diags.HasErrors() || diags[0].Subject == nil {
			t.Errorf("%q: %v", text, diags)
		}
	}
}

// Files that are not manifests, under names of manifests.
func TestStrangeFiles(t *testing.T) {
	dir := t.TempDir()
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, sub := range []string{"fifo", "loop", "dir", "dangling", "device", "huge"} {
		do(os.Mkdir(filepath.Join(dir, sub), 0o755))
	}
	do(syscall.Mkfifo(filepath.Join(dir, "fifo/a.hcl"), 0o644))
	do(os.Symlink("loop", filepath.Join(dir, "loop/loop")))
	do(os.Symlink("a.hcl", filepath.Join(dir, "loop/a.hcl")))
	do(os.Mkdir(filepath.Join(dir, "dir/a.hcl"), 0o755))
	do(os.Symlink("nowhere", filepath.Join(dir, "dangling/a.hcl")))
	do(os.Symlink("/dev/zero", filepath.Join(dir, "device/a.hcl")))
	huge, err := os.Create(filepath.Join(dir, "huge/a.hcl"))
	do(err)
	do(huge.Truncate(source.MaxSize + 1))
	do(huge.Close())
	for sub, want := range map[string]string{
		"fifo": "not a regular file", "loop": "too many levels", "dir": "not a regular file", "dangling": "no such file",
		"device": "not a regular file", "huge": "larger than", "loop/loop/loop": "too many levels",
	} {
		_, diags := Load(context.Background(), filepath.Join(dir, sub), Options{Kinds: resource.KindsOf(testKinds()...)})
		if !diags.HasErrors() || !strings.Contains(diags[0].Detail, want) {
			t.Errorf("%s: %v, want %q", sub, diags, want)
		}
	}
}

// A module that leads back to itself through links ends with an error.
func TestModuleLoop(t *testing.T) {
	dir := t.TempDir()
	for path, text := range map[string]string{
		"site.hcl":   `module "a" { source = "./m" }`,
		"m/main.hcl": `module "b" { source = "./deeper" }`,
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(".", filepath.Join(dir, "m/deeper")); err != nil {
		t.Fatal(err)
	}
	_, diags := Load(context.Background(), dir, Options{Kinds: resource.KindsOf(testKinds()...)})
	if !diags.HasErrors() || !strings.Contains(diags[0].Detail, "contain itself") {
		t.Error(diags)
	}
}

// A panic in a kind, and in HCL or cty, becomes a diagnostic that quotes nothing.
func TestPanicIsReported(t *testing.T) {
	kinds := testKinds()
	kinds[0].Attrs[0].Check = func(cty.Value) error { panic("hunter2") }
	for _, text := range []string{
		"file \"/a\" {}",
		"locals { p = \"/a\" }\nfile \"a\" { path = local.p }",
		"file \"a\" {\n for_each = [\"a\", \"b\"]\n path = each.key\n}",
	} {
		site, diags := Load(context.Background(), "-", Options{Kinds: resource.KindsOf(kinds...), Stdin: strings.NewReader(text)})
		var b bytes.Buffer
		if err := diag.Write(&b, site.Files, diags, 0, false); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), "Internal error") || strings.Contains(b.String(), "hunter2") {
			t.Error(b.String())
		}
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, diags := Load(ctx, "-", Options{Kinds: resource.KindsOf(testKinds()...), Stdin: strings.NewReader(literal(0, 100))})
	if len(diags) != 1 || diags[0].Summary != "Interrupted" {
		t.Error(diags)
	}
}

func TestLongLinesAreCut(t *testing.T) {
	for _, tt := range []struct{ name, text string }{
		{"nested", "locals { a = " + strings.Repeat("(", 1<<17)},
		{"circle", longCircle(5000)},
		{"nul", strings.Repeat("\x00", 1<<17)},
	} {
		site, diags := loadText(tt.text, nil)
		var b bytes.Buffer
		if err := diag.Write(&b, site.Files, diags, 0, false); err != nil {
			t.Fatal(err)
		}
		if n := b.Len(); n == 0 || n > 100<<10 {
			t.Errorf("%s: %d bytes", tt.name, n)
		}
	}
}

func longCircle(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "locals { a%d = local.a%d }\n", i, (i+1)%n)
	}
	return b.String()
}
