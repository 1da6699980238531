package apt

import (
	"strings"
	"testing"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

const testPackages = "p01 p02 p03 hello-conf svc-a epoch rec archy"

// world clears the host of the test packages: that is what fresh means here.
func world(t testing.TB) *resourcetest.World {
	sh := func(script string) string { return shell(t, script) }
	sh(`[ -e /var/lib/apt/lists/_srv_repo_dists_stable_InRelease ] || apt-get -qq update
		echo ` + testPackages + ` | tr ' ' '\n' | sed 's/$/ install/' | dpkg --set-selections 2>/dev/null
		dpkg --purge ` + testPackages + ` >/dev/null 2>&1`)
	p, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &resourcetest.World{
		Provider: p, Dir: "/",
		Fingerprint: func(t testing.TB) string {
			return shell(t, `find /var/lib/dpkg /var/lib/apt /var/cache/apt /var/log/apt /etc /tmp -printf '%p %i %s %T@ %C@\n' | sort`)
		},
		Dump: func(t testing.TB) string {
			return shell(t, `dpkg-query -W -f='${db:Status-Abbrev}${Package} ${Version}\n'
				find /etc/hello-conf $(printf '/usr/share/%s ' `+testPackages+`) /usr/sbin/svc-a /lib/systemd/system/svc-a.service -type f -exec sha256sum {} + 2>/dev/null || true`)
		},
	}
}

func do(script string) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, _ *resourcetest.World) { shell(t, script) }
}

func is(name, want string) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, _ *resourcetest.World) {
		t.Helper()
		if got := state(t, name); got != want && (want != "" || !strings.HasPrefix(got, "un")) {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestConformance(t *testing.T) {
	if !onHost(t) {
		return
	}
	const half = "an undo leaves no package half installed"
	a := resourcetest.Attrs
	resourcetest.Suite{
		Kind: func(p resource.Provider) *resource.Kind { return resources.Package(p) }, World: world,
		Without: map[resourcetest.Part]string{
			resourcetest.Kept:    "dpkg knows nothing of a package besides what the cases manage",
			resourcetest.Aliases: "the script packages-follow-sources-pins-and-names has it: NAME:ARCH",
			resourcetest.Bytes:   "a package is named by a word",
		},
		Cases: []resourcetest.Case{
			{
				Name: "present", Want: a("name", "p01"), Check: is("p01", "ii 1.0"),
				Gone: a("name", "p01", "ensure", "absent"), Removed: is("p01", ""),
				Drifts: []resourcetest.Drift{
					{Name: "removed", Do: do("dpkg -r p01")},
					{Name: "automatic", Attr: "ensure", Managed: "it has a default", Do: do("apt-mark auto p01")},
					{Name: "broken", Attr: "ensure", Irreversible: half, Managed: "it has a default", Do: do("sed -i '/^Package: p01$/,/^$/s/^Status: .*/Status: install reinstreq half-installed/' /var/lib/dpkg/status")},
					{Name: "unpacked only", Attr: "ensure", Irreversible: half, Managed: "it has a default", Do: do("dpkg -r p01; cd /tmp; dpkg --unpack $(find /srv/repo/ -name 'p01_*.deb')")},
				},
			},
			{
				Name: "version", Want: a("name", "hello-conf", "version", ">= 1.1, < 2"), Check: is("hello-conf", "ii 1.1"),
				Gone: a("name", "hello-conf", "ensure", "purged"), Removed: is("hello-conf", ""),
				Drifts: []resourcetest.Drift{
					{Name: "older", Attr: "version", Do: do("apt-get -qq -y --allow-downgrades install hello-conf=1.0 </dev/null")},
				},
			},
			{
				Name: "back and held", Want: a("name", "epoch", "version", "2.0~beta1", "hold", true, "allow_downgrade", true),
				Check: is("epoch", "hi 2.0~beta1"),
				Gone:  a("name", "epoch", "ensure", "absent", "hold", false),
				Drifts: []resourcetest.Drift{
					{Name: "newer", Attr: "version", Do: do("apt-get -qq -y --allow-change-held-packages install epoch=1:0.9-1 </dev/null; apt-mark hold epoch")},
					{Name: "released", Attr: "hold", Do: do("apt-mark unhold epoch")},
				},
			},
			{
				Name: "latest", Want: a("name", "svc-a", "ensure", "latest"), Check: is("svc-a", "ii 1.1"),
				Gone: a("name", "svc-a", "ensure", "absent"),
				Drifts: []resourcetest.Drift{
					{Name: "older", Attr: "ensure", Managed: "it has a default", Do: do("apt-get -qq -y --allow-downgrades install svc-a=1.0 </dev/null")},
				},
			},
			{
				Name: "not held", Want: a("name", "archy", "hold", false), Check: is("archy", "ii 1.0"),
				Drifts: []resourcetest.Drift{{Name: "held", Attr: "hold", Do: do("apt-mark hold archy")}},
			},
		},
	}.Run(t)
}
