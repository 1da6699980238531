package packaging

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"converge/internal/pack/recipe"
)

// Every link of an installed page leads to something that is installed, and to a heading that its
// page has. Man pages may be in the package of stow2.
func TestLinksOfInstalledPages(t *testing.T) {
	installed := installPages(t)
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	links := 0
	for name, text := range installed {
		if !strings.HasSuffix(name, ".md") {
			continue
		}
		for _, m := range link.FindAllStringSubmatch(withoutCode(text), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			links++
			to, anchor, _ := strings.Cut(m[1], "#")
			at := path.Join(path.Dir(name), to)
			switch {
			case to == "":
				at = name
			case path.IsAbs(to):
				at = to
			}
			if target, ok := installed[at]; !ok {
				t.Errorf("%s: nothing is installed where %s leads", name, m[1])
			} else if anchor != "" && !hasHeading(target, anchor) {
				t.Errorf("%s: there is no heading %s", name, m[1])
			}
		}
	}
	if links < 200 {
		t.Errorf("only %d links were found", links)
	}
}

// installPages returns the content of all that the package of converge brings, by path; of
// folders "".
func installPages(t *testing.T) map[string]string {
	t.Helper()
	stage, out := t.TempDir(), map[string]string{}
	put := func(name string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(stage, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(stage, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("amd64/converge")
	pages, err := filepath.Glob("../docs/man/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		name := "man/man" + page[len(page)-1:] + "/" + filepath.Base(page) + ".gz"
		put(name)
		out["/usr/share/"+name] = ""
	}
	p, _, diags := recipe.Load(t.Context(), "recipes/converge.hcl", recipe.Target{Format: "deb", Arch: "amd64"}, recipe.Inputs{Vars: map[string]string{"version": "1", "stage": stage}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for _, f := range p.Files {
		text := f.Content
		if f.Source != "" {
			if text, err = os.ReadFile(f.Source); err != nil {
				t.Fatal(err)
			}
		}
		out[f.Path] = string(text)
		for dir := path.Dir(f.Path); dir != "/"; dir = path.Dir(dir) {
			out[dir] = ""
		}
	}
	return out
}

// withoutCode is a page without its blocks and spans of code, in which brackets are no links.
func withoutCode(page string) string {
	page = regexp.MustCompile("(?ms)^ *```.*?^ *```$").ReplaceAllString(page, "")
	return regexp.MustCompile("(`+)[^`]+`+").ReplaceAllStringFunc(page, func(code string) string {
		return strings.NewReplacer("[", " ", "]", " ", "(", " ", ")", " ").Replace(code)
	})
}

// hasHeading reports whether a page has the heading that an anchor means, by the rules of the
// forges: in lower case, without punctuation, with - for a space.
func hasHeading(page, anchor string) bool {
	seen := map[string]int{}
	blocks := regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	for line := range strings.Lines(blocks.ReplaceAllString(page, "")) {
		title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " ")
		if !ok || line[0] != '#' {
			continue
		}
		slug := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(title))
		if n := seen[slug]; n > 0 {
			seen[slug]++
			slug = fmt.Sprintf("%s-%d", slug, n)
		}
		seen[slug]++
		if slug == anchor {
			return true
		}
	}
	return false
}
