package apt

import (
	"fmt"
	"testing"
	"time"

	"converge/internal/resource"
	"converge/internal/testhost"
	"converge/resources"
)

// BenchmarkInstallOnHost is the installation of 20 packages that a plan has forecast, among
// 60,000 that are offered, in the time of one apt-get that does the same (x-of-apt); the
// plan's own answer is plan-x-of-apt.
func BenchmarkInstallOnHost(b *testing.B) {
	if !testhost.BenchOnHost(b, testhost.Options{Repo: true}) {
		return
	}
	names := ""
	var rs []*resource.Resource
	p, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	m := &machine{Provider: p, kind: resources.Package(p)}
	for i := range 20 {
		name := fmt.Sprintf("p%02d", i+1)
		rs, names = append(rs, m.resource(b, name, nil)), names+" "+name
	}
	// As many packages as a suite of Debian lists, each with some dependencies.
	shell(b, `mkdir -p /srv/many; awk 'BEGIN { for (i = 0; i < 60000; i++) printf "Package: many%d\nVersion: 1.0\nArchitecture: all\nDepends: many%d, many%d, libc6\nDescription: one of many\nFilename: ./many%d.deb\nSize: 1000\nSHA256: %064d\n\n", i, i+1, i+7, i, i }' >/srv/many/Packages
		echo 'deb [trusted=yes] copy:/srv/many ./' >/etc/apt/sources.list.d/many.list`)
	shell(b, "apt-get -qq update; apt-get -qq -y install"+names+" && dpkg --purge"+names)
	var ours, plans, alone time.Duration
	for b.Loop() {
		start := time.Now()
		shell(b, "apt-get -q -y install"+names)
		alone += time.Since(start)
		shell(b, "dpkg --purge"+names)
		start = time.Now()
		cs := m.diff(b, rs...)
		f, err := p.Solve(b.Context(), cs, nil)
		if err != nil {
			b.Fatal(err)
		}
		plans += time.Since(start)
		start = time.Now()
		o := p.ApplyAll(b.Context(), cs, f)
		ours += time.Since(start)
		for i := range cs {
			if o.Err(i) != nil {
				b.Fatal(o.Err(i))
			}
		}
		shell(b, "dpkg --purge"+names)
	}
	b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N), "ns/op")
	b.ReportMetric(float64(alone.Nanoseconds())/float64(b.N), "apt-ns/op")
	b.ReportMetric(float64(plans)/float64(alone), "plan-x-of-apt")
	b.ReportMetric(float64(ours)/float64(alone), "x-of-apt")
}
