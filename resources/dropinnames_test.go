package resources

import (
	"strings"
	"testing"
)

// TestDropInNames: the folders from which systemd 252 reads drop-ins of a unit, each tried with a key that it does not know.
func TestDropInNames(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"/etc/systemd/system/a.service":           "a.service service",
		"/etc/systemd/system/a-b-c.timer":         "a-b-c.timer a-b-.timer a-.timer timer",
		"/etc/systemd/system/a-.service":          "a-.service service",
		"/etc/systemd/system/a@.service":          "a@.service service",
		"/etc/systemd/system/foo-bar@x.service":   "foo-bar@x.service foo-bar@.service foo-@x.service foo-@.service foo-.service service",
		"/etc/systemd/system/foo-bar@x-y.service": "foo-bar@x-y.service foo-bar@.service foo-@x-y.service foo-@.service foo-.service service",
		"/etc/systemd/system/a-b-c@z.service":     "a-b-c@z.service a-b-c@.service a-b-@z.service a-b-@.service a-b-.service a-@z.service a-@.service a-.service service",
		"/etc/systemd/system/a-b-c@.service":      "a-b-c@.service a-b-@.service a-b-.service a-@.service a-.service service",
		"/etc/systemd/system/b.service.d/x.conf":  "b.service service",
	} {
		if got := strings.Join(DropInNames(file), " "); got != want {
			t.Errorf("%s: %s, want %s", file, got, want)
		}
	}
}
