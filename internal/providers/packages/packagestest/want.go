package packagestest

import (
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Want is a declared package: more are names and values of attributes. provider is
// that of the attribute; "" for the machine's own.
func Want(t testing.TB, k *resource.Kind, provider, name string, more ...any) *resource.Resource {
	t.Helper()
	in := map[string]cty.Value{"name": cty.StringVal(name), "ensure": cty.StringVal("present")}
	if provider != "" {
		in["provider"] = cty.StringVal(provider)
	}
	for i := 0; i+1 < len(more); i += 2 {
		switch v := more[i+1].(type) {
		case string:
			in[more[i].(string)] = cty.StringVal(v)
		case bool:
			in[more[i].(string)] = cty.BoolVal(v)
		}
	}
	want, err := k.Prepare(resource.Input{Attrs: in, Dir: "/"})
	if err != nil {
		t.Fatal(err)
	}
	return &resource.Resource{Addr: resource.Addr{Kind: "package", Name: name}, Kind: k, Want: cty.ObjectVal(want)}
}
