package pgp

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

var born = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// newKey makes a key that is valid for days; 0: for ever.
func newKey(t testing.TB, name string, days int) *openpgp.Entity {
	t.Helper()
	e, err := openpgp.NewEntity(name, "", name+"@example.com", &packet.Config{
		Algorithm: packet.PubKeyAlgoEdDSA, DefaultHash: crypto.SHA512, Time: func() time.Time { return born }, KeyLifetimeSecs: uint32(days * 86400),
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func public(t testing.TB, es ...*openpgp.Entity) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, e := range es {
		if err := e.Serialize(&b); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func clear(t testing.TB, e *openpgp.Entity, text string, at time.Time) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := clearsign.Encode(&b, e.PrivateKey, &packet.Config{Time: func() time.Time { return at }})
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t testing.TB, data []byte) *Keyring {
	t.Helper()
	r, err := Read(data)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestKeysThatCanSign(t *testing.T) {
	short, long := newKey(t, "short", 10), newKey(t, "long", 0)
	at := func(days int) time.Time { return born.AddDate(0, 0, days) }
	for name, tt := range map[string]struct {
		keys []*openpgp.Entity
		now  time.Time
		want string
	}{
		"never expires":    {[]*openpgp.Entity{long}, at(4000), "long <long@example.com> never"},
		"expires":          {[]*openpgp.Entity{short}, at(9), "short <short@example.com> 2026-01-11"},
		"has expired":      {[]*openpgp.Entity{short}, at(11), "(short <short@example.com>) has expired at 2026-01-11"},
		"one of two":       {[]*openpgp.Entity{short, long}, at(11), "long <long@example.com> never"},
		"in the future":    {[]*openpgp.Entity{long}, at(-1), "was made at 2026-01-01, which is in the future"},
		"expires the day ": {[]*openpgp.Entity{short}, at(10), "has expired at 2026-01-11"},
	} {
		t.Run(name, func(t *testing.T) {
			keys, err := read(t, public(t, tt.keys...)).Usable(tt.now)
			got := fmt.Sprint(err)
			for _, k := range keys {
				until := "never"
				if !k.Expires.IsZero() {
					until = formatDay(k.Expires)
				}
				got += " " + k.Name + " " + until
			}
			if !strings.Contains(got, tt.want) {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

func TestSignatures(t *testing.T) {
	ours, other := newKey(t, "ours", 0), newKey(t, "other", 0)
	ring := read(t, public(t, ours))
	now := born.AddDate(0, 1, 0)
	const text = "Origin: x\n - dashes\n"
	if plain, err := ring.CheckClearsigned(clear(t, ours, text, now), now); err != nil || string(plain) != text {
		t.Errorf("%q %v", plain, err)
	}
	_, err := ring.CheckClearsigned(clear(t, other, text, now), now)
	want := fmt.Sprintf("it is signed by the key %s, and not by %s", fingerprintOf(other), fingerprintOf(ours))
	var wrong *Mismatch
	if !errors.As(err, &wrong) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	forged := bytes.Replace(clear(t, ours, text, now), []byte("Origin: x"), []byte("Origin: y"), 1)
	if _, err := ring.CheckClearsigned(forged, now); err == nil || !strings.Contains(err.Error(), "the signature by the key ") {
		t.Error(err)
	}
	if _, err := ring.CheckClearsigned([]byte(text), now); !errors.Is(err, ErrUnsigned) {
		t.Error(err)
	}
	var sig bytes.Buffer
	if err := openpgp.ArmoredDetachSign(&sig, ours, strings.NewReader(text), &packet.Config{Time: func() time.Time { return now }}); err != nil {
		t.Fatal(err)
	}
	if err := ring.CheckDetached([]byte(text), sig.Bytes(), now); err != nil {
		t.Error(err)
	}
	if err := ring.CheckDetached([]byte(text+"."), sig.Bytes(), now); err == nil {
		t.Error("what is not signed counts as signed")
	}
	later := []byte{0xc0 | 2, 3, 99, 0, 0} // a signature packet of version 99
	if err := ring.CheckDetached([]byte(text), later, now); err == nil || err.Error() != "its signature cannot be read: it is of a kind that converge does not know" {
		t.Error(err)
	}
}

// signSHA1 makes a signature like old programs, by hand, because the library refuses to.
func signSHA1(t testing.TB, e *openpgp.Entity, signed []byte) []byte {
	t.Helper()
	made := binary.BigEndian.AppendUint32([]byte{5, 2}, uint32(born.Unix()))
	hashed := append([]byte{4, 0, byte(packet.PubKeyAlgoRSA), 2, 0, byte(len(made))}, made...)
	h := sha1.New()
	h.Write(slices.Concat(signed, hashed, []byte{4, 0xff, 0, 0, 0, byte(len(hashed))}))
	digest := h.Sum(nil)
	number, err := e.PrivateKey.PrivateKey.(*rsa.PrivateKey).Sign(rand.Reader, digest, crypto.SHA1)
	if err != nil {
		t.Fatal(err)
	}
	issuer := binary.BigEndian.AppendUint64([]byte{0, 10, 9, 16}, e.PrimaryKey.KeyId)
	body := slices.Concat(hashed, issuer, digest[:2], binary.BigEndian.AppendUint16(nil, uint16(new(big.Int).SetBytes(number).BitLen())), bytes.TrimLeft(number, "\x00"))
	return append([]byte{0xc0 | 2, 0xff, 0, 0, byte(len(body) >> 8), byte(len(body))}, body...)
}

// A signature that others can forge does not count, and a bad signature does no harm beside a good one.
func TestSignaturesThatAreWeakOrOneOfSeveral(t *testing.T) {
	short := newKey(t, "short", 10)
	long, other := newKey(t, "long", 0), newKey(t, "other", 0)
	config := func(bits int) *packet.Config {
		return &packet.Config{Algorithm: packet.PubKeyAlgoRSA, RSABits: bits, Time: func() time.Time { return born }}
	}
	strong, err := openpgp.NewEntity("strong", "", "", config(2048))
	if err != nil {
		t.Fatal(err)
	}
	weak, err := openpgp.NewEntity("weak", "", "", config(1024))
	if err != nil {
		t.Fatal(err)
	}
	ring := read(t, public(t, short, long, strong, weak))
	signed := []byte("text")
	sign := func(e *openpgp.Entity, hash crypto.Hash) []byte {
		t.Helper()
		var b bytes.Buffer
		if err := openpgp.DetachSign(&b, e, bytes.NewReader(signed), &packet.Config{DefaultHash: hash, Time: func() time.Time { return born }}); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	now := born.AddDate(0, 1, 0) // the short-lived key has expired
	for name, tt := range map[string]struct {
		signatures [][]byte
		want       string // "": it is good
	}{
		"strong":                      {[][]byte{sign(strong, crypto.SHA256)}, ""},
		"SHA-1":                       {[][]byte{signSHA1(t, strong, signed)}, "the signature by the key " + fingerprintOf(strong) + " does not count: it is over a digest of SHA-1"},
		"a short key":                 {[][]byte{sign(weak, crypto.SHA256)}, "the signature by the key " + fingerprintOf(weak) + " does not count: it has a key of 1024 bits"},
		"expired":                     {[][]byte{sign(short, crypto.SHA512)}, "the signature by the key " + fingerprintOf(short) + " does not count: "},
		"expired, then good":          {[][]byte{sign(short, crypto.SHA512), sign(long, crypto.SHA512)}, ""},
		"SHA-1, then good":            {[][]byte{signSHA1(t, strong, signed), sign(strong, crypto.SHA256)}, ""},
		"by another, then good":       {[][]byte{sign(other, crypto.SHA512), sign(long, crypto.SHA512)}, ""},
		"by another, then expired":    {[][]byte{sign(other, crypto.SHA512), sign(short, crypto.SHA512)}, "the signature by the key " + fingerprintOf(short)},
		"by another, and once more":   {[][]byte{sign(other, crypto.SHA512), sign(other, crypto.SHA512)}, "it is signed by the key " + fingerprintOf(other) + ", and not by "},
		"something unknown, and good": {[][]byte{{0xc0 | 60, 1, 'x'}, sign(long, crypto.SHA512)}, ""},
	} {
		err := ring.CheckDetached(signed, bytes.Join(tt.signatures, nil), now)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
	if _, err := read(t, public(t, weak)).Usable(now); err == nil || !strings.Contains(err.Error(), "has a key of 1024 bits, which can be broken") {
		t.Error(err)
	}
}

func TestArmorIsTakenOffAndPutOn(t *testing.T) {
	one, two := public(t, newKey(t, "one", 0)), public(t, newKey(t, "two", 0))
	a, err := Armor(one)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Armor(two)
	if err != nil {
		t.Fatal(err)
	}
	both := append(append([]byte("of two people:\n"), a...), b...)
	if n := len(read(t, both).Fingerprints()); n != 2 {
		t.Errorf("%d keys", n)
	}
	if got, err := Dearmor(both); err != nil || !bytes.Equal(got, append(bytes.Clone(one), two...)) {
		t.Error("not what was put in", err)
	}
	var private bytes.Buffer
	if err := newKey(t, "secret", 0).SerializePrivate(&private, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(private.Bytes()); err == nil || !strings.Contains(err.Error(), "private key") {
		t.Error(err)
	}
	for _, bad := range []string{"", "x", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n", "-----BEGIN PGP MESSAGE-----\n\n=\n"} {
		if _, err := Read([]byte(bad)); err == nil {
			t.Errorf("%q is a key", bad)
		}
	}
}

// Any input returns a result or an error.
func FuzzRead(f *testing.F) {
	key := public(f, newKey(f, "x", 3))
	armored, err := Armor(key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(key)
	f.Add(armored)
	f.Add(clear(f, newKey(f, "y", 0), "text", born))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Read(data)
		if err != nil {
			return
		}
		if keys, err := r.Usable(born); len(keys) == 0 && err == nil {
			t.Error("no key and no reason")
		}
		_, _ = r.CheckClearsigned(data, born)
		_ = r.CheckDetached(data, data, born)
	})
}
