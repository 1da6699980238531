package apt

import (
	"slices"
	"testing"
)

func TestNearestName(t *testing.T) {
	known := []string{"nano\n", "nginx\n", "nginx-common\n", "nix\n", "openssh-server\n", "tree\n", "tred\n"}
	for name, want := range map[string]string{
		"ngnix":         "nginx", // two letters have changed places
		"nginxx":        "nginx",
		"opnessh-sever": "", // too many
		"openssh-serer": "openssh-server",
		"tre":           "tred", // the first of two that are as near
		"xy":            "",
		"xgnin":         "", // what was swapped are no neighbours
	} {
		if got := nearestName(name, slices.Values(known)); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
