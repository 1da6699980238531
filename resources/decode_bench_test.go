package resources_test

import (
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// benchWant is a file as most sites declare it.
func benchWant() cty.Value {
	return cty.ObjectVal(map[string]cty.Value{
		"type": cty.StringVal("file"), "path": cty.StringVal("/srv/site/conf.d/00042.conf"), "mode": cty.StringVal("0644"),
		"owner": cty.StringVal("root"), "group": cty.StringVal("root"), "content": resource.BlobVal(resource.BytesBlob([]byte("text\n"))),
	})
}

// BenchmarkDecode decodes a wanted file once, as Observe does at its top.
func BenchmarkDecode(b *testing.B) {
	want := benchWant()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		e, err := resource.Decode[resources.Entry](want)
		if err != nil {
			b.Fatal(err)
		}
		n += len(e.Path)
	}
}

// BenchmarkReadsByName reads the same attributes one by one, as often as Observe
// did before.
func BenchmarkReadsByName(b *testing.B) {
	want := benchWant()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n += len(resource.StringAttr(want, "type"))
		n += len(resource.StringAttr(want, "path")) // where it is
		n += len(resource.StringAttr(want, "path")) // what is said of it
		n += len(resource.StringAttr(want, "ensure"))
		for _, name := range []string{"follow", "force"} {
			if resource.BoolAttr(want, name) {
				n++
			}
		}
		if resource.HasAttr(want, "content") {
			n += int(resource.AsBlob(resource.GetAttr(want, "content")).Size)
		}
		for _, name := range []string{"mode", "owner", "group", "owner", "group", "mode"} {
			n += len(resource.StringAttr(want, name))
		}
		if resource.GetAttr(want, "xattrs") != cty.NilVal {
			n++
		}
	}
}
