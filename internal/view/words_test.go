package view

import (
	"testing"
	"time"
)

// TestWords shows numbers, sizes and times as people read them.
func TestWords(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{plural(0, "file"), "0 files"},
		{plural(1, "file"), "1 file"},
		{plural(1234567, "file"), "1,234,567 files"},
		{pluralKind(1, "directory"), "1 directory"},
		{pluralKind(15, "file"), "15 files"},
		{pluralKind(1500, "directory"), "1,500 directories"},
		{pluralKind(2, "authorized_key"), "2 authorized_keys"},
		{pluralKind(2, "sudoers"), "2 sudoers"},
		{thousands(-1234), "-1,234"},
		{thousands(999), "999"},
		{size(-1), "size unknown"},
		{size(1), "1 byte"},
		{size(1023), "1,023 bytes"},
		{size(1 << 10), "1.0 KiB"},
		{size(5 << 20), "5.0 MiB"},
		{size(3 << 30), "3.0 GiB"},
		{elapsed(-time.Second), "0.0s"},
		{elapsed(9940 * time.Millisecond), "9.9s"},
		{elapsed(10 * time.Second), "10s"},
		{elapsed(59 * time.Second), "59s"},
		{elapsed(61 * time.Second), "1m01s"},
		{elapsed(2 * time.Hour), "120m00s"},
		{some(nil, 2), ""},
		{some([]string{"a", "b"}, 2), "a, b"},
		{some([]string{"a", "b", "c"}, 2), "a, b and 1 more"},
		{bareName("package.libx"), "libx"},
		{bareName(`package["libx1.2"]`), "libx1.2"},
		{bareName("libx"), "libx"},
		{value(nil), "(none)"},
		{value([]byte(`{"digest":"0123456789abcdef","size":12}`)), "12 bytes sha256:0123456789ab"},
		{value([]byte(`{"digest":"0123","size":12}`)), `{digest = "0123", size = 12}`},
		{value([]byte(`12345678901234567890`)), "12345678901234567890"},
		{contentSize([]byte(`{"size":2048}`)), "2.0 KiB"},
		{contentSize([]byte(`"x"`)), `"x"`},
		{unquoted([]byte(`"a\"b"`)), `a"b`},
		{unquoted([]byte(`[1]`)), "[1]"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
