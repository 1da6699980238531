package syntax

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"converge/internal/manifest/source"
)

// notRead is the result of checkRead for a text that HCL reads as a whole.
const notRead = -1

// checkRead compares the reader's result for a text with HCL's. It returns how many items the reader left to HCL.
func checkRead(t *testing.T, text []byte, start hcl.Pos) int {
	t.Helper()
	c := Chunk{Doc: source.Document{Name: "t.hcl", Data: text}, data: text, start: start}
	if _, ok := readPlain(c); !ok {
		return notRead
	}
	r := newReader(c)
	got, _ := r.readFile()
	file, diags := hclsyntax.ParseConfig(text, "t.hcl", start)
	if len(diags) > 0 {
		t.Fatalf("%q: read, and HCL says %v", text, diags)
	}
	if want := file.Body.(*hclsyntax.Body); !reflect.DeepEqual(got, want) {
		t.Fatalf("%q: not as HCL parses it:\n%s", text, cmp.Diff(want, got, cmp.Exporter(func(reflect.Type) bool { return true })))
	}
	return r.left
}

// readForms returns items that the reader reads itself.
func readForms() []string {
	return []string{
		"a {}", "a {\n}", "a \"x\" {\n}", "a x \"y z\" {\n}", "a{}", "  a  \"x\"  {  }  # c", "a {} // c", "a { # c\n}", "_a-1 {}",
		"a { b = 1 }", "a { b = [1, 2] }", "a {\n  b {\n    c = 1\n  }\n  b \"x\" { c = 1 }\n}", "a {\n\n  # ö\n  b = 1 # ü\n\n}", "a {\n\tb\t=\t1\n}",
		"a = 1", "a = 0", "a = 0644", "a = 1.5", "a = 12345678901234567890.25", "a = -1", "a = -0.5",
		"a = true", "a = false", "a = null", "a = b", "a = b.c", "a = b-1.c.d", "a = b[\"x\"].c", "a = b[0]", "a = b[1.5]", "a = b[\"\"]",
		`a = ""`, `a = "x"`, `a = "x y # // /* z"`, `a = "\n\r\t\"\\"`, `a = "50%"`, `a = "$"`, `a = "$x %Y-%m $ % {}"`, "a = \"\t\x00\x7f\"", `a "50%" {}`, `a "\"" {}`,
		`a = "${b}"`, `a = "${ b.c }"`, `a = "x ${b} y"`, `a = "${b}${c["x y"].d[0]}"`, `a = "\n${b}\"$ % 50%"`, `a = ["${b}", "x${b}"]`, `a = { b = "${c}" }`, `a = "${true}"`, `a = "${null} x"`,
		"a = f()", "a = f(1)", "a = f(b.c, \"x\", [g(1,)], {},)", "a = f(\n 1 # ö\n ,\n)", "a = f(<<E\nE\n)", `a = "${f("x")}"`, `a = ["x${f(1)}"]`, "a = true()", "a = { f(1) = 1 }",
		"a = []", "a = [ ]", "a = [1]", "a = [1,]", "a = [1, \"x\", true, b.c, [], {}]", "a = [\n  # ö\n  1, // c\n\n  2\n  ,\n]",
		"a = {}", "a = {\n}", "a = { b = 1 }", "a = { b: 1 }", "a = { b = 1, }", "a = { b = 1, c = 2 }", "a = { b = 1,\n\n c = 2\n\n}",
		"a = {\n  # ö\n  b = 1 # c\n  \"c d\" = [\n  ]\n  \"\" = {}, null = 1\n true = \"x\"\n b.c = 1\n}",
		"a = <<E\nE\n", "a = <<E\nx\nE\n", "a = <<E_1-x\n  x\n\n \tö é\n  E_1-x  \n", "a = <<-E\n    x\n      y\n\n     \n    E\n", "a = <<-E\n\n  x\n  E\n",
		"a = <<-E\n\n   \nE\n", "a = <<-E\nE\n", "a = <<-E\n  x\ny\n  E\n", "a = <<E\n50% $x $\n%\n\\n \"\nE\n", "a = <<E\nEOT\n E E\nE\n", "a = [<<E\nx\nE\n, 1]", "a = { b = <<E\nx\nE\n c = 1 }",
		"a = \"$$\"", "a = \"%%F $% $\\n\"", "a = <<E\n$$ %%F\nE\n", "//", "",
	}
}

// leftForms returns items that the reader leaves to HCL, each for another reason.
func leftForms() []string {
	return []string{
		`a = "${1}"`, `a = "${b + c}"`, `a = "${~b}"`, `a = "${"x"}"`, `a = "$${b}"`, `a = "%${b}"`, "a = \"${\nb}\"", `a = "${b} ö"`, `a = "${b}\u00e9"`, `a = "${b} %{ if b }x%{ endif }"`, `a = "%{ if b }x%{ endif }"`, `a = "$${"`, `a = "\u00e9"`, `a = "ö"`, "a \"ö\" {}", "aä = 1",
		"a = f(b...)", "a = f (1)", "a = f(1).b", "a = f(1)[0]", "a = for(1)", "a = a::f()", "a = f(1 + 1)", "a = f(/* c */)", "a = 1 + 1", "a = !b", "a = -b", "a = (1)", "a = b ? 1 : 2", "a = b == 1", "a = [for x in y : x]", "a = {for x in y : x => x}", "a = [fora, for]",
		"a = b.*.c", "a = b[*]", "a = b.0", "a = b[c]", "a = b[ 0 ]", "a = b [0]", "a = b . c", "a = b[\"${c}\"]", "a = \"x\"[0]", "a = 1.5e3", "a = 1e3", "a = [1 /* c */]", "a { /* c */ b = 1 }",
		"a = { (b) = 1 }", "a = { 1 = 2 }", "a = { \"${b}\" = 2 }", "a = {\n b = 1 /* c */\n}",
		"a = <<E\n${b}\nE\n", "a = <<E\n$${b}\nE\n", "a = <<-E\n  \u0308x\n  E\n", "a = <<-E\n \u00a0x\n E\n", "a = <<-E\n \u00a0\n E\n", "a = <<E\nx\n\u00a0E\n",
	}
}

// TestRead shows what is read, and what is left to HCL while everything beside it is read.
func TestRead(t *testing.T) {
	for left, forms := range [][]string{readForms(), leftForms()} {
		for _, form := range forms {
			if n := checkRead(t, []byte(form), hcl.InitialPos); n != left {
				t.Errorf("%q: %d items were left to HCL, want %d", form, n, left)
			}
			inBlock := "x {\n  y = 1\n  " + form + "\n}"
			if n := checkRead(t, []byte(inBlock), hcl.Pos{Line: 7, Column: 3, Byte: 70}); n > left || n == notRead {
				t.Errorf("%q: %d items were left to HCL, want %d", inBlock, n, left)
			}
			amid := "\n# ö\nb \"x\" {\n  c = 1\n}\n" + form + "\nd {\n  c = {}\n}\n"
			if n := checkRead(t, []byte(amid), hcl.InitialPos); n != left {
				t.Errorf("%q: %d items were left to HCL, want %d", amid, n, left)
			}
		}
	}
}

// TestReadBounds shows what HCL parses as a whole: errors, and items whose end is unclear to the scanner. The reader
// reads a comment before an item, and nesting up to a bound.
func TestReadBounds(t *testing.T) {
	for _, text := range []string{
		"a", "a = ", "a {", "a }", "a {}}", "a {} b {}", "a = 1 2", "a = 1,", "a = 1\na = 2", "a {\n b = 1\n b = 2\n}", "a = \"${b}\"\na = 2", "a = 2\na = \"${b}\"", "a = 1 + 1\na = 2", "a = 2\na = 1 + 1", "a = f(,)", "a = f(1", "a = f(1 2)", "a = \"x", "a = \"\\x\"", "a = \"${b~}\"", "a = \"$$${b}\"", "a = \"x\ny\"", "a \"${b}\" {}",
		"a\n{}", "a { b = 1\n}", "a {\n b = 1 }", "a { b {} }", "a { b = 1, c = 2 }", "a = [1 2]", "a = [,]", "a = [1", "a = {b}", "a = {b = 1 c = 2}", "a = {b = 1,, c = 2}", "a = {b = 1\n, c = 2}", "a = {b\n= 1}", "a = {b =\n1}", "a =\n1",
		"a => 1", "a == 1", "a = { b => 1 }", "a = { b :: 1 }", "a = 1.2.3.", "a = 01x", "a = 1_000", "a.b = 1", "\"a\" = 1", "a = .b", "a = b.", "a = b[", "a = b[\"x\"", "a = 'x'", "a = `x`", "a; b", "a = <<E", "a = <<E\nx", "a = <<E\nx\nE", "a = << E\nE\n", "a = <E",
		"\r\na = 1\r\n", "a = \"\r\"", "\xef\xbb\xbfa = 1", "a = \"\xff\"", "a = <<E\n\xff\nE\n", "a = [\n\xec@\n]\n", "# \xff\na = 1", "/* c", "/* ö */ a = 1", "a = 1\n# ö", "# ö", "ä = 1", "a = <<ä\nx\nä\n", "\u00a0a = 1", "a = " + strings.Repeat("[", maxRead+1),
	} {
		if n := checkRead(t, []byte(text), hcl.InitialPos); n != notRead {
			t.Errorf("%q: read, and %d items were left to HCL", text, n)
		}
	}
	for _, text := range []string{"/* c\n d */ a {}", "/* c */", "/* ö\n */ a = 1"} {
		if n := checkRead(t, []byte(text), hcl.InitialPos); n != 0 {
			t.Errorf("%q: %d items were left to HCL", text, n)
		}
	}
	// At the maximal depth, and one deeper, which HCL parses.
	for depth, left := range map[int]int{maxRead: 0, maxRead + 1: 1} {
		text := "a = " + strings.Repeat("[", depth) + strings.Repeat("]", depth)
		if n := checkRead(t, []byte(text), hcl.InitialPos); n != left {
			t.Errorf("%d brackets: %d items were left to HCL, want %d", depth, n, left)
		}
	}
}

// TestReadOurs: every manifest of this repository, including those in scripts and pages, is read as HCL parses it. Cut
// at any line, it is read like that or not at all.
func TestReadOurs(t *testing.T) {
	items, left := 0, 0
	for _, text := range manifestsOfRepository(t) {
		n := checkRead(t, []byte(text), hcl.InitialPos)
		for at := range text {
			if text[at] == '\n' && len(text) < 2<<10 {
				checkRead(t, []byte(text[:at]), hcl.InitialPos)
				checkRead(t, []byte(text[at:]), hcl.Pos{Line: 3, Column: 9, Byte: 40})
			}
		}
		if n == notRead {
			continue
		}
		file, _ := hclsyntax.ParseConfig([]byte(text), "t.hcl", hcl.InitialPos)
		body := file.Body.(*hclsyntax.Body)
		items, left = items+len(body.Blocks)+len(body.Attributes), left+n
	}
	if t.Logf("%d items, %d of them left to HCL", items, left); items < 1000 {
		t.Errorf("only %d items were found", items)
	}
}

// manifestsOfRepository returns the manifests, and possible ones: files with such names, also in test archives, and
// fenced text of pages.
func manifestsOfRepository(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(filepath.Join("..", "..", ".."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch filepath.Ext(path) {
		case ".hcl", ".txtar", ".md", ".go":
		default:
			return nil
		}
		data, err := os.ReadFile(path)
		text := string(data)
		switch filepath.Ext(path) {
		case ".hcl":
			out = append(out, text)
		case ".txtar":
			for part := range strings.SplitSeq("\n"+text, "\n-- ") {
				if name, text, ok := strings.Cut(part, " --\n"); ok && strings.HasSuffix(name, ".hcl") {
					out = append(out, text+"\n")
				}
			}
		default: // fenced text of a page, raw text of a test
			for i, part := range strings.FieldsFunc(text, func(c rune) bool { return c == '`' }) {
				if i%2 == 1 && strings.Contains(part, " {") {
					out = append(out, strings.TrimPrefix(part, "hcl"))
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// FuzzRead: the reader's result for a text is the same as HCL's. The bytes are a text, or select pieces of the language,
// alone or nested in something.
func FuzzRead(f *testing.F) {
	within := [][2]string{{}, {"first \"x\" {\n", "\n}\n"}, {"first = [\n", "\n]\n"}, {"first = {\n", "\n}\n"}, {"first = <<-E\n", "\n E\n"}, {"first = \"", "\"\n"}}
	seed := func(text []byte, column int) {
		for form := range 2 * len(within) {
			f.Add(text, column, uint8(form))
		}
	}
	seed([]byte(tricky), 1)
	for _, text := range slices.Concat(corpus(f), readForms(), leftForms()) {
		seed([]byte(text), 8)
	}
	pieces := readPieces()
	f.Fuzz(func(t *testing.T, data []byte, column int, form uint8) {
		around := within[int(form)/2%len(within)]
		if text := data; form%2 == 1 {
			data = nil
			for _, b := range text[:min(len(text), 200)] {
				data = append(data, pieces[int(b)%len(pieces)]...)
			}
		}
		at := hcl.InitialPos
		if column > 0 && column < 100 {
			at = hcl.Pos{Line: 7, Column: column, Byte: 70}
		}
		checkRead(t, slices.Concat([]byte(around[0]), data, []byte(around[1])), at)
	})
}

// readPieces returns pieces of the language for generated texts.
func readPieces() []string {
	return slices.Concat(readForms(), leftForms(), []string{
		" ", "  ", "\t", "\n", "\n\n", "\n  ", "{", "}", "{\n", "\n}\n", "[", "]", "(", ")", "=", " = ", ":", ",", ", ", ".", "\"", "\"x\"", "\"\"", "a", "b", "for", "in", "f(", "f(1)", "f(b.c)", "null", "true", "a = ", "b = ", "c {\n", "d \"x\" {\n",
		"0", "1", "-", "+", "*", "/", "#", "# c\n", "//", "/*", "*/", "<<E\n", "<<-E\n", "E\n", " E\n", "E", "$", "%", "${", "${", "${b}", "}", "%{", "~", "\\", "\\n", "\\\"", "ö", "e\u0301", "\u00a0", "\u200d", "\r", "\r\n", "\xff", "\x00", "\v", "\f",
	})
}
