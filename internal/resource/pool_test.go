package resource_test

import (
	"fmt"
	"reflect"
	"runtime"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// TestPool: resources that share what they have in common want and need what they did before.
func TestPool(t *testing.T) {
	kind := &resource.Kind{Links: func(want cty.Value) resource.Links {
		in := resource.StringAttr(want, "in")
		return resource.Links{Provides: []string{resource.StringAttr(want, "path")}, Needs: []resource.Need{{Key: in, Reason: resource.StringAttr(want, "why")}}}
	}}
	var pool resource.Pool
	for _, attrs := range []map[string]cty.Value{
		{"path": cty.StringVal("/a/b"), "in": cty.StringVal("/a"), "why": cty.StringVal("it lies in it")},
		{"path": cty.StringVal("/a/c"), "in": cty.StringVal("/a"), "why": cty.StringVal("it lies in it")},
		{"path": cty.StringVal("/a/d"), "in": cty.StringVal("/a"), "why": cty.StringVal("it belongs to it")},
		{"path": cty.StringVal("/a/e"), "in": cty.StringVal("/a"), "mode": cty.True},
		{"path": cty.StringVal("/a/f"), "in": cty.StringVal("/a"), "mode": cty.Zero},
		{"path": cty.StringVal("/a/g"), "content": resource.BlobVal(resource.BytesBlob(nil))},
		{},
	} {
		want := cty.ObjectVal(attrs)
		shares, plain := &resource.Resource{Kind: kind, Want: want}, &resource.Resource{Kind: kind, Want: want}
		pool.KeepLinks(shares)
		plain.KeepLinks()
		if !shares.Want.RawEquals(want) || !shares.KeepsLinks() || !reflect.DeepEqual(shares.Links(), plain.Links()) {
			t.Errorf("%#v: wants %#v, has the links %+v, not %+v", want, shares.Want, shares.Links(), plain.Links())
		}
	}
}

// TestPoolSaves: of a thousand resources with equal types and needs, one alone has these in memory.
func TestPoolSaves(t *testing.T) {
	const n = 1000
	kind := &resource.Kind{Links: func(cty.Value) resource.Links {
		return resource.Links{Needs: []resource.Need{{Key: "path:/a"}, {Key: "path:/"}}}
	}}
	measure := func(keep func(*resource.Resource)) int {
		rs := make([]*resource.Resource, n)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range rs {
			rs[i] = &resource.Resource{Kind: kind, Want: cty.ObjectVal(map[string]cty.Value{"path": cty.StringVal(fmt.Sprint(i)), "mode": cty.StringVal("0644")})}
			keep(rs[i])
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(rs)
		return int(after.HeapAlloc-before.HeapAlloc) / n
	}
	var pool resource.Pool
	plain, shared := measure((*resource.Resource).KeepLinks), measure(pool.KeepLinks)
	if shared > plain-250 {
		t.Errorf("a resource takes %d bytes, and with a pool %d", plain, shared)
	}
}
