package facts

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// The accounts of a tree are from its own files, and are read on use.
func TestAccounts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	node, err := Lazy(t.Context(), NodeOptions{Root: dir})
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{ // after Lazy
		"etc/passwd": "root:x:0:0:root:/root:/bin/sh\n# none\nweb:x:33:33::/srv/web:/usr/sbin/nologin\nroot:x:7:7:::\n",
		"etc/group":  "root:x:0:\nwww:x:33:web,root\n",
	})
	for name, want := range map[string]string{
		"users": `{"root":{"comment":"root","gid":0,"home":"/root","shell":"/bin/sh","uid":0},` +
			`"web":{"comment":"","gid":33,"home":"/srv/web","shell":"/usr/sbin/nologin","uid":33}}`,
		"groups": `{"root":{"gid":0,"members":[]},"www":{"gid":33,"members":["web","root"]}}`,
	} {
		v, err := node.OnUse[name]()
		if err != nil {
			t.Fatal(err)
		}
		b, err := ctyjson.Marshal(v, v.Type())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, string(b)); d != "" {
			t.Errorf("%s:\n%s", name, d)
		}
	}
}
