package reboot

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestMemoryOfEarlierVersions: a reboot that an earlier version recorded counts for each site, until a run has
// completed.
func TestMemoryOfEarlierVersions(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, c := range map[string]struct {
		text string
		want memory
		err  bool
	}{
		"lists": {
			text: `{"boot":"b","at":"2026-01-02T03:04:05Z","causes":["package.linux"],"required":["/run/reboot-required"],"after":{"boot":"c","run":"r"}}`,
			want: memory{Boot: "b", At: at, Causes: map[string]reasons{anySite: {"package.linux": at}}, Required: reasons{"/run/reboot-required": at}},
		},
		"one list": {
			text: `{"boot":"b","at":"2026-01-02T03:04:05Z","required":["x"]}`,
			want: memory{Boot: "b", At: at, Required: reasons{"x": at}},
		},
		"by site": {
			text: `{"boot":"b","at":"2026-01-02T03:04:05Z","causes":{"web":{"package.linux":"2026-01-02T03:04:05Z"}}}`,
			want: memory{Boot: "b", At: at, Causes: map[string]reasons{"web": {"package.linux": at}}},
		},
		"damaged":    {text: `{"boot":"b","causes":7}`, err: true},
		"not closed": {text: `{"boot":"b"`, err: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, memoryFile), []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			m, err := (&keeper{state: dir}).recall()
			if (err != nil) != c.err {
				t.Fatal(err)
			}
			if err == nil && !cmp.Equal(c.want, *m) {
				t.Error(cmp.Diff(c.want, *m))
			}
		})
	}
}
