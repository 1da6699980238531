package journal

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"converge/internal/resource"
)

// TestPlainLinesAreJSON: the output of encodeRecord equals that of encoding/json.
func TestPlainLinesAreJSON(t *testing.T) {
	plain := 0
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-z/"\\<>&. 0-9]{0,12}`)
		zone := 60 * rapid.IntRange(-1500, 1500).Draw(t, "zone")
		if rapid.Bool().Draw(t, "strange") {
			text, zone = rapid.OneOf(text, rapid.String()), rapid.IntRange(-100000, 100000).Draw(t, "seconds of the zone")
		}
		d := &doneRecord{
			Addr: resource.Addr{Module: rapid.SampledFrom([]string{"", "m"}).Draw(t, "module"), Kind: "file", Name: text.Draw(t, "name")},
			Also: rapid.Bool().Draw(t, "also"), Same: rapid.Bool().Draw(t, "same"),
			At: resource.Instant{
				Boot: text.Draw(t, "boot"), Mono: time.Duration(rapid.Int64().Draw(t, "mono")),
				Wall: time.Unix(rapid.Int64Range(-1<<38, 1<<38).Draw(t, "wall"), rapid.Int64Range(0, 1e9-1).Draw(t, "ns")).In(time.FixedZone("", zone)),
			},
			Error: rapid.SampledFrom([]string{"", "", "it failed"}).Draw(t, "error"),
		}
		if rapid.Bool().Draw(t, "each") {
			d.Addr.Each, d.Addr.Key = true, text.Draw(t, "key of each")
		}
		if rapid.Bool().Draw(t, "ledger") {
			d.Ledger = &LedgerChange{
				Key: text.Draw(t, "key"), Digest: text.Draw(t, "digest"), Found: rapid.Bool().Draw(t, "found"),
				Gone: rapid.Bool().Draw(t, "gone"), Holds: text.Draw(t, "holds"),
			}
		}
		var got, want bytes.Buffer
		err := encodeLine(&got, &record{Done: d})
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		wantErr := enc.Encode(&record{Done: d})
		if (err == nil) != (wantErr == nil) || got.String() != want.String() {
			t.Fatalf("written %q (%v), want %q (%v)", got.String(), err, want.String(), wantErr)
		}
		if d.isPlain() {
			plain++
		}
		s := text.Draw(t, "string")
		got.Reset()
		encodeString(&got, s)
		if b, _ := json.Marshal(s); got.String() != string(b) {
			t.Fatalf("%q is written %s, want %s", s, got.String(), b)
		}
	})
	if plain == 0 {
		t.Error("none was written by hand")
	}
}
