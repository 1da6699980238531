package plantest_test

import (
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/values"
	"converge/internal/plantest"
)

// site returns a plan for the assertions.
func site() *plantest.Plan {
	return &plantest.Plan{
		Resources: []*plantest.Resource{
			{Address: "package.nginx", Block: "package.nginx", Kind: "package", Action: "create", Order: 1},
			{
				Address: `file["/etc/motd"]`, Block: `file["/etc/motd"]`, Kind: "file", Action: "update", Order: 2,
				Attributes: map[string]cty.Value{"content": cty.StringVal("hi\n"), "password": cty.StringVal("s3cret").Mark(values.Sensitive)},
				Changes:    map[string]plantest.Change{"mode": {Before: cty.StringVal("0600"), After: cty.StringVal("0644")}},
			},
			{Address: `file.site["eu"]`, Block: "file.site", Kind: "file", Action: "none", Order: 3},
			{Address: `file.site["us"]`, Block: "file.site", Kind: "file", Action: "none", Order: 4},
			{Address: "module.web.service.nginx", Block: "module.web.service.nginx", Kind: "service", Action: "create", Order: 5, After: []string{"package.nginx"}, Actions: []string{"reload"}},
			{Address: "service.old", Also: []string{"service.older"}, Block: "service.old", Kind: "service", Action: "failed", Error: "no such unit", Order: 6},
		},
		Counts:    map[string]int{"create": 2},
		Node:      cty.ObjectVal(map[string]cty.Value{"hostname": cty.StringVal("web1")}),
		Variables: map[string]cty.Value{"port": cty.NumberIntVal(80)},
	}
}

// parse parses a file with one test that has these assertions.
func parse(t *testing.T, conditions ...string) *plantest.Test {
	t.Helper()
	text := "test \"it\" {\n"
	for _, c := range conditions {
		text += "  assert {\n    condition = " + c + "\n  }\n"
	}
	f, diags := plantest.Parse("it.test.hcl", []byte(text+"}\n"))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return f.Tests[0]
}

// TestJudge: the results of conditions, and the values shown for those that are false.
func TestJudge(t *testing.T) {
	for condition, want := range map[string]string{
		`plan["package.nginx"].action == "create"`:                        "",
		`plan.package.nginx.action == "create"`:                           "",
		`plan["file[\"/etc/motd\"]"].order > plan["package.nginx"].order`: "",
		`plan.file["/etc/motd"].attributes.content == "hi\n"`:             "",
		`plan.file["/etc/motd"].changes.mode.after == "0644"`:             "",
		`plan.file.site["eu"].action == plan["file.site[\"us\"]"].action`: "",
		`plan.module.web.service.nginx.actions == ["reload"]`:             "",
		`contains(plan.module.web.service.nginx.after, "package.nginx")`:  "",
		`plan.service["nginx"].action == "create"`:                        "The plan has no resource service[\"nginx\"]",
		`plan.package["nginx"].order > 0`:                                 "",
		`alltrue([for k in ["eu", "us"] : plan.file.site[k].order > 0])`:  "",
		`length(plan.file.site) == 2`:                                     "",
		`plan["service.older"].error == "no such unit"`:                   "",
		`!can(plan["service.none"])`:                                      "",
		`length([for a, r in plan : a if r.kind == "file"]) == 3`:         "",
		`counts.create == 2 && node.hostname == "web1" && var.port == 80`: "",
		`plan.file["/etc/motd"].attributes.password == "s3cret"`:          "",
		`plan["package.nginx"].action == "update"`:                        `plan["package.nginx"].action is "create"`,
		`plan.file["/etc/motd"].attributes.password == "x"`:               `plan.file["/etc/motd"].attributes.password is (sensitive)`,
		`plan["service.ngin"].action == "create"`:                         "The plan has no resource service.ngin",
		`plan["package.ngimx"].action == "create"`:                        `Did you mean "package.nginx"?`,
		`plan.service.nginx.action == "create"`:                           "The plan has no resource service.nginx",
		`plan["package.nginx"].acton == "create"`:                         `"acton"`,
		`plan["package.nginx"].order`:                                     "The condition must be true or false, and is 1.",
		`plan.module.web.service.nginx.after == []`:                       `.after is ["package.nginx"]`,
	} {
		t.Run(condition, func(t *testing.T) {
			var said []string
			for _, f := range parse(t, condition).Judge(site()) {
				said = append(said, f.Lines()...)
			}
			text := strings.Join(said, "\n")
			if want == "" && text != "" || !strings.Contains(text, want) || strings.Contains(text, "s3cret") && !strings.Contains(condition, "s3cret") {
				t.Errorf("it says\n%s\nwant %q", text, want)
			}
			if want != "" && !strings.HasPrefix(text, "it.test.hcl:3: ") {
				t.Errorf("the place is not told:\n%s", text)
			}
		})
	}
}

// TestNamed: which blocks a test covers.
func TestNamed(t *testing.T) {
	got := parse(t, `plan["service.older"].action == "failed"`, `plan.file.site["eu"].order > plan["nothing.there"].order`, `alltrue([for r in plan : true])`).Named(site())
	if strings.Join(got, " ") != "file.site service.old" {
		t.Errorf("named are %q", got)
	}
	golden := parse(t, "true")
	golden.Golden = "it.plan"
	if got := golden.Named(site()); len(got) != 5 {
		t.Errorf("a golden plan names %q", got)
	}
}

// TestParse: valid and invalid files of tests.
func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		`test "a" { expect_error = "x" }`:                        "",
		`test "a" { golden = "a.plan" }`:                         "",
		"test \"a\" {\n  assert {\n    condition = true\n  }\n}": "",
		`test "a" {}`: "Test without a question",
		"test \"a\" { golden = \"x\" }\ntest \"a\" { golden = \"x\" }":          "Duplicate test",
		`test "a" { golden = 1 }`:                                               "golden must be a string.",
		"test \"a\" {\n  node = [1]\n  golden = \"x\"\n}":                       "node must be an object",
		"test \"a\" {\n  var_files = \"x\"\n  golden = \"x\"\n}":                "var_files must be a list of strings.",
		"test \"a\" {\n  variables = { p = sensitive(1) }\n  golden = \"x\"\n}": "without sensitive values",
		`test "a" { golden = "" }`:                                              "golden is empty; leave it out instead.",
		`test "a" { expect_error = "" }`:                                        "expect_error is empty",
		"test \"a\" {\n  var_files = [\"\"]\n  golden = \"x\"\n}":               "var_files must be a list of strings",
		"test \"a\" {\n  nodes = {}\n  golden = \"x\"\n}":                       `A test has no attribute "nodes". Did you mean "node"?`,
		"test \"a\" {\n  assert {\n    message = \"m\"\n  }\n}":                 `An assert block needs the attribute "condition".`,
		"test \"a\" {\n  vars = {}\n  golden = \"x\"\n}":                        `A test has no attribute "vars". Here that is variables.`,
		"test \"a\" {\n  assert \"b\" {\n    condition = true\n  }\n}":          "An assert block has no name",
		"run \"a\" {\n}":                     `A file of tests has no block "run". Here that is test.`,
		"test {\n}":                          `A test has a name, in quotes: test "NAME" { … }.`,
		"file \"/x\" {}":                     "Unsupported block type",
		"test \"a\" {":                       "",
		"test \"a\" { golden = plan }":       "",
		"test \"a\" { golden = \"${1/0}\" }": "",
	} {
		t.Run(text, func(t *testing.T) {
			_, diags := plantest.Parse("it.test.hcl", []byte(text))
			if want == "" && strings.HasSuffix(text, "}") && !strings.Contains(text, "plan }") && !strings.Contains(text, "1/0") {
				if diags.HasErrors() {
					t.Error(diags)
				}
				return
			}
			if !diags.HasErrors() || !strings.Contains(diags.Error(), want) && len(diags) < 2 && !strings.Contains(diags[0].Summary+diags[0].Detail, want) {
				t.Errorf("the diagnostics are %v, want %q", diags, want)
			}
		})
	}
}

// TestHasError: an expected error is found regardless of the folding of its text.
func TestHasError(t *testing.T) {
	it := &plantest.Test{ExpectError: "between 1 and 64 workers"}
	if !it.HasError("Error: please\nbetween 1\n  and 64 workers, please") || it.HasError("between 1 and 65 workers") {
		t.Error("it compares something else than words")
	}
}

// TestJUnit: the report has a suite for each file, and is valid XML for any text.
func TestJUnit(t *testing.T) {
	text, err := plantest.JUnit([]*plantest.Result{
		{File: "a.test.hcl", Name: "one", Line: 1, Elapsed: 1500 * time.Millisecond},
		{File: "a.test.hcl", Name: "two", Line: 9, Failures: []plantest.Failure{{Place: "a.test.hcl:10", Message: `a < "b"` + "\x1b", Condition: "x", Text: "line\n]]>"}}},
		{File: "b.test.hcl", Name: "three", Line: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	var back struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Suites   []struct {
			Time  string `xml:"time,attr"`
			Cases []struct {
				Name    string `xml:"name,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(text, &back); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if back.Tests != 3 || back.Failures != 1 || len(back.Suites) != 2 || back.Suites[0].Time != "1.500" {
		t.Errorf("the report is\n%s", text)
	}
	if f := back.Suites[0].Cases[1].Failure; f == nil || !strings.HasPrefix(f.Message, `a < "b"`) || !strings.Contains(f.Text, "]]>") {
		t.Errorf("the failure is %+v", f)
	}
}

// FuzzParse: no text of a file of tests, and no condition, makes the program panic.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"test \"a\" {\n  node = { a = 1 }\n  assert {\n    condition = plan.x[\"y\"].z == null\n  }\n}", `test "a" { golden = "x" }`, "test", "test \"a\" {\n assert {\n condition = plan[plan]\n}\n}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<12 {
			return
		}
		file, diags := plantest.Parse("it.test.hcl", []byte(text))
		if file == nil || diags.HasErrors() {
			return
		}
		for _, one := range file.Tests {
			one.Judge(site())
			one.Named(site())
		}
	})
}
