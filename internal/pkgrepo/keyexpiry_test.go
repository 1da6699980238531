package pkgrepo

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// A key that expires is read with its expiry, which the signature covers and which is not critical.
func TestKeyThatExpires(t *testing.T) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	names, err := NewKeys(t.TempDir(), "ours", 400*24*time.Hour, 1024, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names[:2] {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(data)) // checks the signatures
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sig := keys[0].PrimaryIdentity().SelfSignature
		if end := keys[0].PrimaryKey.CreationTime.Add(time.Duration(*sig.KeyLifetimeSecs) * time.Second); !end.Equal(now.Add(400 * 24 * time.Hour)) {
			t.Errorf("%s ends at %s", name, end)
		}
		var b bytes.Buffer
		if err := sig.Serialize(&b); err != nil {
			t.Fatal(err)
		}
		raw, err := packet.NewOpaqueReader(&b).Next()
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw.Contents, []byte{5, keyExpiry | critical}) || !bytes.Contains(raw.Contents, []byte{5, keyExpiry}) {
			t.Errorf("%s: the time is critical, or not there: %x", name, raw.Contents)
		}
	}
}
