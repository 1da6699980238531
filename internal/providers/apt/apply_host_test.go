package apt

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/resource"
)

func TestThirtyPackagesAreOneTransaction(t *testing.T) {
	if !onHost(t) {
		return
	}
	m := newMachine(t)
	var rs []*resource.Resource
	for i := range 30 {
		rs = append(rs, m.resource(t, fmt.Sprintf("p%02d", i+1), nil))
	}
	listed := shell(t, "ls -lR --time-style=full-iso /var/lib/apt /var/cache/apt /var/log/apt /var/lib/dpkg /tmp")
	f, err := m.Solve(t.Context(), m.diff(t, rs...), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := summary(f.Changes)[29]; got != "create p30 ensure=→present version=→1.0" {
		t.Error(got)
	}
	if d := cmp.Diff(listed, shell(t, "ls -lR --time-style=full-iso /var/lib/apt /var/cache/apt /var/log/apt /var/lib/dpkg /tmp")); d != "" {
		t.Errorf("planning wrote:\n%s", d)
	}
	m.converge(t, rs...)
	if n := transactions(t); n != 1 {
		t.Errorf("%d transactions", n)
	}
	if !strings.Contains(m.said.String(), "fetching the package lists") {
		t.Error("nothing was said of fetching the lists")
	}
}

func TestMixedChangesAreOneTransaction(t *testing.T) {
	if !onHost(t) {
		return
	}
	shell(t, `apt-get -qq update; apt-get -qq -y install hello-conf=1.0 svc-a=1.0 mta-x rec epoch=1:0.9-1 archy </dev/null
		echo changed >/etc/hello-conf/hello.conf; apt-mark hold archy`)
	before := transactions(t)
	m := newMachine(t)
	f := m.converge(t,
		m.resource(t, "hello-conf", attrs{"version": ">= 1.0, < 2, != 1.0"}),
		m.resource(t, "svc-a", attrs{"ensure": "latest"}),
		m.resource(t, "mta-x", attrs{"ensure": "absent"}),
		m.resource(t, "rec", attrs{"ensure": "purged"}),
		m.resource(t, "epoch", attrs{"version": "2.0~beta1", "allow_downgrade": true}),
		m.resource(t, "archy", attrs{"hold": false}),
		m.resource(t, "needs-mail", attrs{"hold": true}),
	)
	want := []string{
		"update hello-conf version=1.0→1.1", "update svc-a ensure=present→latest version=1.0→1.1",
		"delete mta-x ensure=present→absent version=1.0→", "delete rec ensure=present→purged version=1.0→",
		"update epoch version=1:0.9-1→2.0~beta1",
		"update archy hold=yes→no", "create needs-mail ensure=→present version=→1.0 hold=→yes",
	}
	if d := cmp.Diff(want, summary(f.Changes)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"create mta-y version=→1.0"}, summary(f.Also)); d != "" {
		t.Error(d)
	}
	if n := transactions(t) - before; n != 1 {
		t.Errorf("%d transactions", n)
	}
	if s := state(t, "needs-mail"); s != "hi 1.0" {
		t.Errorf("needs-mail is %s", s)
	}
	if s := state(t, "mta-x"); s != "" && !strings.HasPrefix(s, "rc") && !strings.HasPrefix(s, "un") {
		t.Errorf("mta-x is %s", s)
	}
	if got, _ := os.ReadFile("/etc/hello-conf/hello.conf"); string(got) != "changed\n" {
		t.Errorf("the local configuration is now %q", got)
	}
	if m.outcome.TookEffectAt(1).IsZero() {
		t.Error("svc-a has no moment of change")
	}
	if !m.outcome.TookEffectAt(5).IsZero() {
		t.Error("archy was not unpacked")
	}
	units, err := m.Ships(t.Context(), []string{"svc-a", "archy", "nope"})
	if d := cmp.Diff(map[string][]string{"svc-a": {"unit:svc-a.service"}}, units); d != "" || err != nil {
		t.Error(d, err)
	}
}
