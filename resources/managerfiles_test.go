package resources

import (
	"fmt"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

func TestLinksOfFilesThatManagersGoBy(t *testing.T) {
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
		{"/etc/yum.repos.d/a.repo", "signed-by=/x", true, nil},
		{"/etc/pki/rpm-gpg/KEY", "", true, nil},
		{"/etc/pki/tls/x", "", false, nil},
		{"/etc/zypp/repos.d/a.repo", "", true, nil},
		{"/etc/pacman.conf", "", true, nil},
		{"/etc/pacman.conf.d", "", false, nil},
		{"/etc/pacman.d/mirrorlist", "", true, nil},
		{"/etc/apk/repositories", "", true, nil},
		{"/etc/apk/keys/a.rsa.pub", "", true, nil},
		{"/etc/apk/world", "", false, nil},
	} {
		want := cty.ObjectVal(map[string]cty.Value{"path": cty.StringVal(c.path), "type": cty.StringVal(TypeFile), "content": resource.BlobVal(resource.BytesBlob([]byte(c.content)))})
		l := pathLinks(resource.Must[Entry](want))
		var needs []string
		for _, n := range l.Needs {
			if n.Reason == "it names that key" {
				needs = append(needs, n.Key)
			}
		}
		if got := len(l.Before) > 0; got != c.before || fmt.Sprint(needs) != fmt.Sprint(c.needs) || movesPackages(resource.Change{Want: want}) != c.before {
			t.Errorf("%s: before %v, needs %v", c.path, l.Before, needs)
		}
	}
}

// FuzzSignedBy: whatever a file of package sources holds, the keys that it names are
// paths that stand in it.
func FuzzSignedBy(f *testing.F) {
	f.Add("deb [signed-by=/a.gpg,/b.gpg arch=amd64] http://x y z\n")
	f.Add("Signed-By: /a.asc\n /b.asc\n")
	f.Add("signed-by=")
	f.Add("deb [signed-by=] x\nSIGNED-BY:\t/ſ")
	f.Fuzz(func(t *testing.T, text string) {
		for _, key := range signedBy([]byte(text)) {
			if !strings.HasPrefix(key, "/") || !strings.Contains(text, key) {
				t.Errorf("%q is a key of %q", key, text)
			}
		}
	})
}

// TestSizes shows how sizes are read.
func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{
		"1": 1, "1048576": 1 << 20, "64MiB": 64 << 20, "2GiB": 2 << 30, "1KiB": 1 << 10, "4611686018427387904": 1 << 62, "4294967296GiB": 1 << 62,
		"": 0, "0": 0, "-1": 0, "1.5GiB": 0, "1MB": 0, "MiB": 0, "1 MiB": 0, "4294967297GiB": 0, "9223372036854775807": 0,
	} {
		got, err := parseSize(text)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("%q is %d (%v), want %d", text, got, err, want)
		}
		if limit := (&FileSource{MaxSize: resource.Some(text)}).SizeLimit(); limit != want {
			t.Errorf("%q is a limit of %d", text, limit)
		}
	}
}

// FuzzSize: what is read is a size, and is read again as itself.
func FuzzSize(f *testing.F) {
	for _, text := range []string{"1", "64MiB", "9999999999999GiB", "-1KiB", "KiB"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := parseSize(text)
		if err != nil {
			return
		}
		if again, err := parseSize(fmt.Sprint(n)); n <= 0 || again != n || err != nil {
			t.Errorf("%q is %d, which is %d (%v)", text, n, again, err)
		}
	})
}
