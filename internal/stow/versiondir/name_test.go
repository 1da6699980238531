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

func TestVersionNames(t *testing.T) {
	for version, disk := range map[string]string{"1.0": "1.0", ":1": "::1", "::1": ":::1", "1:2": "1:2", ":": "::"} {
		if got := versiondir.DiskName(version); got != disk {
			t.Errorf("versiondir.DiskName(%q) = %q, want %q", version, got, disk)
		}
		if got := versiondir.VersionName(disk); got != version {
			t.Errorf("VersionName(%q) = %q, want %q", disk, got, version)
		}
	}
	for name, want := range map[string]struct{ magic, version, pkg bool }{
		"1": {version: true, pkg: true}, "foo": {version: true, pkg: true}, "...": {version: true, pkg: true},
		":config": {magic: true}, ":": {magic: true}, "::": {version: true}, "::1": {version: true},
		"": {}, ".": {}, "..": {}, "a/b": {}, "a\x00": {},
	} {
		got := struct{ magic, version, pkg bool }{versiondir.IsMagic(name), versiondir.IsVersion(name), versiondir.IsPackage(name)}
		if got != want {
			t.Errorf("%q is %+v, want %+v", name, got, want)
		}
	}
}
