package versiondir_test

import (
	"testing"

	"converge/internal/stow/versiondir"
)

func TestSuspected(t *testing.T) {
	for name, want := range map[string]bool{
		"1.0": true, "2": true, "2024a": true, "1rc2": true, "1.0alpha": true, "v2": true, "r12": true, "rel-3": true,
		"gtk-4.0": true, "foo-1": true, "foo_v2": true, "go1.21": true, "python2.7": true, "release1": true,
		"1password": false, "0ad": false, "X11": false, "texmf2": false, "k8s": false, "i3": false, "lib32": false,
		"w3m": false, "": false, "bin": false, ".1": false, "dot-1": false, "1password7": false,
	} {
		if got := versiondir.Suspected(name); got != want {
			t.Errorf("Suspected(%q) = %v, want %v", name, got, want)
		}
	}
}
