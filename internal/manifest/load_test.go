package manifest

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/internal/manifest/diag"
	"converge/internal/resource"
)

var update = flag.Bool("update", false, "write the golden parts of testdata anew")

// testNode is the value of node in all tests.
func testNode() func() (cty.Value, error) {
	return func() (cty.Value, error) {
		return cty.ObjectVal(map[string]cty.Value{
			"os":    cty.StringVal("debian"),
			"nginx": cty.ObjectVal(map[string]cty.Value{"version": cty.StringVal("1.22.1-9")}),
		}), nil
	}
}

// TestGood loads each archive of testdata/good and compares the resources with
// its part "want". Parts named args, env and stdin are options; the rest is
// files.
func TestGood(t *testing.T) {
	eachArchive(t, "testdata/good", func(t *testing.T, site *Site, diags hcl.Diagnostics) string {
		var b bytes.Buffer
		if err := diag.Write(&b, site.Files, diags, 0, false); err != nil {
			t.Fatal(err)
		}
		if diags.HasErrors() {
			t.Fatal(b.String())
		}
		return strings.ReplaceAll(b.String()+dump(site), here(t), "/FOLDER")
	})
}

// TestBroken loads each archive of testdata/broken and compares the diagnostics with its part "want".
func TestBroken(t *testing.T) {
	n := eachArchive(t, "testdata/broken", func(t *testing.T, site *Site, diags hcl.Diagnostics) string {
		if !diags.HasErrors() {
			t.Errorf("no error; the site is\n%s", dump(site))
		}
		var b bytes.Buffer
		if err := diag.Write(&b, site.Files, diags, 100, false); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "hunter2") {
			t.Errorf("the secret surfaces")
		}
		for _, d := range diags {
			if d.Subject == nil && !strings.HasPrefix(t.Name(), "TestBroken/input_") {
				t.Errorf("%q has no place", d.Summary)
			}
		}
		return b.String()
	})
	if n < 150 {
		t.Errorf("%d broken manifests, want 150 or more", n)
	}
}

// here returns the folder into which the archive was unpacked.
func here(t *testing.T) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func eachArchive(t *testing.T, dir string, run func(*testing.T, *Site, hcl.Diagnostics) string) int {
	t.Helper()
	dir, err := filepath.Abs(dir) // each test changes the folder
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			site, diags := loadArchive(t, ar)
			got := run(t, site, diags)
			i := slices.IndexFunc(ar.Files, func(f txtar.File) bool { return f.Name == "want" })
			if i < 0 {
				i = len(ar.Files)
				ar.Files = append(ar.Files, txtar.File{Name: "want"})
			}
			if *update {
				ar.Files[i].Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(string(ar.Files[i].Data), got); d != "" {
				t.Errorf("got\n%s\n%s", got, d)
			}
		})
	}
	return len(names)
}

// loadArchive unpacks an archive into a folder, and loads it from inside, so that the compared output contains no path
// of this machine.
func loadArchive(t *testing.T, ar *txtar.Archive) (*Site, hcl.Diagnostics) {
	t.Helper()
	t.Chdir(t.TempDir())
	o := Options{Kinds: resource.KindsOf(testKinds()...), Node: testNode(), Vars: map[string]string{}}
	path := "."
	for _, f := range ar.Files {
		switch f.Name {
		case "want":
		case "stdin":
			o.Stdin, path = bytes.NewReader(f.Data), "-"
		case "env":
			o.Env = strings.Fields(string(f.Data))
		case "args":
			for arg := range strings.FieldsSeq(string(f.Data)) {
				k, v, isVar := strings.Cut(arg, "=")
				switch {
				case isVar:
					o.Vars[k] = v
				case strings.HasPrefix(arg, "@"):
					o.VarFiles = append(o.VarFiles, arg[1:])
				default:
					path = arg
				}
			}
		default:
			if err := os.MkdirAll(filepath.Dir(f.Name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(f.Name, f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return Load(context.Background(), path, o)
}

// dump writes a site in a compact form, one line for each element.
func dump(s *Site) string {
	var b strings.Builder
	for _, r := range s.Resources {
		off := ""
		if r.Off {
			off = " off"
		}
		if r.OnFailure != resource.FailSkip {
			off += " on_failure=" + string(r.OnFailure)
		}
		if r.Protect {
			off += " protect"
		}
		if r.Audit {
			off += " audit"
		}
		fmt.Fprintf(&b, "%s%s\n", r.Addr, off)
		m := r.Want.AsValueMap()
		for _, name := range slices.Sorted(maps.Keys(m)) {
			secret := ""
			if r.Secret[name] {
				secret = " (secret)"
			}
			fmt.Fprintf(&b, "  %s = %s%s\n", name, valueText(m[name]), secret)
		}
		for _, d := range r.DependsOn {
			fmt.Fprintf(&b, "  after %s: %s\n", d.On, d.Reason)
		}
		for _, n := range r.Notifies {
			fmt.Fprintf(&b, "  %s %s.%s\n", n.When, n.Target, n.Verb)
		}
	}
	if s.Settings.Prune {
		b.WriteString("prune\n")
	}
	return b.String()
}

func valueText(v cty.Value) string {
	if blob := resource.AsBlob(v); blob != nil {
		data, _ := blob.Bytes()
		return fmt.Sprintf("content %q", data)
	}
	j, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		return err.Error()
	}
	return string(j)
}
