package apt

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"converge/internal/providers/packages/tool"
)

// otherPackages are a source of packages that the test repository has not: of another
// architecture, with phased updates, and such as can be left unconfigured. They are made on
// the host. What is called both is there in two architectures at once, what is called cross in
// one or the other.
const otherPackages = `
mkdir -p /root/other; chmod 755 /root; cd /root/other
deb() { # NAME VERSION ARCHITECTURE [FIELD]...
	n=$1 v=$2 a=$3; shift 3
	mkdir -p t/DEBIAN "t/usr/share/$n-$a"
	echo "$v" >"t/usr/share/$n-$a/version"
	printf 'Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: Test <test@example.invalid>\nDescription: for tests\n' "$n" "$v" "$a" >t/DEBIAN/control
	[ $# = 0 ] || printf '%s\n' "$@" >>t/DEBIAN/control
	[ -z "$triggers" ] || echo "$triggers" >t/DEBIAN/triggers
	dpkg-deb --root-owner-group -Znone -b t . >/dev/null
	rm -r t
}
triggers=
for v in 1.0 1.1; do
	deb foreign $v i386
	deb foreign-tool $v i386 'Multi-Arch: foreign'
	for a in amd64 i386; do
		deb both $v $a 'Multi-Arch: same'
		deb cross $v $a
	done
	deb late $v all
done
deb needs-foreign 1.0 amd64 'Depends: foreign:i386 (>= 1.1)'
deb needs-tool 1.0 amd64 'Depends: foreign-tool'
deb hates-foreign 1.0 all 'Conflicts: foreign:i386'
deb needs-late 1.0 all 'Depends: late (>= 1.1)'
deb hates-late 1.0 all 'Conflicts: late'
deb late-broken 1.0 all 'Depends: p05'
deb phased 1.0 all; deb phased 1.1 all 'Phased-Update-Percentage: 0'
deb half-phased 1.0 all; deb half-phased 1.1 all 'Phased-Update-Percentage: 50'
deb needs-phased 1.0 all 'Depends: phased (>= 1.1), half-phased'
triggers='interest /usr/share/tells-all' deb hears 1.0 all
deb tells 1.0 all
for f in *.deb; do
	dpkg-deb -f $f
	printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' $f $(stat -c %s $f) $(sha256sum $f | cut -d' ' -f1)
done >Packages
echo 'deb [trusted=yes arch=amd64,i386] copy:/root/other ./' >/etc/apt/sources.list.d/other.list
dpkg --add-architecture i386
`

// drawn are words of apt-get that go together, and states of the host that go with them.
type drawn struct {
	name   string
	words  []string
	states []string // commands, after [noOthers] and in the folder of the other packages
}

// noOthers removes what an earlier state has left.
const noOthers = `dpkg --purge --force-depends late needs-late hates-late late-broken flaky-postinst hears tells phased half-phased needs-phased \
	foreign:i386 foreign-tool:i386 needs-foreign needs-tool hates-foreign both:amd64 both:i386 cross:amd64 cross:i386
`

func allDrawn() []drawn {
	return []drawn{
		{"plain", []string{
			"hello-conf", "hello-conf=1.1", "hello-conf-", "svc-a", "svc-a-", "mta-x-", "mta-y", "virtual-mail", "needs-mail-", "hates-svc", "epoch=2.0~beta1",
			"archy-", "rec-", "rec", "asker", "quiz", "quiz-", "needs-quiz-", "needs-new", "p01-", "p02-", "p03", "p04", "docker-ce", "docker-ce-", "kubeadm", "kubelet=1.31.0",
			"bad-postinst", "nginx-light", "haproxy", "redis-server", "init-system-helpers-", "tzdata-", "nothing-like-it",
		}, nil},
		{"pending configuration", []string{"late", "late=1.1", "late-", "needs-late", "hates-late", "flaky-postinst", "flaky-postinst-", "hears-", "tells", "tells-", "late-broken-", "p05", "p06"}, []string{
			"dpkg --unpack late_1.0_all.deb",
			"dpkg --unpack late_1.0_all.deb; apt-mark hold late",
			"dpkg --install late_1.0_all.deb; dpkg --unpack late_1.1_all.deb needs-late_1.0_all.deb",
			"dpkg --unpack late-broken_1.0_all.deb",
			"apt-get -y install flaky-postinst || dpkg --unpack late_1.1_all.deb",
			"dpkg --install hears_1.0_all.deb; dpkg --no-triggers --install tells_1.0_all.deb",
		}},
		{"phased updates", []string{"phased", "phased-", "phased=1.1", "half-phased", "half-phased=1.0", "half-phased-", "needs-phased"}, []string{
			"dpkg --install phased_1.0_all.deb half-phased_1.0_all.deb",
			"dpkg --install phased_1.0_all.deb half-phased_1.0_all.deb; apt-mark auto phased half-phased",
			"dpkg --install phased_1.0_all.deb half-phased_1.1_all.deb; apt-mark hold phased",
			"dpkg --unpack phased_1.0_all.deb half-phased_1.0_all.deb",
		}},
		{"another architecture", []string{
			"foreign:i386", "foreign", "foreign:i386-", "foreign:i386=1.0", "foreign-tool:i386", "needs-foreign", "needs-tool", "hates-foreign",
			"both", "both:i386", "both:i386=1.0", "both-", "both:i386-", "cross", "cross:i386", "cross:i386=1.0", "cross-", "hello-conf:i386", "archy:i386",
		}, []string{
			"dpkg --install foreign_1.0_i386.deb both_1.0_amd64.deb both_1.0_i386.deb cross_1.0_amd64.deb",
			"dpkg --install foreign_1.0_i386.deb cross_1.1_i386.deb; apt-mark hold foreign:i386",
			"dpkg --install both_1.1_amd64.deb both_1.1_i386.deb foreign-tool_1.0_i386.deb needs-tool_1.0_amd64.deb",
			"dpkg --install both_1.0_i386.deb; dpkg --unpack foreign_1.1_i386.deb needs-foreign_1.0_amd64.deb cross_1.0_i386.deb",
		}},
	}
}

// draw draws words, most of them of one kind.
func draw(random *rand.Rand, of drawn, all []drawn) (words []string) {
	pool := of.words
	for range 1 + random.IntN(4) {
		if w := pool[random.IntN(len(pool))]; !slices.Contains(words, w) {
			words = append(words, w)
		}
		if pool = of.words; random.IntN(3) == 0 {
			pool = all[random.IntN(len(all))].words
		}
	}
	return words
}

// The gate is told what a simulation shows, whatever the transaction. CONVERGE_TEST_ROUNDS
// sets how many are drawn.
func TestGateIsToldWhatASimulationShows(t *testing.T) {
	if !onHost(t) {
		return
	}
	shell(t, otherPackages+`apt-get -qq update; apt-get -qq -y install hello-conf=1.0 svc-a=1.0 mta-x needs-mail rec epoch=1:0.9-1 archy quiz=1.0 needs-quiz p01 p02 docker-ce=27.0
		apt-mark hold svc-a p02; apt-mark auto quiz p01`)
	draws := 40
	if n, err := strconv.Atoi(os.Getenv("CONVERGE_TEST_ROUNDS")); err == nil {
		draws = n
	}
	p, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	solved, total, unfinished := map[string]int{}, 0, 0
	all := allDrawn()
	for i := range 2 * draws {
		if i >= draws && len(solved) == len(all) {
			break
		}
		of := all[i%len(all)]
		if len(of.states) > 0 {
			// apt takes its cache for current if dpkg's database has the same size and second of change.
			shell(t, noOthers+"cd /root/other\n"+of.states[random.IntN(len(of.states))]+"\nrm -f /var/cache/apt/*.bin")
		}
		asked := draw(random, of, all)
		did, pending := compareWithGate(t, p, asked, fmt.Sprintf("seed %d, %q", seed, asked))
		if did {
			solved[of.name]++
			total++
		}
		if pending {
			unfinished++
		}
	}
	t.Logf("%d of %d transactions had something to do: %v; in %d, packages waited for their configuration", total, draws, solved, unfinished)
	if total < draws/4 || len(solved) < len(all) || unfinished == 0 {
		t.Error("too few transactions of a kind had something to do")
	}
}

// compareWithGate wants the gate to be told what a simulation shows. It reports whether there was
// something to do, and whether packages waited for their configuration.
func compareWithGate(t *testing.T, p *Provider, asked []string, when string) (did, pending bool) {
	t.Helper()
	j, err := p.newJob(t.Context(), nil, p.currentLists())
	if err != nil {
		t.Fatal(err)
	}
	want, bad, err := j.simulateWords(t.Context(), asked)
	if err != nil {
		t.Fatal(err)
	}
	told, err := toldAtGate(t.Context(), j, asked)
	if err != nil || len(bad) > 0 && told != nil || listOf(told) != listOf(want) {
		t.Errorf("%s: %v, %v\n%s\nsimulated:\n%s", when, err, bad, listOf(told), listOf(want))
	}
	return len(bad) == 0 && len(want) > 0, j.db.isUnfinished()
}

// toldAtGate lets apt come to a gate, and sends it away.
func toldAtGate(ctx context.Context, j *job, words []string) ([]operation, error) {
	var told []operation
	g, err := openGate(func(ops []operation) error {
		told = j.normalizeNames(ops)
		return errors.New("only asking")
	})
	if err != nil {
		return nil, err
	}
	defer g.close()
	argv := append([]string{"apt-get", "-y", "-q", "--allow-downgrades", "--allow-change-held-packages", "--allow-remove-essential"}, g.options()...)
	res, err := j.sources.Run(ctx, tool.Command{Argv: append(append(argv, "install", "--"), words...), Keep: true, Inherit: g.inherited()})
	if err == nil && res.Status == 0 && told != nil {
		err = errors.New("apt went through a closed gate")
	}
	return told, err
}

// listOf writes operations in one order. Whether a package is purged is not told at a gate.
func listOf(ops []operation) string {
	var list []string
	for _, o := range ops {
		list = append(list, fmt.Sprintf("%s %s→%s", o.name, o.old, o.new))
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}
