package apt

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// A plan by apt's shorter answer is the plan by a simulation: with the test repository, and with
// packages that are made up of everything that a package may say of another.
func TestShorterAnswerIsTheSimulations(t *testing.T) {
	if !onHost(t) {
		return
	}
	shell(t, `dpkg --add-architecture i386; apt-get -qq update; apt-get -qq -y install hello-conf=1.0 svc-a=1.0 mta-x needs-mail rec epoch=1:0.9-1 archy quiz=1.0 needs-quiz p01 p02 docker-ce=27.0
		apt-mark hold svc-a p02; apt-mark auto quiz p01; for p in p03_1.0 p04_1.0 asker_1.0; do echo unfinished >/var/cache/apt/archives/${p}_all.deb; done`)
	seed := rand.Uint64()
	d := differential{random: rand.New(rand.NewPCG(seed, 1)), t: t, seed: seed}
	d.ask("p01") // is there already, and marked as automatic
	d.compare(20, []string{
		"hello-conf", "hello-conf-", "svc-a-", "mta-x-", "mta-y", "virtual-mail", "needs-mail-", "hates-svc", "archy-", "archy:i386", "rec-", "rec", "asker", "quiz-",
		"needs-quiz-", "needs-new", "p01-", "p02-", "p03", "p04", "p05", "docker-ce-", "kubeadm", "kubelet=1.31.0", "bad-postinst", "init-system-helpers-", "p0.", "nothing-like-it",
	})
	for range 2 {
		words := d.makeUniverse()
		d.configure()
		d.compare(10, words)
	}
	t.Logf("seed %d: %d of %d answers were short, and %d of these had something to do", seed, d.short, d.asked, d.busy)
	if d.busy < d.asked/20 {
		t.Errorf("seed %d: only %d of %d answers were short and had something to do", seed, d.busy, d.asked)
	}
}

// differential compares the two ways to ask.
type differential struct {
	t      *testing.T
	random *rand.Rand
	seed   uint64

	asked, short, busy int
}

func (d *differential) chance(percent int) bool { return d.random.IntN(100) < percent }

func (d *differential) oneOf(list ...string) string { return list[d.random.IntN(len(list))] }

// compare asks for random transactions of the words.
func (d *differential) compare(draws int, words []string) {
	d.t.Helper()
	for range draws {
		var asked []string
		for range 1 + d.random.IntN(5) {
			if w := d.oneOf(words...); !slices.Contains(asked, w) {
				asked = append(asked, w)
			}
		}
		d.ask(asked...)
	}
}

// ask asks in both ways. Neither may write.
func (d *differential) ask(words ...string) {
	d.t.Helper()
	m := newMachine(d.t)
	j, err := m.newJob(d.t.Context(), nil, m.currentLists())
	if err != nil {
		d.t.Fatal(err)
	}
	before := d.aptFiles()
	want, wantBad, err := j.simulateWords(d.t.Context(), words)
	if err != nil {
		d.t.Fatal(err)
	}
	unneeded, runs := j.unneeded, countRuns(m)
	j.brief, j.unneeded = true, nil
	got, bad, err := j.askSolution(d.t.Context(), words)
	j.removePrivate()
	if err != nil || listOf(got) != listOf(want) || purgedOf(got) != purgedOf(want) || fmt.Sprint(j.unneeded, bad) != fmt.Sprint(unneeded, wantBad) {
		d.t.Errorf("seed %d, %q: %v\n%v %v %v\nsimulated:\n%v %v %v", d.seed, words, err, got, j.unneeded, bad, want, unneeded, wantBad)
	}
	if after := d.aptFiles(); after != before {
		d.t.Errorf("seed %d, %q: it has written\n%s\n%s", d.seed, words, before, after)
	}
	d.asked++
	if runs.count("apt-get -s") == 0 {
		d.short++
		if len(got) > 0 {
			d.busy++
		}
	}
}

// purgedOf counts the packages that are purged.
func purgedOf(ops []operation) (n int) {
	for _, o := range ops {
		if o.purge {
			n++
		}
	}
	return n
}

// aptFiles describes what apt would write to.
func (d *differential) aptFiles() string {
	return shell(d.t, "cat /var/lib/apt/extended_states; ls -lR --time-style=full-iso /var/lib/apt /var/cache/apt /var/lib/dpkg/status /var/log/apt")
}

// configure configures apt in a way that changes what it prints, or does besides.
func (d *differential) configure() {
	conf := ""
	for _, line := range []string{
		`quiet "2"`, `APT::Get::Show-Versions "false"`, `APT::Get::Purge "true"`, `APT::Get::AutomaticRemove "true"`, `APT::Get::HideAutoRemove "small"`,
		`APT::Get::Assume-No "true"`, `APT::Get::Show-Upgraded "false"`, `APT::Output-Version "30"`, `APT::Color "true"`, `Debug::pkgAutoRemove "true"`,
		`Debug::pkgProblemResolver "true"`, `APT::Install-Recommends "false"`, `APT::Get::Download-Only "true"`, `Dpkg::Progress-Fancy "true"`,
	} {
		if d.chance(20) {
			conf += line + ";\n"
		}
	}
	d.write("/etc/apt/apt.conf.d/zz-made", conf)
}

// made is a package that a test has made up.
type made struct{ name, arch, version, fields string }

func (p made) key() string {
	if p.arch == "i386" {
		return p.name + ":i386"
	}
	return p.name
}

// makeUniverse makes packages up, and installs some of them as far as dpkg's status tells.
// It returns words about them.
func (d *differential) makeUniverse() (words []string) {
	shell(d.t, "mkdir -p /srv/made; rm -f /etc/apt/apt.conf.d/zz-made; test -e /root/status || cp /var/lib/dpkg/status /root/status; cp /root/status /var/lib/dpkg/status")
	var all []made
	var lists strings.Builder
	for i := range 30 {
		name := fmt.Sprintf("made%02d", i)
		versions := []string{"1:0.5-1", "1.0", "2.0~rc1+b1"}[:1+d.random.IntN(3)]
		for _, version := range versions {
			for _, arch := range [][]string{{"all"}, {"amd64"}, {"amd64", "i386"}}[d.random.IntN(3)] {
				p := made{name, arch, version, d.makeFields(i, arch)}
				all = append(all, p)
				fmt.Fprintf(&lists, "Package: %s\nVersion: %s\nArchitecture: %s\n%sFilename: ./%[1]s_%[3]s.deb\nSize: 1000\nSHA256: %064[5]d\n\n", name, version, arch, p.fields, len(all))
			}
		}
	}
	d.write("/srv/made/Packages", lists.String())
	d.write("/etc/apt/sources.list.d/made.list", "deb [trusted=yes] copy:/srv/made ./\n")
	shell(d.t, "apt-get -qq update")
	for _, p := range all {
		words = append(words, p.key(), p.key()+"="+p.version, p.key()+"-")
	}
	words = append(words, "virtual1", "virtual2")
	d.install(all)
	return words
}

// makeFields makes up what a package says of others. The first few need none, and only these
// are pre-depended on: apt finds no order where a package needs what pre-depends on it, and that only a
// simulation tells.
func (d *differential) makeFields(i int, arch string) string {
	const first = 5
	other := func(n int) string {
		name := fmt.Sprintf("made%02d", d.random.IntN(n))
		if d.chance(15) {
			name = d.oneOf("virtual1", "virtual2")
		}
		if arch != "all" && d.chance(10) {
			return name + ":any"
		}
		return name + d.oneOf("", "", "", " (>= 1.0)", " (<< 1:0)", " (= 1.0)")
	}
	f := ""
	add := func(percent int, field, value string) {
		if d.chance(percent) {
			f += field + ": " + value + "\n"
		}
	}
	add(5, d.oneOf("Essential", "Protected"), "yes")
	if arch != "all" {
		add(40, "Multi-Arch", d.oneOf("same", "foreign", "allowed"))
	}
	add(15, "Provides", d.oneOf("virtual1", "virtual2 (= 3)", "virtual1, virtual2"))
	if i >= first {
		add(15, "Pre-Depends", fmt.Sprintf("made%02d", d.random.IntN(first)))
		add(40, "Depends", other(30)+d.oneOf(", ", " | ")+other(30))
	}
	add(30, "Recommends", other(30)+d.oneOf(", ", " | ")+other(30))
	add(20, "Suggests", other(30))
	add(10, "Breaks", other(30))
	add(10, "Conflicts", other(30))
	add(10, "Replaces", other(30))
	add(15, "Phased-Update-Percentage", "10")
	return f + "Maintainer: nobody\nDescription: made up\n"
}

// install writes into dpkg's status, and into apt's marks, what apt would install of some.
func (d *differential) install(all []made) {
	var words []string
	for range 6 {
		p := all[d.random.IntN(len(all))]
		words = append(words, p.key()+"="+p.version)
	}
	m := newMachine(d.t)
	var stanzas, marks strings.Builder
	for _, word := range words { // each for itself: some cannot be installed
		j, err := m.newJob(d.t.Context(), nil, m.currentLists())
		if err != nil {
			d.t.Fatal(err)
		}
		ops, _, err := j.simulateWords(d.t.Context(), []string{word})
		if err != nil {
			d.t.Fatal(err)
		}
		if slices.ContainsFunc(ops, func(o operation) bool { return o.old != "" || o.removes() }) {
			continue
		}
		for _, o := range ops {
			i := slices.IndexFunc(all, func(p made) bool { return p.key() == o.name && p.version == o.new })
			if i < 0 {
				continue
			}
			status := d.oneOf("install", "install", "install", "hold") + " ok installed"
			if d.chance(2) {
				status = d.oneOf("install ok half-configured", "install ok unpacked", "install ok triggers-pending", "deinstall ok config-files", "install reinstreq half-installed")
			}
			fmt.Fprintf(&stanzas, "Package: %s\nStatus: %s\nVersion: %s\nArchitecture: %s\n%s\n", all[i].name, status, all[i].version, all[i].arch, all[i].fields)
			if d.chance(60) {
				fmt.Fprintf(&marks, "Package: %s\nArchitecture: %s\nAuto-Installed: 1\n\n", all[i].name, strings.ReplaceAll(all[i].arch, "all", "amd64"))
			}
		}
		d.write("/var/lib/dpkg/status", shell(d.t, "cat /root/status")+"\n\n"+stanzas.String())
	}
	d.write("/var/lib/apt/extended_states", marks.String())
}

func (d *differential) write(file, text string) {
	d.t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		d.t.Fatal(err)
	}
}
