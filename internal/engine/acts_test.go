package engine

import "testing"

// TestAfterActs: a provider is told that an action or a check may run between pending changes and its own.
func TestAfterActs(t *testing.T) {
	for site, want := range map[string]bool{
		"thing a=1\nthing m=1 after:a":                                                  false,
		"thing a=1 notifies:b.run\nthing b=1\nthing m=1 after:b":                        true,
		"thing a=1 notifies:b.run\nthing b=1\ncheck c=1 after:b\nthing m=1 after:c":     true,
		"thing a=1\ncheck c=1 after:a\nthing m=1 after:c":                               true,
		"thing a=1\ncheck c=1 after:a\nthing d=1 after:c\nthing m=1 after:d":            true,
		"thing b=1 notifies:a.run\nthing a=1\nthing m=1":                                false,
		"thing b=1\ncheck c=1 after:b\nthing m=1":                                       false,
		"thing old=1 notifies:b.run\nthing b=1\ncheck c=1 after:old\nthing m=1 after:c": false,
	} {
		s := newFakeSite(t, newWorld(map[string]string{"old": "1"}))
		p, err := Plan(t.Context(), s.options(s.parse(site), &recorder{}, nil))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.plan.steps[len(p.plan.steps)-1].afterActs; got != want {
			t.Errorf("%q: %v, want %v", site, got, want)
		}
	}
}
