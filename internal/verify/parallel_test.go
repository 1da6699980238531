package verify_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"converge/internal/process"
	"converge/internal/resource"
	"converge/internal/verify"
)

// The checks of a plan run in parallel: two that can only pass side by side do. One that several callers need runs once.
func TestForecastsRunSideBySide(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make mount namespaces")
	}
	w := newWorld(t)
	o, place := w.plan(), t.TempDir()
	meet := func(own, other string) verify.Check {
		script := "cd " + place + " && echo ran >>" + own + "; for i in $(seq 2000); do [ -e " + other + " ] && exit 0; sleep .01; done; exit 1"
		return verify.Check{Argv: []string{"sh", "-c", script}, Path: w.dir + "/x", Verb: "replace"}
	}
	var all sync.WaitGroup
	for range 3 {
		for _, c := range []verify.Check{meet("left", "right"), meet("right", "left")} {
			all.Go(func() {
				if v := w.k.Forecast(t.Context(), c, w, o); v.Blocked != nil || len(v.Notes) > 0 {
					t.Error(v)
				}
			})
		}
	}
	all.Wait()
	for _, name := range []string{"left", "right"} {
		if text, err := os.ReadFile(filepath.Join(place, name)); string(text) != "ran\n" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}

// An answer that an interrupt cut short is not kept.
func TestForecastForgetsWhatWasCutShort(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make mount namespaces")
	}
	w := newWorld(t)
	o := w.plan()
	c := verify.Check{Argv: []string{"sh", "-c", "echo wrong; exit 1"}, Path: w.dir + "/x", Verb: "replace"}
	ended, end := context.WithCancel(t.Context())
	end()
	if v := w.k.Forecast(ended, c, w, o); v.Blocked != nil {
		t.Error(v)
	}
	if v := w.k.Forecast(t.Context(), c, w, o); v.Blocked == nil || !strings.Contains(v.Blocked.Error(), "wrong") {
		t.Error(v)
	}
}

// A provider may call or invalidate the checker while it shows its changes.
func TestShownMayInvalidate(t *testing.T) {
	w := newWorld(t)
	w.k.Declare(w, []resource.Change{{}}, func(context.Context, []resource.Change) ([]process.Overlaid, bool) {
		w.k.Invalidate()
		return nil, true
	})
	w.k.Forecast(t.Context(), verify.Check{Argv: []string{"true"}}, w, resource.Outlook{Ask: resource.AskForecast})
}
