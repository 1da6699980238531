package view

import (
	"testing"

	"converge/internal/event"
)

// TestNothingSentenceCountsWhatIsLeft counts resources that are as declared separately from those that are left
// unchanged.
func TestNothingSentenceCountsWhatIsLeft(t *testing.T) {
	for want, c := range map[string]event.Counts{
		"Nothing to do: 1 resource is as declared.":                                                      {Resources: 1},
		"Nothing to do: 0 resources are as declared, 1 is left as it is.":                                {Resources: 1, Left: 1},
		"Nothing to do: 1 resource is as declared, 2 are left as they are.":                              {Resources: 3, Left: 2},
		"Nothing to do: 1 resource is as declared, 1 differs and is only audited.":                       {Resources: 2, Audited: 1},
		"Nothing to do: 1 resource is as declared, 2 cannot be compared.":                                {Resources: 3, Unobserved: 2},
		"Nothing to do: 0 resources are as declared, 1 is left as it is, 2 differ and are only audited.": {Resources: 3, Left: 1, Audited: 2},
		"Nothing to do: 1,000 resources are as declared, 1 is left as it is.":                            {Resources: 1001, Left: 1},
	} {
		if got := nothingSentence(c); got != want {
			t.Errorf("%+v: %q, want %q", c, got, want)
		}
	}
}
