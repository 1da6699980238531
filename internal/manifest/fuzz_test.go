package manifest

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/syntax"
	"converge/internal/resource"
)

// FuzzLoad: any manifest makes a site or an error with a place, never a panic; and the site is the same every time.
func FuzzLoad(f *testing.F) {
	for _, text := range corpus(f) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.Contains(text, []byte("range")) || bytes.Contains(text, []byte("setproduct")) || bytes.Contains(text, []byte("file")) && bytes.Contains(text, []byte("dev")) {
			return // they take time, or read files
		}
		load := func() (*Site, string) {
			site, diags := Load(context.Background(), "-", Options{Kinds: resource.KindsOf(testKinds()...), Node: testNode(), Stdin: bytes.NewReader(text)})
			for _, d := range diags {
				if d.Summary == "Internal error" || d.Subject == nil {
					t.Fatalf("%q: %s", text, d)
				}
			}
			var b bytes.Buffer
			if err := diag.Write(&b, site.Files, diags, 80, true); err != nil {
				t.Fatal(err)
			}
			return site, b.String()
		}
		site, said := load()
		if again, saidAgain := load(); said != saidAgain || dump(site) != dump(again) {
			t.Fatalf("%q: not the same twice:\n%s\n%s", text, said, saidAgain)
		}
		for _, r := range site.Resources {
			if r.Kind == nil || r.Want == cty.NilVal || !r.Want.IsWhollyKnown() || r.Want.ContainsMarked() {
				t.Fatalf("%q: %#v", text, r.Addr)
			}
		}
	})
}

// FuzzVar: a value as text makes a value of its type or an error.
func FuzzVar(f *testing.F) {
	for _, s := range []string{"1", "[1, 2]", `{"a": ["b"]}`, "{ a = 1 }", "true", `"x"`, "${", "<<E\nE", "null", "-", "f()"} {
		f.Add("list(string)", s)
		f.Add("map(number)", s)
		f.Add("any", s)
		f.Add("object({ a = optional(list(bool), [true]) })", s)
	}
	f.Fuzz(func(t *testing.T, ty, text string) {
		site, diags := Load(context.Background(), "-", Options{
			Kinds: resource.KindsOf(testKinds()...), Vars: map[string]string{"v": text},
			Stdin: strings.NewReader("variable \"v\" {\n type = " + ty + "\n}\n"),
		})
		for _, d := range diags {
			if d.Summary == "Internal error" {
				t.Fatalf("%q %q: %s", ty, text, d)
			}
		}
		if v, ok := site.Inputs.Vars["v"]; !diags.HasErrors() && (!ok || !json.Valid(v)) {
			t.Fatalf("%q %q: %s", ty, text, v)
		}
	})
}

// FuzzFormat: formatting twice changes nothing, and the result still parses.
func FuzzFormat(f *testing.F) {
	for _, text := range corpus(f) {
		f.Add([]byte(text), false)
		f.Add([]byte(text), true)
	}
	f.Fuzz(func(t *testing.T, text []byte, isJSON bool) {
		name := "t.hcl"
		if isJSON {
			name = "t.hcl.json"
		}
		once, diags := syntax.Format(text, name)
		if diags.HasErrors() {
			if diags[0].Summary == "Internal error" {
				t.Fatalf("%q: %v", text, diags)
			}
			return
		}
		twice, diags := syntax.Format(once, name)
		if diags.HasErrors() || !bytes.Equal(once, twice) {
			t.Fatalf("%q: %q, then %q, %v", text, once, twice, diags)
		}
	})
}

// corpus returns every manifest of testdata.
func corpus(tb testing.TB) []string {
	tb.Helper()
	var out []string
	for _, dir := range []string{"good", "broken"} {
		names, err := filepath.Glob(filepath.Join("testdata", dir, "*.txtar"))
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
