package manifest

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/Masterminds/sprig/v3"
	"github.com/google/go-cmp/cmp"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/syntax"
	"converge/internal/reference"
	"converge/internal/render"
	"converge/internal/resource"
	"converge/resources"
)

func languagePage(t *testing.T) string {
	t.Helper()
	return docsPage(t, "language.md")
}

func docsPage(t *testing.T, name string) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// quotedNames returns the words between backquotes.
func quotedNames(text string) []string {
	var out []string
	for _, m := range regexp.MustCompile("`([a-zA-Z0-9_]+)`").FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return out
}

// Every example on the pages about the language is a valid manifest, with the modules of the same page beside it.
func TestLanguagePageExamples(t *testing.T) {
	for _, name := range []string{"language.md", "coming-from/ansible.md", "coming-from/chef.md", "coming-from/puppet.md", "coming-from/terraform.md", "coming-from/gnu-stow.md"} {
		t.Run(name, func(t *testing.T) {
			examples, modules := pageExamples(docsPage(t, name))
			if len(examples) == 0 || len(modules) == 0 {
				t.Fatalf("%d examples, %d modules", len(examples), len(modules))
			}
			for _, e := range examples {
				e.load(t, modules)
			}
		})
	}
}

type pageExample struct{ name, text string }

// pageExamples returns the manifests of a page, and its modules by path.
func pageExamples(page string) (examples []pageExample, modules map[string]string) {
	modules = map[string]string{}
	for _, m := range regexp.MustCompile("(?s)```(hcl|json)\n(.*?)```").FindAllStringSubmatch(page, -1) {
		name := "site.hcl"
		if m[1] == "json" {
			name += ".json"
		}
		if first, _, _ := strings.Cut(m[2], "\n"); strings.HasPrefix(first, "# modules/") {
			modules[strings.TrimPrefix(first, "# ")] = m[2]
			continue
		}
		examples = append(examples, pageExample{name, m[2]})
	}
	return examples, modules
}

// load checks that the example is formatted and that its manifest has no mistake.
func (e pageExample) load(t *testing.T, modules map[string]string) {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{e.name: e.text}
	for name, text := range modules {
		files[name] = text
	}
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if formatted, diags := syntax.Format([]byte(text), name); diags.HasErrors() || e.name == "site.hcl" && string(formatted) != text {
			t.Errorf("not formatted: %v\n%s", diags, formatted)
		}
	}
	fetched := filepath.Join(dir, "fetched")
	if err := os.MkdirAll(fetched, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(fetched, "site.hcl"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	fetch := func(context.Context, string, string) (string, error) { return fetched, nil }
	kinds := append(realKinds(), resources.Sysctl(nil), resources.Check(nil), resources.Unit(nil))
	if _, diags := Load(context.Background(), dir, Options{Kinds: resource.KindsOf(kinds...), Node: pageNode, Fetch: fetch, WithoutSecrets: true}); len(diags) > 0 {
		t.Errorf("%s\n%v", e.text, diags)
	}
}

// pageNode returns the part of node that the examples use.
func pageNode() (cty.Value, error) {
	return cty.ObjectVal(map[string]cty.Value{
		"hostname": cty.StringVal("web1"), "os": cty.ObjectVal(map[string]cty.Value{"codename": cty.StringVal("bookworm")}),
	}), nil
}

// The page names exactly the existing functions.
func TestLanguagePageFunctions(t *testing.T) {
	_, section, _ := strings.Cut(languagePage(t), "| about | functions |")
	section, _, _ = strings.Cut(section, "\n## ")
	l := newLoader(context.Background(), nil, Options{})
	want := append(sortedNames(l.funcs.Functions), sortedNames(l.newModule(nil, nil, nil, ".").ctx.Functions)...)
	slices.Sort(want)
	if d := cmp.Diff(want, quotedNames(section)); d != "" {
		t.Error(d)
	}
}

// explain knows every function and every block, and the attributes that blocks of every kind take.
func TestExplainedWords(t *testing.T) {
	l := newLoader(context.Background(), nil, Options{})
	want := append(sortedNames(l.funcs.Functions), sortedNames(l.newModule(nil, nil, nil, ".").ctx.Functions)...)
	slices.Sort(want)
	if d := cmp.Diff(want, reference.Functions()); d != "" {
		t.Error(d)
	}
	for _, b := range l.rootSchema().Blocks {
		if reference.BlockAttributes(b.Type) == nil {
			t.Errorf("the block %s is missing", b.Type)
		}
	}
	for _, name := range newKindInfo(&resource.Kind{}).names {
		if reference.ExplainWord(name, 80) == "" {
			t.Errorf("the attribute %s is missing", name)
		}
	}
}

// The page names every function of sprig that templates do not support.
func TestLanguagePageTemplates(t *testing.T) {
	_, section, _ := strings.Cut(languagePage(t), "<!-- left out -->")
	section, _, _ = strings.Cut(section, "<!-- end -->")
	var want []string
	for _, name := range sortedNames(sprig.GenericFuncMap()) {
		_, err := new(render.Renderer).Render("t", "{{ "+name+" }}", nil)
		if err != nil && strings.Contains(err.Error(), "not defined") {
			want = append(want, name)
		}
	}
	slices.Sort(want)
	if d := cmp.Diff(want, quotedNames(section)); d != "" {
		t.Error(d)
	}
}

// The page names every attribute that each block accepts.
func TestLanguagePageBlocks(t *testing.T) {
	page := languagePage(t)
	l := newLoader(context.Background(), nil, Options{})
	for _, b := range l.rootSchema().Blocks {
		if !strings.Contains(page, "| `"+b.Type) {
			t.Errorf("the block %s is missing", b.Type)
		}
	}
	for _, name := range newKindInfo(&resource.Kind{}).names {
		if !strings.Contains(page, "| `"+name+"` |") {
			t.Errorf("the attribute %s is missing", name)
		}
	}
}
