package pack

import "testing"

func TestVersionOfEachFamily(t *testing.T) {
	for _, tt := range []struct{ version, deb, rpm, arch, apk string }{
		{"1.2.3", "1.2.3", "1.2.3", "1.2.3", "1.2.3"},
		{"v1.2.3", "1.2.3", "1.2.3", "1.2.3", "1.2.3"},
		{"1.2.3-rc1", "1.2.3~rc1", "1.2.3~rc1", "1.2.3rc1", "1.2.3_rc1"},
		{"1.2.3~rc1", "1.2.3~rc1", "1.2.3~rc1", "1.2.3rc1", "1.2.3_rc1"},
		{"1.2.3-rc.1", "1.2.3~rc.1", "1.2.3~rc.1", "1.2.3rc.1", "1.2.3_rc1"},
		{"v1.2.3-14-gabcdef0", "1.2.3+14.gabcdef0", "1.2.3+14.gabcdef0", "1.2.3+14.gabcdef0", "1.2.3_p14"},
		{"v1.2.3-14-gabcdef0-dirty", "1.2.3+14.gabcdef0.dirty", "1.2.3+14.gabcdef0.dirty", "1.2.3+14.gabcdef0.dirty", "1.2.3_p14"},
		{"v1.2.3-dirty", "1.2.3+dirty", "1.2.3+dirty", "1.2.3+dirty", "1.2.3"},
		{"1.2_p1", "", "1.2_p1", "1.2_p1", "1.2_p1"},
		{"1.2-nightly", "1.2~nightly", "1.2~nightly", "1.2nightly", ""},
		{"", "", "", "", ""},
		{"abc", "", "", "", ""},
		{"1.2 3", "", "", "", ""},
		{"1:2", "", "", "", ""},
		{"1.2\n3", "", "", "", ""},
	} {
		for format, want := range map[string]string{Deb: tt.deb, RPM: tt.rpm, Arch: tt.arch, APK: tt.apk} {
			if got, err := versionOf(tt.version, format); got != want || (err == nil) == (want == "") {
				t.Errorf("%q as %s: %q, %v; want %q", tt.version, format, got, err, want)
			}
		}
	}
}

func TestRelationOfEachFamily(t *testing.T) {
	for _, tt := range []struct{ text, deb, rpm, arch string }{
		{"nginx", "nginx", "nginx", "nginx"},
		{"nginx >= 1.2", "nginx (>= 1.2)", "nginx >= 1.2", "nginx>=1.2"},
		{"nginx>=1:1.2-3", "nginx (>= 1:1.2-3)", "nginx >= 1:1.2-3", "nginx>=1:1.2-3"},
		{"nginx < 2", "nginx (<< 2)", "nginx < 2", "nginx<2"},
		{"nginx << 2", "nginx (<< 2)", "nginx < 2", "nginx<2"},
		{"a | b", "a | b", "a | b", "a | b"},
		{"libc6 (>= 2)", "libc6 (>= 2)", "libc6 (>= 2)", "libc6 (>= 2)"},
	} {
		for format, want := range map[string]string{Deb: tt.deb, RPM: tt.rpm, Arch: tt.arch, APK: tt.arch} {
			if got, err := relation(tt.text, format); got != want || err != nil {
				t.Errorf("%q as %s: %q, %v; want %q", tt.text, format, got, err, want)
			}
		}
	}
	if got, err := relation("a\nEssential: yes", Deb); err == nil {
		t.Errorf("two lines are the relation %q", got)
	}
}
