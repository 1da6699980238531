package packages_test

import (
	"errors"
	"strings"
	"testing"

	"converge/internal/providers/packages"
)

// TestHoldThatCannotBeReleasedIsInThePlan refuses a change whose hold cannot be set, before it installs anything.
func TestHoldThatCannotBeReleasedIsInThePlan(t *testing.T) {
	s := newSite(t, packages.Options{})
	s.fake.Stuck = map[string]error{"a": errors.New("a pattern holds it")}
	if _, err := s.Solve(t.Context(), s.changes(s.want("a", "hold", false)), nil); err == nil || !strings.Contains(err.Error(), "a pattern holds it") {
		t.Error(err)
	}
	_, out := s.apply(s.want("a", "hold", false))
	if out.Err(0) == nil || len(s.fake.Asked) > 0 {
		t.Error(out.Errs, s.fake.Asked)
	}
	if _, out := s.apply(s.want("a")); out.Err(0) != nil { // the hold is not the manifest's then
		t.Error(out.Errs)
	}
	if _, out := s.apply(s.want("a", "ensure", "absent", "hold", false)); out.Err(0) != nil {
		t.Error(out.Errs)
	}
}

// TestVersionWithoutEpochAndReleaseIsExplained names the version in full.
func TestVersionWithoutEpochAndReleaseIsExplained(t *testing.T) {
	s := newSite(t, packages.Options{})
	s.fake.Offered = s.fake.Offered[:1]
	s.fake.Offered[0].Version = "1:0.9-1"
	_, err := s.Solve(t.Context(), s.changes(s.want("a", "version", "0.9")), nil)
	if err == nil || !strings.Contains(err.Error(), `write it in full: version = "1:0.9-1"`) {
		t.Error(err)
	}
}
