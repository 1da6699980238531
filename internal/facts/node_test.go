package facts

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

func TestAttributes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		dir   map[string]string // node.d
		files map[string]string // --node, in name order
		want  string            // JSON, or the error if it starts with "error: "
	}{
		"none":  {want: `{}`},
		"types": {dir: map[string]string{"a.hcl": "n = 1\ns = \"x\"\nb = true\nl = [1, \"a\"]\no = { p = null }\n"}, want: `{"b":true,"l":[1,"a"],"n":1,"o":{"p":null},"s":"x"}`},
		"later files win, objects merge": {
			dir:  map[string]string{"20.json": `{"a": {"x": 2, "y": {"k": 1}}, "l": [3]}`, "10.hcl": "a = { x = 1, z = 1, y = { j = 1 } }\nl = [1, 2]\n"},
			want: `{"a":{"x":2,"y":{"j":1,"k":1},"z":1},"l":[3]}`,
		},
		"files win over the folder": {
			dir: map[string]string{"zz.json": `{"a": 1}`}, files: map[string]string{"1.hcl": "a = 2", "2.json": `{"b": 3}`},
			want: `{"a":2,"b":3}`,
		},
		"other files are left alone": {dir: map[string]string{"a.json~": "{", "README": "x", ".b.json": "{", "c.json": `{"c":1}`}, want: `{"c":1}`},
		"object over scalar":         {dir: map[string]string{"1.json": `{"a":1}`, "2.json": `{"a":{"b":1}}`}, want: `{"a":{"b":1}}`},
		"a fact is not shadowed":     {dir: map[string]string{"a.hcl": "os = 1"}, want: `error: cannot read node attributes: DIR/a.hcl:1: DIR/a.hcl sets "os", which is a fact`},
		"damaged json":               {dir: map[string]string{"a.json": "{\n  \"a\": 1,\n}"}, want: `error: DIR/a.json:3: invalid character`},
		"json that is no object":     {dir: map[string]string{"a.json": "\n[1]"}, want: `error: DIR/a.json:2: the file must hold an object`},
		"a fact in a line":           {dir: map[string]string{"a.json": "{\"rack\": \"os\",\n \"os\": 1}"}, want: `error: cannot read node attributes: DIR/a.json:2: DIR/a.json sets "os"`},
		"a word without quotes":      {dir: map[string]string{"a.hcl": "rack = a\n"}, want: `error: DIR/a.hcl:1,8-9: Not a constant; Node attributes are constants, and a text has quotes: "a".`},
		"json null":                  {dir: map[string]string{"a.json": "null"}, want: `error: DIR/a.json:1: the file must hold an object`},
		"empty json":                 {dir: map[string]string{"a.json": ""}, want: `error: DIR/a.json:1: unexpected end`},
		"damaged hcl":                {dir: map[string]string{"a.hcl": "a = 1\nb = {\n"}, want: `error: DIR/a.hcl:3`},
		"hcl block":                  {dir: map[string]string{"a.hcl": "nginx {\n}\n"}, want: `error: DIR/a.hcl:1`},
		"hcl reference":              {dir: map[string]string{"a.hcl": "\na = var.x\n"}, want: `error: DIR/a.hcl:2`},
		"hcl arithmetic":             {dir: map[string]string{"a.hcl": "a = 60 * (2 + 3)\n"}, want: `{"a":300}`},
		"hcl loop":                   {dir: map[string]string{"a.hcl": "\na = [for x in [1, 2] : [for y in [1, 2] : x]]\n"}, want: `error: DIR/a.hcl:2`},
		"hcl loop in a template":     {dir: map[string]string{"a.hcl": "a = \"%{ for x in [1] }x%{ endfor }\"\n"}, want: `error: DIR/a.hcl:1`},
		"hcl division":               {dir: map[string]string{"a.hcl": "a = { b = 1 / 0 }\n"}, want: `error: DIR/a.hcl:1`},
		"deep hcl":                   {dir: map[string]string{"a.hcl": "a = " + strings.Repeat("[", 100000)}, want: `error: DIR/a.hcl:1,`},
		"deep operators":             {dir: map[string]string{"a.hcl": "a = " + strings.Repeat("!", 100000) + "true"}, want: `error: DIR/a.hcl:1,`},
		"many negatives":             {dir: map[string]string{"a.hcl": "a = [" + strings.Repeat("-1, ", 3) + strings.Repeat("0, ", 400) + "-1]\n" + strings.Repeat("# x\n", 300)}, want: "anything"},
		"deep json":                  {dir: map[string]string{"a.json": `{"a":` + strings.Repeat("[", 100000)}, want: `error: DIR/a.json:1: invalid character '[' exceeded max depth`},
		"unknown form":               {files: map[string]string{"a.yaml": "a: 1"}, want: `error: `},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			dir := filepath.Join(root, "node.d")
			write(t, dir, tt.dir)
			o := NodeOptions{Dir: dir}
			write(t, filepath.Join(root, "files"), tt.files)
			for _, f := range []string{"1.hcl", "2.json", "a.yaml"} {
				if _, ok := tt.files[f]; ok {
					o.Files = append(o.Files, filepath.Join(root, "files", f))
				}
			}
			attrs, err := Attributes(t.Context(), o)
			if msg, ok := strings.CutPrefix(tt.want, "error: "); ok {
				if err == nil || !strings.Contains(err.Error(), strings.ReplaceAll(msg, "DIR", dir)) {
					t.Errorf("error %v, want %q", err, msg)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			v := cty.ObjectVal(attrs)
			got, err := ctyjson.Marshal(v, v.Type())
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want && tt.want != "anything" {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// Reading does not block on a pipe, or continue for ever with a device.
func TestAttributesOfNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe := filepath.Join(dir, "a.json")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range []NodeOptions{{Dir: dir}, {Files: []string{pipe}}, {Files: []string{"/dev/zero"}}} {
		if _, err := Attributes(t.Context(), o); err == nil || !strings.Contains(err.Error(), "is not a regular file") {
			t.Errorf("%v: got %v", o, err)
		}
	}
}

func TestNode(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, root, map[string]string{
		"etc/os-release":             "ID=arch\n",
		"etc/converge/node.d/a.hcl":  "nginx = { version = \"1.2\" }\n",
		"etc/converge/node.d/b.json": `{"role": "web"}`,
	})
	v, err := readNode(t.Context(), NodeOptions{Root: root, Dir: DefaultDir})
	if err != nil {
		t.Fatal(err)
	}
	if got := v.GetAttr("nginx").GetAttr("version").AsString() + " " + v.GetAttr("os").GetAttr("id").AsString() + " " + v.GetAttr("role").AsString(); got != "1.2 arch web" {
		t.Errorf("got %q", got)
	}
	if _, err := readNode(t.Context(), NodeOptions{Files: []string{filepath.Join(root, "nope.hcl")}}); err == nil {
		t.Error("a --node file that is not there must be an error")
	}
	write(t, root, map[string]string{"etc/converge/node.d/c.hcl": "a = ["})
	_, err = readNode(t.Context(), NodeOptions{Root: root, Dir: DefaultDir})
	var diags hcl.Diagnostics
	if !errors.As(err, &diags) || diags[0].Subject.Filename != filepath.Join(root, DefaultDir, "c.hcl") {
		t.Errorf("error %v, want diagnostics of c.hcl", err)
	}
}

func FuzzAttributes(f *testing.F) {
	f.Add("a.hcl", "a = { b = 1 }\n")
	f.Add("a.json", `{"a": [1, {"b": null}]}`)
	f.Add("a.hcl", "a = \"${1 ? 2 : 3}\"\n")
	f.Fuzz(func(t *testing.T, name, content string) {
		merged := map[string]cty.Value{"a": cty.ObjectVal(map[string]cty.Value{"b": cty.True})}
		if len(content) > maxFile {
			return // a larger file is not read
		}
		if err := mergeFile(t.Context(), merged, name, []byte(content)); err != nil {
			return
		}
		v := cty.ObjectVal(merged)
		if !v.IsWhollyKnown() {
			t.Errorf("%q makes unknown values", content)
		}
	})
}

func readNode(ctx context.Context, o NodeOptions) (cty.Value, error) {
	node, err := Lazy(ctx, o)
	if err != nil {
		return cty.NilVal, err
	}
	return node.Value()
}
