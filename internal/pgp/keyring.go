// Package pgp reads OpenPGP public keys, and checks signatures against them: which key signed, or why a signature does
// not count.
//
// Start with [Read] and [Keyring.CheckClearsigned]. It makes no signatures, has no web of trust, and runs no gpg: the
// caller passes the trusted keys.
package pgp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// MaxKey is the size of the largest file of keys that is read, in bytes.
const MaxKey = 4 << 20

// Keyring is a set of public keys.
type Keyring struct {
	keys openpgp.EntityList
}

// Key is one public key of a ring, as people identify it.
type Key struct {
	Fingerprint string    // in upper case
	Name        string    // its user, "" if it has none
	Expires     time.Time // when it stops being able to sign; zero: never
}

func (k Key) String() string {
	if k.Name == "" {
		return k.Fingerprint
	}
	return k.Fingerprint + " (" + k.Name + ")"
}

// Read reads public keys: armored blocks, one after the other, or binary.
func Read(data []byte) (*Keyring, error) {
	binary, err := Dearmor(data)
	if err != nil {
		return nil, err
	}
	keys, err := openpgp.ReadKeyRing(bytes.NewReader(binary))
	if err != nil && len(keys) == 0 {
		return nil, fmt.Errorf("it is no OpenPGP public key that can be read: %s", strings.TrimPrefix(err.Error(), "openpgp: "))
	}
	if len(keys) == 0 {
		return nil, errors.New("there is no OpenPGP public key in it")
	}
	for _, k := range keys {
		if k.PrivateKey != nil {
			return nil, fmt.Errorf("it holds the private key %s: publish the public one only (gpg --export --armor)", fingerprintOf(k))
		}
	}
	return &Keyring{keys}, nil
}

// IsArmored reports whether data is text with armored blocks.
func IsArmored(data []byte) bool { return bytes.Contains(data, []byte("-----BEGIN PGP ")) }

// Dearmor returns the content of the armored blocks in data; data itself if it is binary.
func Dearmor(data []byte) ([]byte, error) {
	if !IsArmored(data) {
		return data, nil
	}
	var out []byte
	// A shared reader for all blocks would not work: the first block reads ahead.
	for rest := data; ; {
		at := bytes.Index(rest, []byte("-----BEGIN PGP "))
		if at < 0 {
			return out, nil
		}
		rest = rest[at:]
		end := len(rest)
		if next := bytes.Index(rest[1:], []byte("-----BEGIN PGP ")); next >= 0 {
			end = next + 1
		}
		block, err := armor.Decode(bytes.NewReader(rest[:end]))
		if err != nil {
			return nil, fmt.Errorf("its ASCII armor is damaged: %w", err)
		}
		if block.Type == openpgp.PrivateKeyType {
			return nil, errors.New("it is a private key: publish the public one only (gpg --export --armor)")
		}
		if block.Type != openpgp.PublicKeyType && block.Type != openpgp.SignatureType {
			return nil, fmt.Errorf("it is a %s, and no public key", block.Type)
		}
		body, err := io.ReadAll(block.Body)
		if err != nil {
			return nil, fmt.Errorf("its ASCII armor is damaged: %w", err)
		}
		out, rest = append(out, body...), rest[end:]
	}
}

// Armor returns keys in ASCII armor; data itself if it is armored already.
func Armor(data []byte) ([]byte, error) {
	if IsArmored(data) {
		return data, nil
	}
	var b bytes.Buffer
	w, err := armor.Encode(&b, openpgp.PublicKeyType, nil)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	b.WriteByte('\n')
	return b.Bytes(), err
}

// Fingerprints lists the fingerprints of all keys.
func (r *Keyring) Fingerprints() []string {
	var out []string
	for _, k := range r.keys {
		out = append(out, fingerprintOf(k))
	}
	return out
}

// Usable returns the keys that can sign at that time. If there is none, the error lists each with the reason.
func (r *Keyring) Usable(now time.Time) ([]Key, error) {
	var out []Key
	var why []string
	for _, e := range r.keys {
		k := Key{Fingerprint: fingerprintOf(e), Name: nameOf(e)}
		reason := ""
		if k.Expires, reason = signsUntil(e, now); reason != "" {
			why = append(why, fmt.Sprintf("the key %s %s", k, reason))
			continue
		}
		out = append(out, k)
	}
	if len(out) == 0 {
		return nil, errors.New(strings.Join(why, ", and "))
	}
	return out, nil
}

// signsUntil returns until when an entity can sign, or why it cannot at all.
func signsUntil(e *openpgp.Entity, now time.Time) (until time.Time, why string) {
	self, id := e.PrimarySelfSignature()
	switch {
	case self == nil:
		return until, "is not signed by itself, or in a way that counts no more"
	case e.Revoked(now) || id != nil && id.Revoked(now):
		return until, "has been revoked"
	case e.PrimaryKey.CreationTime.After(now):
		return until, "was made at " + formatDay(e.PrimaryKey.CreationTime) + ", which is in the future: check the clock"
	}
	if why := weakness(e.PrimaryKey); why != "" {
		return until, why
	}
	until = expiryOf(e.PrimaryKey, self)
	if hasPassed(until, now) {
		return until, "has expired at " + formatDay(until)
	}
	best, expired, found := time.Time{}, time.Time{}, false
	offer := func(at time.Time) {
		switch {
		case hasPassed(at, now):
			if at.After(expired) {
				expired = at
			}
		case !found || at.IsZero() || !best.IsZero() && at.After(best):
			best, found = at, true
		}
	}
	if canSign(e.PrimaryKey, self) {
		offer(until)
	}
	for _, s := range e.Subkeys {
		if canSign(s.PublicKey, s.Sig) && !s.Revoked(now) {
			offer(earlier(until, expiryOf(s.PublicKey, s.Sig)))
		}
	}
	switch {
	case found:
		return best, ""
	case !expired.IsZero():
		return expired, "has no key for signing that is valid: the last has expired at " + formatDay(expired)
	}
	return until, "has no key for signing"
}

// minBits is the length of the shortest accepted RSA or DSA key.
const minBits = 2048

// weakness returns why a key is too weak, as the end of a sentence about it; "" if it is not.
func weakness(k *packet.PublicKey) string {
	switch k.PubKeyAlgo {
	case packet.PubKeyAlgoRSA, packet.PubKeyAlgoRSASignOnly, packet.PubKeyAlgoDSA:
		if bits, err := k.BitLength(); err == nil && bits < minBits {
			return fmt.Sprintf("has a key of %d bits, which can be broken: have the repository signed by one of %d or more", bits, minBits)
		}
	}
	return ""
}

func canSign(k *packet.PublicKey, s *packet.Signature) bool {
	return s != nil && weakness(k) == "" && k.PubKeyAlgo.CanSign() && (!s.FlagsValid || s.FlagSign)
}

// expiryOf returns when a key expires by its signature; zero: never.
func expiryOf(k *packet.PublicKey, s *packet.Signature) time.Time {
	if s.KeyLifetimeSecs == nil || *s.KeyLifetimeSecs == 0 {
		return time.Time{}
	}
	return k.CreationTime.Add(time.Duration(*s.KeyLifetimeSecs) * time.Second)
}

func hasPassed(at, now time.Time) bool { return !at.IsZero() && !at.After(now) }

// earlier returns the earlier of two times; zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func formatDay(t time.Time) string { return t.UTC().Format("2006-01-02") }

func fingerprintOf(e *openpgp.Entity) string { return fmt.Sprintf("%X", e.PrimaryKey.Fingerprint) }

func nameOf(e *openpgp.Entity) string {
	if id := e.PrimaryIdentity(); id != nil {
		return id.Name
	}
	return ""
}
