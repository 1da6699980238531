package manifest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// odd is text that cty changes: letters with combining marks, letters with another form, marks without a letter,
// decomposed Hangul.
const odd = "cafe\u0301 \u212b \u0301x \u1112\u1161\u11ab \u0958 n\u0303e\u0308\r\n"

// Contents have the same bytes as in the manifest, or in the file that it names, through all functions.
func TestContentsAreBytes(t *testing.T) {
	latin := "caf\xe9 \xff\xfe\x00\r\n" + odd
	for _, tt := range []struct{ name, manifest, want string }{
		{"file()", `file "/o" { content = file("src") }`, latin},
		{"interpolated", `file "/o" { content = "e${file("src")}e" }`, "e" + latin + "e"},
		{"by a local", "locals { a = file(\"src\") }\nfile \"/o\" { content = local.a }", latin},
		{"by functions", `file "/o" { content = join("|", [upper("a"), replace(file("src"), "\r\n", "\n")]) }`, "A|" + strings.ReplaceAll(latin, "\r\n", "\n")},
		{"as JSON", `file "/o" { content = jsondecode(jsonencode({ a = file("src") })).a }`, latin},
		{"as base64", `file "/o" { content = base64decode(filebase64("src")) }`, latin},
		{"to base64", `file "/o" { content = base64decode(base64encode(file("src"))) }`, latin},
		{"templatefile", `file "/o" { content = templatefile("tmpl", { a = file("src") }) }`, latin + " e\u0301"},
		{"templatestring", `file "/o" { content = templatestring("{{ .a }} e", { a = file("src") }) }`, latin + " e"},
		{"template", "template \"/o\" {\n source = \"tmpl\"\n vars = { a = file(\"src\") }\n}", latin + " e\u0301"},
		{"inline", "template \"/o\" {\n inline = \"e\u0301{{ .a }}\"\n vars = { a = \"\u212b\" }\n}", "e\u0301\u212b"},
		{"quoted", "file \"/o\" { content = \"e\u0301 \u212b\" }", "e\u0301 \u212b"},
		{"heredoc", "file \"/o\" {\n content = <<E\ne\u0301 \u212b\n\u0301\nE\n}", "e\u0301 \u212b\n\u0301\n"},
		{"flush heredoc", "file \"/o\" {\n content = <<-E\n  e\u0301\n    \u212b\n  E\n}", "e\u0301\n  \u212b\n"},
		{"escaped", `file "/o" { content = "e\u0301 \\u0301 \u00e9 \U0001F600" }`, "e\u0301 \\u0301 \u00e9 \U0001F600"},
		{"a letter and its mark apart", "locals { a = \"e\" }\nfile \"/o\" { content = \"${local.a}\u0301\" }", "e\u0301"},
		{"what is normal", "file \"/o\" { content = \"é ü \u0e01\u0e34 \u05d0\u05b7 न\u0940\" }", "é ü \u0e01\u0e34 \u05d0\u05b7 न\u0940"},
		{"a rune that is used for bytes", "file \"/o\" { content = \"\U0010ff80\" }", "\U0010ff80"},
		{"a variable", "variable \"v\" {}\nfile \"/o\" { content = var.v }", odd},
		{"CRLF in the manifest", "file \"/o\" {\r\n content = <<E\r\na\r\nE\r\n}\r\n", "a\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{"site.hcl": tt.manifest, "src": latin, "tmpl": "{{ .a }} e\u0301"} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			o := Options{Kinds: resource.KindsOf(realKinds()...), Env: []string{"CONVERGE_VAR_v=" + odd}}
			site, diags := Load(context.Background(), dir, o)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			got := resource.AsBlob(site.Resources[0].Want.GetAttr("content"))
			if b, _ := got.Bytes(); string(b) != tt.want {
				t.Errorf("%q, want %q", b, tt.want)
			}
		})
	}
}

// A JSON manifest has the same result.
func TestContentsAreBytesInJSON(t *testing.T) {
	for text, want := range map[string]string{"e\u0301 \u212b": "e\u0301 \u212b", `e\u0301\n`: "e\u0301\n", `\\u0301`: `\u0301`} {
		site, diags := loadText(`{"file": {"/o": {"content": "`+text+`"}}}`, nil)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if b, _ := resource.AsBlob(site.Resources[0].Want.GetAttr("content")).Bytes(); string(b) != want {
			t.Errorf("%q, want %q", b, want)
		}
	}
}

// Digests, lengths and names are those of the bytes.
func TestFunctionsSeeBytes(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "src"), []byte("e\u0301\xff"), 0o600); err != nil {
		t.Fatal(err)
	}
	name := "cafe\u0301"
	if err := os.WriteFile(filepath.Join(dir, name), []byte("named"), 0o600); err != nil {
		t.Fatal(err)
	}
	manifest := `
locals { same = sha256(file("src")) == filesha256("src") && base64encode(file("src")) == filebase64("src") }
file "a" {
  path    = "/` + name + `/é"
  content = "${local.same} ${file("` + name + `")} ${fileexists("` + name + `")} ${length("` + name + `")}"
}
`
	if err := os.WriteFile(filepath.Join(dir, "site.hcl"), []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	site, diags := Load(context.Background(), dir, Options{Kinds: resource.KindsOf(realKinds()...)})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	want := site.Resources[0].Want
	if b, _ := resource.AsBlob(want.GetAttr("content")).Bytes(); string(b) != "true named true 4" {
		t.Errorf("%s", b)
	}
	// One name has one spelling, for every way of making it.
	if got := want.GetAttr("path").AsString(); got != resource.EncodeBytes("/"+name+"/é") {
		t.Errorf("%q", got)
	}
}

func FuzzContentsAreBytes(f *testing.F) {
	for _, s := range []string{odd, "a\xff", "\U0010ff80", "e\u0301", ""} {
		f.Add(s, "\u0301")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, s := range []string{a, b, "e" + a, a + "\u0301"} {
			enc := resource.EncodeText(s)
			if got := resource.DecodeBytes(enc); got != s {
				t.Errorf("%q became %q", s, got)
			}
		}
		joined := loadedText(t, resource.EncodeText(a)+resource.EncodeText(b))
		if got := resource.DecodeBytes(joined); got != a+b {
			t.Errorf("%q and %q became %q", a, b, got)
		}
	})
}

// loadedText returns cty's form of a string.
func loadedText(t *testing.T, s string) string {
	t.Helper()
	return cty.StringVal(s).AsString()
}

// References, keys and addresses work for names of any bytes.
func TestNamesAreBytes(t *testing.T) {
	const name = "/d/é-e\u0301"
	site, diags := loadText(`
file "`+name+`" { content = "x" }
file "ref" {
  path    = "/ref"
  content = file["`+name+`"].path
}
file "each" {
  for_each = toset(["`+name+`", bytes("/d/\\xe9")])
  path     = "/each${each.key}"
  content  = "x"
}
`, nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var got []string
	for _, r := range site.Resources {
		got = append(got, r.Addr.String()+" "+resource.DecodeBytes(r.Want.GetAttr("path").AsString()))
		if again, err := resource.ParseAddr(r.Addr.String()); err != nil || again != r.Addr {
			t.Errorf("%q is read as %q, %v", r.Addr, again, err)
		}
	}
	if len(got) != 4 || !strings.HasSuffix(got[0], " "+name) {
		t.Errorf("%q", got)
	}
	if b, _ := resource.AsBlob(site.Resources[1].Want.GetAttr("content")).Bytes(); string(b) != name {
		t.Errorf("the reference gives %q", b)
	}
}
