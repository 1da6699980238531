package facts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/facts"
)

// TestRecorded: the value of node for a machine other than this one.
func TestRecorded(t *testing.T) {
	obj := func(pairs ...any) cty.Value {
		m := map[string]cty.Value{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i].(string)] = pairs[i+1].(cty.Value)
		}
		return cty.ObjectVal(m)
	}
	for name, c := range map[string]struct {
		file, text string
		over       cty.Value
		fact       string // the tested one
		want       string // its value as text
		err        string
	}{
		"json":                   {file: "f.json", text: `{"os":{"family":"redhat"}}`, fact: "os.family", want: "redhat"},
		"hcl":                    {file: "f.hcl", text: `os = { family = "suse" }`, fact: "os.family", want: "suse"},
		"converted":              {file: "f.json", text: `{"os":{"version":12}}`, fact: "os.version", want: "12"},
		"an attribute":           {file: "f.json", text: `{"role":"web"}`, fact: "role", want: "web"},
		"laid over":              {file: "f.json", text: `{"os":{"family":"suse","id":"x"}}`, over: obj("os", obj("id", cty.StringVal("y"))), fact: "os.id", want: "y"},
		"kept below":             {file: "f.json", text: `{"os":{"family":"suse","id":"x"}}`, over: obj("os", obj("id", cty.StringVal("y"))), fact: "os.family", want: "suse"},
		"not of this one":        {file: "f.json", text: `{}`, fact: "hostname", want: ""},
		"null":                   {file: "f.json", text: `{"cloud":null}`, fact: "cloud", want: ""},
		"a wrong type":           {file: "f.json", text: `{"memory":{"total":true}}`, err: "node.memory.total is a fact, and must be of type number"},
		"a wrong type in a line": {file: "f.json", text: "{\n \"memory\": {\n  \"total\": true}}", err: "f.json:3: node.memory.total is a fact"},
		"in a line of HCL":       {file: "f.hcl", text: "os = {\n  id = \"debian\"\n  like = \"x\"\n}\n", err: "f.hcl:3: node.os has no fact"},
		"cut short":              {file: "f.json", text: "{\"os\": {\n", err: "f.json:1: unexpected end of JSON"},
		"no object":              {file: "f.json", text: `{"os":"debian"}`, err: "node.os is a fact, and must be an object"},
		"an unknown part":        {file: "f.json", text: `{"os":{"like":"debian"}}`, err: `node.os has no fact "like"`},
		"of an interface":        {file: "f.json", text: `{"interfaces":{"eth0":{"mtu":"x"}}}`, err: "node.interfaces.eth0.mtu is a fact"},
		"another name":           {file: "f.yaml", text: `{}`, err: "ends neither in .json nor in .hcl"},
		"broken":                 {file: "f.json", text: "{\n,}", err: "f.json:2: "},
		"no file":                {file: "missing.json", err: "cannot read facts"},
		"laid over wrong":        {over: obj("cpu", cty.StringVal("two")), err: "node.cpu is a fact, and must be an object"},
		"nothing but over":       {over: obj("os", obj("id", cty.StringVal("y"))), fact: "os.id", want: "y"},
	} {
		t.Run(name, func(t *testing.T) {
			o := facts.RecordedOptions{}
			if c.file != "" {
				o.File = filepath.Join(t.TempDir(), c.file)
			}
			if c.text != "" {
				if err := os.WriteFile(o.File, []byte(c.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if c.over != cty.NilVal {
				o.Over = c.over.AsValueMap()
			}
			n, err := facts.Recorded(t.Context(), o)
			if c.err != "" || err != nil {
				if err == nil || c.err == "" || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("the error is %v, want %q", err, c.err)
				}
				return
			}
			v, err := n.Value()
			if err != nil {
				t.Fatal(err)
			}
			if got := textAt(v, c.fact); got != c.want {
				t.Errorf("%s is %q, want %q", c.fact, got, c.want)
			}
		})
	}
}

func textAt(v cty.Value, name string) string {
	for step := range strings.SplitSeq(name, ".") {
		if v.IsNull() || !v.Type().IsObjectType() || !v.Type().HasAttribute(step) {
			return ""
		}
		v = v.GetAttr(step)
	}
	if v.IsNull() {
		return ""
	}
	return v.AsString()
}

// TestRecordedOnUse: a fact that is read on use is the recorded one, or unknown.
func TestRecordedOnUse(t *testing.T) {
	n, err := facts.Recorded(t.Context(), facts.RecordedOptions{Over: map[string]cty.Value{"users": cty.EmptyObjectVal}})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := n.OnUse["users"](); err != nil || v.LengthInt() != 0 {
		t.Errorf("node.users is %#v, %v", v, err)
	}
	if _, err := n.OnUse["mounts"](); err == nil || !strings.Contains(err.Error(), "have no node.mounts") {
		t.Errorf("the error is %v", err)
	}
	all, err := n.All()
	if err != nil || all.Type().HasAttribute("mounts") || !all.Type().HasAttribute("users") {
		t.Errorf("all is %#v, %v", all, err)
	}
}
