package service

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// TestVerdictsHaveTheKeysOfResources: a verdict at the end of the run must find its resource, so its key is the one
// that the kind gives to a declared unit.
func TestVerdictsHaveTheKeysOfResources(t *testing.T) {
	for _, unit := range []string{"web.service", "web.socket", "job@a.timer"} {
		declared := resources.Service(nil).Links(cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(unit)})).Provides[0]
		r := &socketRestarter{starts: &startLog{}}
		r.starts.watch(unit, wanted{})
		var verdicts resource.Verdicts
		if !errors.As(r.blameUnits(jobErrors{unit: errors.New("it failed")}, []string{unit}), &verdicts) {
			t.Fatalf("%s: no verdict", unit)
		}
		if keys := slices.Collect(maps.Keys(verdicts)); !slices.Equal(keys, []string{declared}) {
			t.Errorf("%s: verdict on %v, and the resource is %s", unit, keys, declared)
		}
	}
}
