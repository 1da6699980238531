package access_test

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource/resourcetest"
	"converge/resources"
)

const (
	deployKeys = "/home/deploy/.ssh/authorized_keys"
	freshKeys  = "/home/fresh/.ssh/authorized_keys"
)

func TestConformanceOfAuthorizedKeys(t *testing.T) {
	a := resourcetest.Attrs
	resourcetest.Suite{
		Kind: resources.AuthorizedKey, World: world,
		Cases: []resourcetest.Case{
			{
				Name: "of a user", Want: a("user", "deploy", "key", keyOne+" one"),
				Check:  resourcetest.Holds(deployKeys, "# mine\n"+keyTwo+" two\n"+keyOne+" one\n"),
				Drifts: []resourcetest.Drift{{Name: "another comment", Attr: "key", Do: swap(deployKeys, "one\n", "1\n"), Managed: "it is what a key is"}},
				Gone:   a("user", "deploy", "key", keyOne, "ensure", "absent"),
				Hidden: resourcetest.Noted(deployKeys),
				OtherName: func(testing.TB, *resourcetest.World) map[string]cty.Value {
					return a("path", deployKeys, "key", "  "+keyOne+"\tone ")
				},
			},
			{
				Name: "with options", Want: a("user", "deploy", "key", keyTwo, "options", []string{"Restrict", `command=/bin/echo "a"`}),
				Check:  resourcetest.Holds(deployKeys, "# mine\n"+keyTwo+" two\nrestrict,command=\"/bin/echo \\\"a\\\"\" "+keyTwo+"\n"),
				Drifts: []resourcetest.Drift{{Name: "gone", Do: swap(deployKeys, "restrict,command=\"/bin/echo \\\"a\\\"\" "+keyTwo+"\n", "")}},
				Gone:   a("user", "deploy", "key", printTwo, "options", `restrict,command="/bin/echo \"a\""`, "ensure", "absent"),
			},
			{
				Name: "in a folder that is made", Want: a("user", "fresh", "key", keyOne),
				Check: isFound("/home/fresh/.ssh", freshKeys, keyOne+"\n"),
				Gone:  a("user", "fresh", "key", keyOne, "ensure", "absent"),
			},
		},
		Named: func(name string) (want, gone map[string]cty.Value) {
			return a("user", "deploy", "key", keyOne+" "+name), a("user", "deploy", "key", keyOne, "ensure", "absent")
		},
	}.Run(t)
}

// isFound checks a folder and a file that belong to the user alone.
func isFound(folder, file, want string) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		t.Helper()
		resourcetest.Holds(file, want)(t, w)
		for path, mode := range map[string]os.FileMode{folder: 0o700, file: 0o600} {
			info, err := os.Stat(w.Root + path)
			if err != nil {
				t.Fatal(err)
			}
			if st := info.Sys().(*syscall.Stat_t); info.Mode().Perm() != mode || int(st.Uid) != deploy() || int(st.Gid) != deploy() {
				t.Errorf("%s has mode %s and belongs to %d:%d", path, info.Mode(), st.Uid, st.Gid)
			}
		}
	}
}

func TestConformanceOfKnownHosts(t *testing.T) {
	a := resourcetest.Attrs
	const file = "/etc/ssh/ssh_known_hosts"
	resourcetest.Suite{
		Kind: resources.KnownHost, World: world,
		Cases: []resourcetest.Case{
			{
				Name: "for all users", Want: a("host", "[Git]:22", "keys", []string{keyTwo, keyOne + " x"}),
				Check:  resourcetest.Holds(file, "other "+keyTwo+"\ngit "+keyOne+"\ngit "+keyTwo+"\n"),
				Drifts: []resourcetest.Drift{{Name: "another key", Attr: "content", Do: swap(file, "git "+keyTwo+"\n", ""), Managed: "it is what a host is known by"}},
				Gone:   a("host", "git", "ensure", "absent"),
				Hidden: resourcetest.Noted(file),
				OtherName: func(testing.TB, *resourcetest.World) map[string]cty.Value {
					return a("host", "git", "path", file, "keys", []string{keyOne, keyTwo, keyOne})
				},
			},
			{
				Name: "for a user", Want: a("host", "[git]:2222", "user", "fresh", "keys", []string{keyOne}),
				Check: isFound("/home/fresh/.ssh", "/home/fresh/.ssh/known_hosts", "[git]:2222 "+keyOne+"\n"),
				Gone:  a("host", "[git]:2222", "user", "fresh", "ensure", "absent"),
			},
		},
		Named: func(name string) (want, gone map[string]cty.Value) {
			host := strings.Map(func(r rune) rune {
				if r < 0x80 {
					return -1
				}
				return r
			}, name) + "x"
			return a("host", host, "keys", []string{keyOne}), a("host", host, "ensure", "absent")
		},
	}.Run(t)
}
