package resources

import (
	"fmt"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

func TestLinksOfFilesThatAptGoesBy(t *testing.T) {
	for _, c := range []struct {
		path, content string
		before        bool
		needs         []string
	}{
		{"/etc/apt/sources.list", "deb http://x y z\n", true, nil},
		{"/etc/apt/sources.list.d/a.list", "deb [arch=amd64 signed-by=/root/k.asc] http://x y z\n", true, []string{"path:/root/k.asc"}},
		{"/etc/apt/sources.list.d/a.sources", "Types: deb\nsigned-by: /a.gpg /b.gpg\n", true, []string{"path:/a.gpg", "path:/b.gpg"}},
		{"/etc/apt/sources.list.d/b.sources", "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n", true, nil},
		{"/etc/apt/preferences.d/pin", "", true, nil},
		{"/etc/apt/keyrings/k.gpg", "", true, nil},
		{"/usr/share/keyrings/k.gpg", "", true, nil},
		{"/etc/apt/trusted.gpg.d/k.gpg", "", true, nil},
		{"/etc/apt/apt.conf.d/99x", "", true, nil},
		{"/etc/apt/auth.conf.d/x", "", true, nil},
		{"/etc/apt/listchanges.conf", "", false, nil},
		{"/etc/apt/sources.list.d", "", true, nil},
		{"/usr/share/keyrings", "", true, nil},
		{"/usr/share/keyrings2/x", "", false, nil},
		{"/etc/apt", "", false, nil},
		{"/etc/apts/sources.list", "", false, nil},
		{"/root/k.asc", "signed-by=/x", false, nil},
	} {
		want := cty.ObjectVal(map[string]cty.Value{"path": cty.StringVal(c.path), "type": cty.StringVal(TypeFile), "content": resource.BlobVal(resource.BytesBlob([]byte(c.content)))})
		l := pathLinks(resource.Must[Entry](want))
		var needs []string
		for _, n := range l.Needs {
			if n.Reason == "it names that key" {
				needs = append(needs, n.Key)
			}
		}
		if got := len(l.Before) > 0; got != c.before || fmt.Sprint(needs) != fmt.Sprint(c.needs) || movesApt(resource.Change{Want: want}) != c.before {
			t.Errorf("%s: before %v, needs %v", c.path, l.Before, needs)
		}
	}
}
