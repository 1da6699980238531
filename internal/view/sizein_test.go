package view

import (
	"encoding/json"
	"testing"
)

// TestContentSize shows the size of contents, and of values that are not contents.
func TestContentSize(t *testing.T) {
	for raw, want := range map[string]string{
		`{"digest":"ab12","size":0}`:                    "0 bytes",
		`{"digest":"ab12","size":1}`:                    "1 byte",
		`{"digest":"ab12","size":2048}`:                 "2.0 KiB",
		`{"digest":"ab12","size":-1}`:                   size(-1),
		`{"size":7,"digest":"ab12"}`:                    "7 bytes",
		`{"digest":"a\"b","size":7}`:                    "7 bytes",
		`{"digest":"ab12","size":7,"size":8}`:           "8 bytes",
		`{"digest":"ab12","size":7.5}`:                  `{digest = "ab12", size = 7.5}`,
		`{"digest":"ab12","size":99999999999999999999}`: `{digest = "ab12", size = 99999999999999999999}`,
		`{"digest":"ab12","size":}`:                     `{"digest":"ab12","size":}`,
		`{"digest":"ab12"}`:                             `{digest = "ab12"}`,
		`"text"`:                                        `"text"`,
		``:                                              "(none)",
	} {
		if got := contentSize(json.RawMessage(raw)); got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
}
