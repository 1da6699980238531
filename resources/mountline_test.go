package resources

import (
	"testing"

	"converge/internal/edit"
)

// TestMadeLineOfFstab: a line that a run has added is known as a whole, so that an edit of any field of it is seen;
// one that a later run has changed is not.
func TestMadeLineOfFstab(t *testing.T) {
	added := &PartPast{Hunks: []edit.Hunk{{New: "UUID=3 /data ext4 defaults 0 0\n"}}}
	for _, c := range []struct {
		name  string
		past  *PartPast
		saved string
		want  string
	}{
		{"added", added, "UUID=3 /data ext4", "UUID=3 /data ext4 defaults 0 0"},
		{"changed by a later run", added, "UUID=3 /data ext4 ro", ""},
		{"changed", &PartPast{Present: true, Hunks: []edit.Hunk{{Old: "defaults", New: "ro"}}}, "UUID=3 /data ext4 ro", ""},
		{"in the place of another", &PartPast{Hunks: []edit.Hunk{{Old: "# x\n", New: "UUID=3 /data ext4 ro 0 0\n"}}}, "UUID=3 /data ext4 ro", ""},
		{"not known", nil, "UUID=3 /data ext4", ""},
	} {
		if got := madeLine(c.past, c.saved); got != c.want {
			t.Errorf("%s: %q, and not %q", c.name, got, c.want)
		}
	}
}
