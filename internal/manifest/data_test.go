package manifest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/internal/resource"
)

// dataCase is a manifest with files of data, and the expected result.
type dataCase struct {
	files map[string]string // "data/a.hcl"
	site  string
	env   []string
	vars  map[string]string
	want  []string // parts of all variables: "x = 1 < a.hcl:1; over 2 < default site.hcl:1"
	errs  string
}

func TestData(t *testing.T) {
	t.Parallel()
	const layers = `settings { data = ["data/a.hcl", "data/${node.hostname}.hcl", "data/b.hcl"] }` + "\n"
	for name, c := range map[string]dataCase{
		"a default": {site: "variable \"x\" { default = 1 }", want: []string{"x = 1 < default site.hcl:1"}},
		"precedence": {
			files: map[string]string{"data/a.hcl": "x = 2\ny = 2\nz = 2\n", "data/b.hcl": "x = 3\n", "vars.hcl": "z = 5\n"},
			site:  layers + "variable \"x\" { default = 1 }\nvariable \"y\" { default = 1 }\nvariable \"z\" { default = 1 }\nvariable \"e\" { default = 1 }",
			env:   []string{"CONVERGE_VAR_y=4", "CONVERGE_VAR_e=4"}, vars: map[string]string{"e": "6"},
			want: []string{
				`e = "6" < --var e; over "4" < environment variable CONVERGE_VAR_e; over 1 < default site.hcl:5`,
				"x = 3 < data/b.hcl:1; over 2 < data/a.hcl:1; over 1 < default site.hcl:2",
				`y = "4" < environment variable CONVERGE_VAR_y; over 2 < data/a.hcl:2; over 1 < default site.hcl:3`,
				"z = 5 < vars.hcl:1; over 2 < data/a.hcl:3; over 1 < default site.hcl:4",
			},
		},
		"objects merge": {
			files: map[string]string{
				"data/a.hcl":    "listen = {\n  port = 80\n  tls  = { cert = \"a\", key = \"a\" }\n  names = [\"a\", \"b\"]\n}\n",
				"data/web1.hcl": "listen = {\n  tls   = { key = \"w\" }\n  names = [\"w\"]\n}\n",
				"data/b.hcl":    "",
			},
			site: layers + `variable "listen" { default = { host = "x", port = 1 } }`,
			want: []string{
				`listen.host = "x" < default site.hcl:2`, `listen.names = ["w"] < data/web1.hcl:3; over ["a","b"] < data/a.hcl:4`,
				"listen.port = 80 < data/a.hcl:2; over 1 < default site.hcl:2",
				`listen.tls.cert = "a" < data/a.hcl:3`, `listen.tls.key = "w" < data/web1.hcl:2; over "a" < data/a.hcl:3`,
			},
		},
		"null removes": {
			files: map[string]string{"data/a.hcl": "x = { a = 1, b = 2 }\ny = 5\n", "data/b.hcl": "x = { a = null, c = null }\ny = null\n"},
			site:  layers + "variable \"x\" {}\nvariable \"y\" { default = 7 }",
			want: []string{
				"x.a removed < data/b.hcl:1; over 1 < data/a.hcl:1", "x.b = 2 < data/a.hcl:1", "x.c removed < data/b.hcl:1",
				"y = 7 < default site.hcl:3; over removed < data/b.hcl:2; over 5 < data/a.hcl:2; over 7 < default site.hcl:3",
			},
		},
		"an object replaces what is none": {
			files: map[string]string{"data/a.hcl": "x = 1\n", "data/b.hcl": "x = { a = 1 }\n"},
			site:  layers + "variable \"x\" {}",
			want:  []string{"x = {\"a\":1} < data/b.hcl:1; over 1 < data/a.hcl:1", "x.a = 1 < data/b.hcl:1"},
		},
		"a variable of the environment replaces what several layers made": {
			files: map[string]string{"data/a.hcl": "x = { a = 1, c = 1 }\n", "data/b.hcl": "x = { b = 2 }\n"},
			site:  layers + "variable \"x\" {}", env: []string{"CONVERGE_VAR_x=7"},
			want: []string{`x = "7" < environment variable CONVERGE_VAR_x; over {"a":1,"b":2,"c":1} < data/a.hcl and data/b.hcl`},
		},
		"two roles": {
			files: map[string]string{"data/web.json": `{"ports": {"http": 80}}`, "data/db.hcl": "ports = { sql = 5432 }\n"},
			site:  "settings { data = [for r in node.roles : \"data/${r}\"] }\nvariable \"ports\" { type = map(number) }",
			want:  []string{"ports.http = 80 < data/web.json:1", "ports.sql = 5432 < data/db.hcl:1"},
		},
		"converted":            {files: map[string]string{"data/a.hcl": "x = \"80\"\n", "data/b.hcl": ""}, site: layers + "variable \"x\" { type = number }", want: []string{`x = "80" < data/a.hcl:1`}},
		"of a map":             {files: map[string]string{"data/a.hcl": "x = { b = 2 }\n", "data/b.hcl": ""}, site: layers + "variable \"x\" {\n type = map(string)\n default = { a = 1 }\n}", want: []string{`x.a = "1" < default site.hcl:4`, "x.b = 2 < data/a.hcl:1"}},
		"optional":             {files: map[string]string{"data/a.hcl": "x = { b = 2 }\n", "data/b.hcl": ""}, site: layers + "variable \"x\" { type = object({ a = optional(number, 1), b = number }) }", want: []string{"x.b = 2 < data/a.hcl:1"}},
		"missing":              {site: layers, errs: `Cannot read data at site.hcl:1: Cannot read "DIR/data/a.hcl": no such file or directory. A name that is written out must exist`},
		"chosen and missing":   {site: "settings { data = [node.hostname == \"x\" ? \"data/x.hcl\" : \"data/y.hcl\"] }", errs: `data/y.hcl": no such file`},
		"unknown name":         {files: map[string]string{"data/a.hcl": "\nlisten_prot = 1\n"}, site: layers + "variable \"listen_port\" { default = 1 }", errs: `Unknown variable at data/a.hcl:2: The variable "listen_prot" is not declared. Did you mean "listen_port"?`},
		"wrong type":           {files: map[string]string{"data/a.hcl": "x = {\n  a = 1\n  b = { c = [] }\n}\n", "data/b.hcl": "x = { a = 2 }\n"}, site: layers + "variable \"x\" { type = object({ a = number, b = object({ c = string }) }) }", errs: "Invalid value for a variable at data/a.hcl:3: The variable \"x\" must be of type"},
		"wrong later":          {files: map[string]string{"data/a.hcl": "x = { a = 1 }\n", "data/b.hcl": "\nx = { a = [] }\n"}, site: layers + "variable \"x\" { type = map(number) }", errs: "Invalid value for a variable at data/b.hcl:2"},
		"a part is missing":    {files: map[string]string{"data/a.hcl": "x = { a = 1 }\n", "data/b.hcl": ""}, site: layers + "variable \"x\" { type = object({ a = number, b = number }) }", errs: `attribute "b" is required`},
		"unknown attribute":    {files: map[string]string{"data/a.hcl": "x = {\n  prot = 1\n}\n", "data/b.hcl": "x = { port = 2 }\n"}, site: layers + "variable \"x\" { type = object({ port = number }) }", errs: `Unknown attribute at data/a.hcl:2: The type of the variable "x" has no attribute "prot". Did you mean "port"?`},
		"unknown in any layer": {files: map[string]string{"data/a.hcl": "x = { port = 1 }\n", "data/web1.hcl": "x = { host = \"w\" }\n", "data/b.hcl": "\nx = { hots = null }\n"}, site: layers + "variable \"x\" { type = object({ port = number, host = optional(string) }) }", errs: `Unknown attribute at data/b.hcl:2: The type of the variable "x" has no attribute "hots". Did you mean "host"?`},
		"unknown deeper":       {files: map[string]string{"data/a.hcl": "x = {\n  eu = [\n    { port = 1 },\n    { prot = 1 },\n  ]\n}\n", "data/b.hcl": ""}, site: layers + "variable \"x\" { type = map(list(object({ port = optional(number, 80) }))) }", errs: `Unknown attribute at data/a.hcl:4: The type of the variable "x" has no attribute "prot" in x["eu"][1]. Did you mean "port"?`},
		"unknown in JSON":      {files: map[string]string{"data/web.json": "{\"x\": {\n\"a\": {\"b\":\n {\"far\": 1}}}}"}, site: "settings { data = [\"data/web.json\"] }\nvariable \"x\" { type = object({ a = object({ b = object({ c = optional(number) }) }) }) }", errs: `Unknown attribute at data/web.json:3: The type of the variable "x" has no attribute "far" in x.a.b. Its attributes are c.`},
		"unknown in a file":    {files: map[string]string{"vars.hcl": "x = [{ a = 1 }, {\n ab = 2 }]\n"}, site: "variable \"x\" { type = set(object({ a = optional(number) })) }", errs: `vars.hcl:2: The type of the variable "x" has no attribute "ab" in x[1]. Did you mean "a"?`},
		"unknown in --var":     {vars: map[string]string{"x": "{ prot = 1 }"}, site: "variable \"x\" { type = object({ port = optional(number) }) }", errs: `Unknown attribute at <command line>:1: The type of the variable "x" has no attribute "prot". Did you mean "port"? It is set by --var x. It is declared at site.hcl:1.`},
		"unknown in env":       {env: []string{"CONVERGE_VAR_x=[{ prot = 1 }]"}, site: "variable \"x\" { type = tuple([object({ port = optional(number) })]) }", errs: `has no attribute "prot" in x[0]. Did you mean "port"? It is set by environment variable CONVERGE_VAR_x. It is declared at site.hcl:1.`},
		"unknown in a default": {site: "variable \"x\" {\n type = object({ port = optional(number) })\n default = merge({}, { prot = 1 })\n}", errs: `Unknown attribute at site.hcl:3: The type of the variable "x" has no attribute "prot".`},
		"any has all":          {files: map[string]string{"data/a.hcl": "x = { o = { a = 1 } }\n", "data/b.hcl": ""}, site: layers + "variable \"x\" { type = object({ o = any }) }", want: []string{"x.o.a = 1 < data/a.hcl:1"}},
		"unknown and secret":   {files: map[string]string{"data/a.hcl": "x = { hunter2 = 1 }\n", "data/b.hcl": ""}, site: layers + "variable \"x\" {\n type = object({ a = optional(number) })\n sensitive = true\n}", errs: `data/a.hcl:1: The value has an attribute that the type of the variable "x" does not have; the value is sensitive, so the name is not shown.`},
		"no constant":          {files: map[string]string{"data/a.hcl": "x = node.hostname\n"}, site: layers + "variable \"x\" {}", errs: "Not a constant at data/a.hcl:1"},
		"not parsed":           {files: map[string]string{"data/a.hcl": "x = hunter2 +\n"}, site: layers + "variable \"x\" {}", errs: "its text is not shown"},
		"of a variable":        {site: "variable \"x\" { default = \"a\" }\nsettings { data = [\"data/${var.x}.hcl\"] }", errs: "Data needs more than node at site.hcl:2"},
		"no list":              {site: "settings { data = node.hostname }", errs: "data must be a list of names of files"},
		"secret": {
			files: map[string]string{"data/a.hcl": "x = [\"hunter2\"]\n", "data/b.hcl": ""},
			site:  layers + "variable \"x\" {\n type = string\n sensitive = true\n}", errs: "its value is sensitive, so it is not shown",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.check(t)
		})
	}
}

func (c *dataCase) check(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, c.files)
	writeFiles(t, dir, map[string]string{"site.hcl": c.site})
	o := Options{
		Kinds: resource.KindsOf(realKinds()...), Env: c.env, Vars: c.vars, OnlyVariables: true,
		Node: func() (cty.Value, error) {
			return cty.ObjectVal(map[string]cty.Value{
				"hostname": cty.StringVal("web1"), "roles": cty.TupleVal([]cty.Value{cty.StringVal("web.json"), cty.StringVal("db.hcl")}),
			}), nil
		},
	}
	if c.files["vars.hcl"] != "" {
		o.VarFiles = []string{dir + "/vars.hcl"}
	}
	var got []string
	var errs strings.Builder
	site, diags := Load(t.Context(), dir, o)
	for _, d := range diags {
		fmt.Fprintf(&errs, "%s at %s:%d: %s\n", d.Summary, d.Subject.Filename, d.Subject.Start.Line, d.Detail)
	}
	said := strings.ReplaceAll(strings.ReplaceAll(errs.String(), dir+"/data", "data"), dir+"/site", "site")
	said = strings.ReplaceAll(said, "read \"data", "read \"DIR/data")
	if c.errs == "" && said != "" || !strings.Contains(said, c.errs) || strings.Contains(said, "hunter2") {
		t.Fatalf("errors %q, want %q", said, c.errs)
	}
	if c.errs != "" {
		return
	}
	for _, v := range site.Variables {
		for _, p := range v.Parts {
			line := p.Name + jsonText(p.Value) + origin(p.From)
			for _, u := range p.Under {
				line += "; over" + strings.TrimPrefix(jsonText(u.Value), " =") + origin(u.From)
			}
			got = append(got, strings.ReplaceAll(line, dir+"/", ""))
		}
	}
	if d := cmp.Diff(c.want, got); d != "" {
		t.Error(d)
	}
	o.OnlyVariables = false // the whole load has the same result
	if _, diags := Load(t.Context(), dir, o); diags.HasErrors() {
		t.Error(diags)
	}
}

func origin(o Origin) string {
	text := " <"
	if o.What != "" {
		text += " " + o.What
	}
	if o.Place.Filename != "" {
		text += fmt.Sprintf(" %s:%d", o.Place.Filename, o.Place.Start.Line)
	}
	return text
}

func jsonText(v cty.Value) string {
	if v == cty.NilVal {
		return " removed"
	}
	b, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		return err.Error()
	}
	return " = " + string(b)
}

// TestDataIsAnInput: a changed or new file of data is detected.
func TestDataIsAnInput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"site.hcl":   "settings { data = [\"data/a.hcl\", \"data/${node.hostname}.hcl\"] }\nvariable \"x\" {}\nvariable \"y\" { default = 1 }\n",
		"data/a.hcl": "x = 1\n",
	})
	site, diags := Load(t.Context(), dir, Options{Kinds: resource.KindsOf(realKinds()...), Node: func() (cty.Value, error) {
		return cty.ObjectVal(map[string]cty.Value{"hostname": cty.StringVal("web1")}), nil
	}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if d := cmp.Diff([]string{"node.hostname"}, site.Facts); d != "" {
		t.Error(d)
	}
	if _, ok := site.Inputs.Vars["x"]; ok || site.Inputs.Vars["y"] == nil {
		t.Errorf("a saved plan would have %v", site.Inputs.Vars)
	}
	if got := site.Altered(); got != nil {
		t.Errorf("altered %q", got)
	}
	writeFiles(t, dir, map[string]string{"data/a.hcl": "x = 2\n", "data/web1.hcl": "y = 2\n"})
	if d := cmp.Diff([]string{dir + "/data/a.hcl", dir + "/data/web1.hcl"}, site.Altered()); d != "" {
		t.Error(d)
	}
}
