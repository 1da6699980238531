package recipe

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/pack"
)

// write makes a recipe with the files beside it that the tests use.
func write(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{FileName: text, "app": "binary", "app.service": "[Service]\n", "share/a/b": "b"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const whole = `
variable "version" { default = "1.2" }
locals { user = "app" }
package "app" {
  version    = var.version
  summary    = "An application"
  maintainer = "Jo <jo@example.org>"
  depends    = concat(["base >= 1"], node.format == "deb" ? ["adduser"] : [])
}
user "app" { home = "/var/lib/${local.user}" }
file "/usr/bin/app" {
  source = "app"
  mode   = "u=rwx,go=rx"
}
config "/etc/app.ini" {
  for_each = { main = "x" }
  content  = "${each.value} = ${var.version}\n"
  owner    = local.user
}
tree "/usr/share/app" { source = "share" }
link "/usr/bin/app2" {
  when   = node.arch == "arm64"
  target = "app"
}
unit "app.service" {
  source             = "app.service"
  restart_on_upgrade = false
}
script "post_install" { content = "true" }
change "1.1" {
  date  = "2026-01-01"
  notes = ["one"]
}
change "1.2" {
  date  = "2026-02-01T10:00:00Z"
  notes = ["two"]
}
`

func TestWholeRecipe(t *testing.T) {
	dir := write(t, whole)
	p, _, diags := Load(context.Background(), dir, Target{Format: pack.Deb, Arch: "amd64"}, Inputs{Vars: map[string]string{"version": "2.0"}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	want := pack.Package{
		Name: "app", Version: "2.0", Arch: "amd64", Summary: "An application", Maintainer: "Jo <jo@example.org>",
		Relations: pack.Relations{Depends: []string{"base >= 1", "adduser"}},
		Users:     []pack.User{{Name: "app", Home: "/var/lib/app", System: true}},
		Files: []pack.File{
			{Path: "/usr/bin/app", Source: dir + "/app", Mode: 0o755, Content: []byte{}},
			{Path: "/etc/app.ini", Type: pack.Config, Content: []byte("x = 2.0\n"), Owner: "app"},
			{Path: "/usr/share/app", Type: pack.Dir},
			{Path: "/usr/share/app/a", Type: pack.Dir},
			{Path: "/usr/share/app/a/b", Source: dir + "/share/a/b", Mode: 0o755},
		},
		Units:   []pack.Unit{{Name: "app.service", Content: []byte("[Service]\n"), Enable: true, Start: true}},
		Scripts: pack.Scripts{PostInstall: "true"},
	}
	versions := []string{p.Changelog[0].Version, p.Changelog[1].Version}
	if diff := cmp.Diff([]string{"1.2", "1.1"}, versions); diff != "" {
		t.Errorf("changelog: %s", diff)
	}
	p.Changelog = nil
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
	if p, _, _ := Load(context.Background(), dir, Target{Format: pack.RPM, Arch: "arm64"}, Inputs{}); len(p.Depends) != 1 || len(p.Files) != 6 {
		t.Errorf("as an rpm for arm64: %v, %d files", p.Depends, len(p.Files))
	}
}

func TestMistakesHaveAPlace(t *testing.T) {
	const app = `package "app" {
  version    = "1"
  summary    = "s"
  maintainer = "m"
}
`
	for _, tt := range []struct {
		text, says string
		line       int
	}{
		{"", "declares no package", 0},
		{app + app[:9] + "b" + app[12:], "is one package", 6},
		{app + `file "/usr/bin/x" { source = "nope" }`, "no such file", 6},
		{app + `file "/usr/bin/x" { source = "share" }`, "not a regular file", 6},
		{app + `file "/usr/bin/x" {}`, "exactly one of content and source", 6},
		{app + `file "usr/bin/x" { content = "" }`, `needs the attribute "path"`, 6},
		{app + `file "/usr/bin/x" { contents = "" }`, "content", 6},
		{app + `file "/usr/bin/../x" { content = "" }`, "absolute and clean", 1},
		{app + `unit "app" { content = "" }`, "no name of a unit", 1},
		{app + `unit "app@.service" { content = "" }`, "is a template", 1},
		{app + `user "Root!" {}`, "no name of an account", 1},
		{app + `script "after" { content = "" }`, "must be one of pre_install", 6},
		{app + "change \"1\" {\n  date = \"yesterday\"\n  notes = []\n}", "must be a date", 7},
		{strings.Replace(app, `"1"`, `"one"`, 1), "is no version", 1},
		{strings.Replace(app, `"app"`, `"App"`, 1), "is no name there", 1},
		{strings.Replace(app, `"s"`, `"s\nEssential: yes"`, 1), "more than one line", 1},
	} {
		_, _, diags := Load(context.Background(), write(t, tt.text), Target{Format: pack.Deb, Arch: "amd64"}, Inputs{})
		if !diags.HasErrors() {
			t.Errorf("%s\nis no mistake", tt.text)
			continue
		}
		line := 0
		if s := diags[0].Subject; s != nil {
			line = s.Start.Line
		}
		if text := diags.Error(); !strings.Contains(text, tt.says) || line != tt.line {
			t.Errorf("%s\nsays, of line %d: %s\nwant, of line %d: %s", tt.text, line, text, tt.line, tt.says)
		}
	}
}
