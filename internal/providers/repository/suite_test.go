package repository

import (
	"fmt"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource/resourcetest"
	"converge/resources"
)

const pacmanConf = "# first\n[options]\nArchitecture = auto\n\n# the rest\n[core]\nInclude = /etc/pacman.d/mirrorlist\n"

func TestConformance(t *testing.T) {
	ours, other := newSigner(t, "ours", 0), newSigner(t, "other", 0)
	const release = "Origin: x\n"
	world := func(t testing.TB) *resourcetest.World {
		return newMachine(t, map[string]string{
			"/srv/deb/dists/stable/InRelease":                      ours.clearsign(t, release),
			"/srv/rpm/repodata/repomd.xml":                         release,
			"/srv/rpm/repodata/repomd.xml.asc":                     ours.detach(t, release),
			"/etc/pacman.conf":                                     pacmanConf,
			"/usr/bin/pacman-key":                                  "",
			"/usr/bin/rpm":                                         "",
			"/etc/apt/sources.list.d/other.sources":                "Types: deb\nURIs: file:/srv/other\nSuites: stable\nComponents: main\n",
			"/var/lib/apt/lists/_srv_other_dists_stable_InRelease": "",
		}).world()
	}
	write := func(path, content string) func(testing.TB, *resourcetest.World) {
		return func(t testing.TB, w *resourcetest.World) { (&machine{t: t, root: w.Root}).write(path, content) }
	}
	holds := func(path, want string) func(testing.TB, *resourcetest.World) {
		return func(t testing.TB, w *resourcetest.World) {
			t.Helper()
			if got := (&machine{root: w.Root}).read(path); got != want {
				t.Errorf("%s holds\n%s, want\n%s", path, got, want)
			}
		}
	}
	a := resourcetest.Attrs
	gone := func(manager string) map[string]cty.Value {
		return a("name", "acme-"+manager, "provider", manager, "ensure", "absent")
	}
	section := func(id string, priority int) string {
		return fmt.Sprintf("[%s]\nname=%[1]s\nbaseurl=file:///srv/rpm\nenabled=1\ngpgcheck=1\nrepo_gpgcheck=1\ngpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-acme-pins\npriority=%d\n", id, priority)
	}
	const computed = "Prepare makes it of others"
	resourcetest.Suite{
		Kind: resources.Repository, World: world,
		Without: map[resourcetest.Part]string{
			resourcetest.Kept:    "a file of a package manager has nothing besides its words",
			resourcetest.Aliases: "a repository has one name",
			resourcetest.Bytes:   "a repository is named by a word",
		},
		Cases: []resourcetest.Case{
			{
				Name: "apt", Gone: gone("apt"),
				Want: a("name", "acme-apt", "provider", "apt", "url", "file:/srv/deb", "suites", []string{"stable"}, "components", []string{"main"},
					"key", ours.armored, "priority", 700, "pin_release", "o=x", "pin", map[string]any{"p*": 900, "php": "8.2*"}),
				Check: func(t testing.TB, w *resourcetest.World) {
					holds("/etc/apt/sources.list.d/acme-apt.sources", "# Written by converge; changes made here do not last.\nTypes: deb\nURIs: file:/srv/deb\nSuites: stable\nComponents: main\nSigned-By: /etc/apt/keyrings/acme-apt.asc\n")(t, w)
					holds("/etc/apt/keyrings/acme-apt.asc", ours.armored)(t, w)
					holds("/etc/apt/preferences.d/acme-apt.pref", "Explanation: Written by converge; changes made here do not last.\nPackage: php\nPin: version 8.2*\nPin-Priority: 990\n\nPackage: p*\nPin: release o=x\nPin-Priority: 900\n\nPackage: *\nPin: release o=x\nPin-Priority: 700\n")(t, w)
				},
				Drifts: []resourcetest.Drift{
					{Name: "another key", Attr: "signing_key", Managed: computed, Do: write("/etc/apt/keyrings/acme-apt.asc", other.armored)},
					{Name: "other sources", Attr: "definition", Managed: computed, Do: write("/etc/apt/sources.list.d/acme-apt.sources", "Types: deb\n")},
					{Name: "no pins", Attr: "preferences", Managed: computed, Do: write("/etc/apt/preferences.d/acme-apt.pref", "Package: *\n")},
				},
				Removed: func(t testing.TB, w *resourcetest.World) {
					for _, path := range []string{"/etc/apt/sources.list.d/acme-apt.sources", "/etc/apt/keyrings/acme-apt.asc", "/etc/apt/preferences.d/acme-apt.pref"} {
						holds(path, "(missing)")(t, w)
					}
					holds("/var/lib/apt/lists/_srv_other_dists_stable_InRelease", "")(t, w)
				},
			},
			{
				Name: "dnf", Gone: gone("dnf"),
				Want:  a("name", "acme-dnf", "provider", "dnf", "url", "file:///srv/rpm", "key", ours.armored, "priority", 10, "options", map[string]any{"module_hotfixes": 1}),
				Check: holds("/etc/yum.repos.d/acme-dnf.repo", "# Written by converge; changes made here do not last.\n[acme-dnf]\nname=acme-dnf\nbaseurl=file:///srv/rpm\nenabled=1\ngpgcheck=1\nrepo_gpgcheck=1\ngpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-acme-dnf\npriority=10\nmodule_hotfixes=1\n"),
			},
			{
				Name: "dnf with pins", Gone: a("name", "acme-pins", "provider", "dnf", "ensure", "absent"),
				Want: a("name", "acme-pins", "provider", "dnf", "url", "file:///srv/rpm", "key", ours.armored, "priority", 50,
					"pin", map[string]any{"nginx*": 10, "nginx-doc": 90, "php": "8.2*", "php-cli": "*", "tool": 10}),
				Check: holds("/etc/yum.repos.d/acme-pins.repo", "# Written by converge; changes made here do not last.\n"+
					section("acme-pins", 50)+"excludepkgs=nginx-doc php-cli-* tool php-8.2* nginx*\n\n"+
					section("acme-pins-pin1", 90)+"includepkgs=nginx-doc\n\n"+
					section("acme-pins-pin2", 1)+"includepkgs=php-cli-*\nexcludepkgs=nginx-doc\n\n"+
					section("acme-pins-pin3", 10)+"includepkgs=tool\nexcludepkgs=nginx-doc php-cli-*\n\n"+
					section("acme-pins-pin4", 1)+"includepkgs=php-8.2*\nexcludepkgs=nginx-doc php-cli-* tool\n\n"+
					section("acme-pins-pin5", 10)+"includepkgs=nginx*\nexcludepkgs=nginx-doc php-cli-* tool php-8.2*\n"),
			},
			{
				Name: "zypper", Gone: gone("zypper"),
				Want:  a("name", "acme-zypper", "provider", "zypper", "url", "https://127.0.0.1:1/rpm/$releasever", "trusted", true, "enabled", false),
				Check: holds("/etc/zypp/repos.d/acme-zypper.repo", "# Written by converge; changes made here do not last.\n[acme-zypper]\nname=acme-zypper\nbaseurl=https://127.0.0.1:1/rpm/$releasever\nenabled=0\ngpgcheck=0\nrepo_gpgcheck=0\nautorefresh=1\npkg_gpgcheck=0\n"),
			},
			{
				Name: "pacman", Gone: gone("pacman"),
				Want:  a("name", "acme-pacman", "provider", "pacman", "url", "file:///srv/pacman", "key", ours.armored, "before", "core"),
				Check: holds("/etc/pacman.conf", strings.Replace(pacmanConf, "# the rest", "[acme-pacman]\nSigLevel = Required\nServer = file:///srv/pacman\n# the rest", 1)),
				Drifts: []resourcetest.Drift{
					{Name: "another server", Attr: "definition", Managed: computed, Do: write("/etc/pacman.conf", strings.Replace(pacmanConf, "# the rest", "[acme-pacman]\n# by hand\nServer = x\n# the rest", 1))},
					{Name: "behind another", Attr: "before", Do: write("/etc/pacman.conf", pacmanConf+"[acme-pacman]\nSigLevel = Required\nServer = file:///srv/pacman\n")},
				},
				Removed: holds("/etc/pacman.conf", pacmanConf),
			},
		},
	}.Run(t)
}
