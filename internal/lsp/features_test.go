package lsp_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"converge/internal/lsp/text"
	"converge/internal/lsp/wire"
)

// siteFiles returns the manifests of the folder for the tables' requests.
func siteFiles() map[string]string {
	return map[string]string{
		"site.hcl": `variable "workers" {
  type        = number
  default     = 4
  description = "How many there are."
}
locals { conf = "/etc/nginx" }
package "nginx" {}
service "nginx" {
  restart_on = [package.nginx]
}
file "/etc/motd" { content = "${local.conf} ${var.workers}" }
module "web" {
  source = "./web"
  port   = var.workers
}
output "url" { value = module.web.url }
`,
		"web/main.hcl": `variable "port" { type = number }
output "url" { value = "http://x:${var.port}" }
`,
	}
}

// ask opens a document with a cursor (‸) in the folder of siteFiles, and sends a request about that
// place.
func ask(t *testing.T, method, file, src string, more map[string]any) (*editor, json.RawMessage) {
	t.Helper()
	return askIn(t, t.TempDir(), method, file, src, more)
}

// askIn is ask in a folder that has more files.
func askIn(t *testing.T, dir, method, file, src string, more map[string]any) (*editor, json.RawMessage) {
	t.Helper()
	e := startEditor(t, dir)
	for name, content := range siteFiles() {
		path := filepath.Join(e.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	e.initialize()
	at := strings.Index(src, "‸")
	src = strings.Replace(src, "‸", "", 1)
	e.open(file, src)
	params := map[string]any{"textDocument": e.document(file), "position": text.New([]byte(src)).Position(at)}
	for k, v := range more {
		params[k] = v
	}
	return e, e.request(method, params)
}

// TestCompletion shows the proposals at places: all of them, or with + one of them.
func TestCompletion(t *testing.T) {
	for src, want := range map[string]string{
		"sysc‸":                           "sysctl = sysctl",
		"loc‸":                            "locale = locale, block = block, locals = locals",
		"file \"/a\" {\n  conten‸":        "content = content = ",
		"file \"/a\" {\n  conten‸ = 1\n}": "content = content",
		"file \"/a\" {\n  content = \"x\"\n  conten‸\n}":             "",
		"service \"a\" {\n  restart_o‸":                              "restart_on = restart_on = ",
		"package \"a\" {\n  ensure = lat‸":                           `+latest = "latest"`,
		"package \"a\" {\n  ensure = \"lat‸\"\n}":                    "latest = latest",
		"file \"/a\" {\n  follow = tr‸":                              "+true = true",
		"file \"/a\" {\n  depends_on = [serv‸":                       "service.nginx = service.nginx",
		"file \"/a\" {\n  depends_on = [service.‸":                   "nginx = nginx",
		"file \"/a\" {\n  depends_on = [file.‸]\n}":                  `/etc/motd = file["/etc/motd"]`,
		"file \"/a\" {\n  notifies = [‸":                             "+service.nginx.reload = service.nginx.reload",
		"file \"/a\" {\n  notifies = [immediately(service.nginx.re‸": "reload = reload, restart = restart",
		"file \"/a\" {\n  content = va‸":                             "+var.workers = var.workers",
		"file \"/a\" {\n  content = var.‸":                           "workers = workers",
		"file \"/a\" {\n  content = \"${local.‸}\"\n}":               "conf = conf",
		"file \"/a\" {\n  content = uppe‸":                           "upper = upper(",
		"file \"/a\" {\n  content = node.‸":                          "os = os, hostname = hostname",
		"file \"/a\" {\n  content = node.os.‸":                       "id = id",
		"file \"/a\" {\n  content = each.‸":                          "key = key, value = value",
		"file \"/a\" {\n  content = module.‸":                        "web = web",
		"file \"/a\" {\n  content = module.web.‸":                    "url = url",
		"file \"/a\" {\n  content = file[\"/etc/motd\"].pat‸":        "+path = path",
		"module \"m\" {\n  source = \"./web\"\n  p‸\n}":              "+port = port = ",
		"variable \"x\" {\n  type = nu‸":                             "number = number",
		"variable \"x\" {\n  validation {\n    cond‸":                "condition = condition = ",
		"settings {\n  pru‸":                                         "prune = prune = ",
		"file \"/a\" {\n  content = \"va‸\"\n}":                      "",
	} {
		_, raw := ask(t, "textDocument/completion", "new.hcl", src, nil)
		var list wire.CompletionList
		if err := json.Unmarshal(raw, &list); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, i := range list.Items {
			got = append(got, i.Label+" = "+i.Edit.NewText)
		}
		if more, some := strings.CutPrefix(want, "+"); some && slices.Contains(got, more) {
			continue
		}
		if all := strings.Join(got, ", "); all != want {
			t.Errorf("%s\ngot  %s\nwant %s", src, all, want)
		}
	}
}

// TestHover shows the explanations of words.
func TestHover(t *testing.T) {
	for src, want := range map[string]string{
		"fi‸le \"/a\" {}":                                         "One regular file",
		"file \"/a\" {\n  mo‸de = \"0644\"\n}":                    "`file.mode` (string",
		"service \"a\" {\n  restart_o‸n = []\n}":                  "`service.restart_on`",
		"file \"/a\" {\n  content = upp‸er(\"x\")\n}":             "`upper(text)`",
		"file \"/a\" {\n  content = var.work‸ers\n}":              "How many there are.",
		"file \"/a\" {\n  content = local.co‸nf\n}":               "conf = \"/etc/nginx\"",
		"file \"/a\" {\n  content = node.os.i‸d\n}":               "`node.os.id` (string): The name of the distribution",
		"file \"/a\" {\n  content = module.web.ur‸l\n}":           "main.hcl:2",
		"file \"/a\" {\n  notifies = [service.ngi‸nx.reload]\n}":  "declared at site.hcl:8",
		"file \"/a\" {\n  notifies = [service.nginx.rel‸oad]\n}":  "is an action of `service.nginx`",
		"file \"/a\" {\n  content = file[\"/etc/motd\"].pat‸h\n}": "`file.path`",
		"module \"m\" {\n  source = \"./web\"\n  por‸t = 1\n}":    "declared at main.hcl:1",
		"set‸tings {}": "Settings of the site",
		"‸\n":          "null",
	} {
		_, raw := ask(t, "textDocument/hover", "new.hcl", src, nil)
		var h struct{ Contents struct{ Value string } }
		if err := json.Unmarshal(raw, &h); err != nil {
			t.Fatal(err)
		}
		if got := h.Contents.Value; !strings.Contains(got, want) && !(want == "null" && string(raw) == "null") {
			t.Errorf("%s\ngot  %s\nwant %s", src, raw, want)
		}
	}
}

// places writes locations as FILE:LINE:COLUMN, from 0 on.
func places(t *testing.T, e *editor, raw json.RawMessage) string {
	t.Helper()
	var list []wire.Location
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range list {
		out = append(out, fmt.Sprintf("%s:%d:%d", strings.TrimPrefix(l.URI, e.uri("")+"/"), l.Range.Start.Line, l.Range.Start.Character))
	}
	return strings.Join(out, " ")
}

// TestDefinition shows where names are declared, and where they are used.
func TestDefinition(t *testing.T) {
	for src, want := range map[string][2]string{
		"file \"/a\" {\n  content = var.work‸ers\n}":              {"site.hcl:0:10", "new.hcl:1:16 site.hcl:10:50 site.hcl:13:15"},
		"file \"/a\" {\n  content = loc‸al.conf\n}":               {"site.hcl:5:9", "new.hcl:1:18 site.hcl:10:38"},
		"file \"/a\" {\n  notifies = [service.nginx.rel‸oad]\n}":  {"site.hcl:7:9", "new.hcl:1:22"},
		"file \"/a\" {\n  depends_on = [file[\"/etc‸/motd\"]]\n}": {"site.hcl:10:6", "new.hcl:1:20"},
		"file \"/a\" {\n  content = module.we‸b.url\n}":           {"site.hcl:11:8", "new.hcl:1:19 site.hcl:15:30"},
		"file \"/a\" {\n  content = module.web.ur‸l\n}":           {"web/main.hcl:1:8", "new.hcl:1:23 site.hcl:15:34"},
		"module \"m\" {\n  source = \"./web\"\n  por‸t = 1\n}":    {"web/main.hcl:0:10", "web/main.hcl:1:39 new.hcl:2:2 site.hcl:13:2"},
		"module \"m\" {\n  source = \"./w‸eb\"\n}":                {"web/main.hcl:0:0", ""},
		"package \"ngi‸nx\" {}":                                   {"new.hcl:0:9 site.hcl:6:9", "site.hcl:8:24"},
		"file \"/a\" {\n  content = node.o‸s\n}":                  {"", ""},
	} {
		e, raw := ask(t, "textDocument/definition", "new.hcl", src, nil)
		if got := places(t, e, raw); got != want[0] {
			t.Errorf("%s\nis declared at %s, want %s", src, got, want[0])
		}
		e, raw = ask(t, "textDocument/references", "new.hcl", src, nil)
		if got := places(t, e, raw); got != want[1] {
			t.Errorf("%s\nis used at %s, want %s", src, got, want[1])
		}
	}
}

// apply applies edits to texts, the last one of a text first.
func apply(t *testing.T, edits []wire.Edit, src string) string {
	t.Helper()
	x := text.New([]byte(src))
	slices.SortStableFunc(edits, func(a, b wire.Edit) int { return x.Offset(b.Range.Start) - x.Offset(a.Range.Start) })
	for _, e := range edits {
		x = x.Replace(e.Range, e.NewText)
	}
	return string(x.Bytes())
}

// TestRename shows documents after a name in them has changed.
func TestRename(t *testing.T) {
	for _, tt := range []struct{ name, src, now, want, site string }{
		{"package", "package \"cu‸rl\" {}\nfile \"/a\" {\n  depends_on = [package.curl]\n}\n", "get",
			"package \"get\" {\n  name = \"curl\"\n}\nfile \"/a\" {\n  depends_on = [package.get]\n}\n", ""},
		{"to a path", "exec \"ru‸n\" {\n  command = [\"x\"]\n}\nfile \"/a\" {\n  notifies = [exec.run.run]\n}\n", "a b",
			"exec \"a b\" {\n  command = [\"x\"]\n}\nfile \"/a\" {\n  notifies = [exec[\"a b\"].run]\n}\n", ""},
		{"a path", "file \"/a‸\" { content = \"x\" }\nfile \"/b\" { content = file[\"/a\"].path }\n", "motd",
			"file \"motd\" {\n  path = \"/a\"\n  content = \"x\" \n}\nfile \"/b\" { content = file[\"motd\"].path }\n", ""},
		{"to a quote at the end", "package \"cu‸rl\" {}\n", "a\"", "package \"a\\\"\" {\n  name = \"curl\"\n}\n", ""},
		{"variable", "file \"/a\" {\n  content = var.work‸ers\n}\n", "n", "file \"/a\" {\n  content = var.n\n}\n", "port   = var.n\n"},
		{"input", "module \"m\" {\n  source = \"./web\"\n  por‸t = 1\n}\n", "at", "module \"m\" {\n  source = \"./web\"\n  at = 1\n}\n", "at   = var.workers\n"},
		{"taken", "package \"cu‸rl\" {}\n", "nginx", "error", ""},
		{"no name", "file \"/a\" {\n  content = var.work‸ers\n}\n", "a b", "error", ""},
		{"nothing", "‸\n", "x", "error", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, raw := ask(t, "textDocument/rename", "new.hcl", tt.src, map[string]any{"newName": tt.now})
			if tt.want == "error" {
				if raw != nil || !strings.Contains(e.said.String(), "< error") {
					t.Errorf("%s", raw)
				}
				return
			}
			var edit wire.WorkspaceEdit
			if err := json.Unmarshal(raw, &edit); err != nil {
				t.Fatal(err, e.said.String())
			}
			if got := apply(t, edit.Changes[e.uri("new.hcl")], strings.Replace(tt.src, "‸", "", 1)); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if got := apply(t, edit.Changes[e.uri("site.hcl")], siteFiles()["site.hcl"]); !strings.Contains(got, tt.site) {
				t.Errorf("the site is\n%s", got)
			}
		})
	}
}
