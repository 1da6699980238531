package main

import (
	"runtime/debug"
	"testing"
)

// TestPlainBuildsSayTheirCommit shows the output of --version for a build without the linker's flags.
func TestPlainBuildsSayTheirCommit(t *testing.T) {
	clone := &debug.BuildInfo{
		Main:     debug.Module{Version: "v0.0.0-20261130-0123456789ab+dirty"},
		Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}},
	}
	devel := &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: clone.Settings}
	for _, c := range []struct {
		linked          string
		info            *debug.BuildInfo
		version, commit string
	}{
		{"", clone, "v0.0.0-20261130-0123456789ab+dirty", "0123456789abcdef"},
		{"", devel, "unreleased", "0123456789abcdef"},
		{"v1.2.3", clone, "v1.2.3", "0123456789abcdef"},
		{"", nil, "unreleased", ""},
	} {
		if b := describeBuild(c.linked, c.info); b.Version != c.version || b.Commit != c.commit || b.Dirty != (c.commit != "") {
			t.Errorf("%q: %+v, want version %s of commit %q", c.linked, b, c.version, c.commit)
		}
	}
}
