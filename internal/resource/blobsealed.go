package resource

import (
	"errors"
	"io"
)

// errSealed is why a digest cannot be had.
var errSealed = errors.New("of a sensitive content only a keyed digest is known")

// SealedBlob is sensitive content of which only a keyed digest is known. seal
// turns a SHA-256 (hex) into its keyed form. The blob can be compared with other
// contents, and has no digest of its own.
func SealedBlob(sealed string, seal func(digest string) string, open func() (io.ReadCloser, error)) *Blob {
	b := &Blob{Size: -1, Open: open, sealed: sealed, seal: seal, err: errSealed}
	b.once.Do(func() {})
	return b
}

// Sealed is the keyed digest of a content that SealedBlob made; "" of others.
func (b *Blob) Sealed() string { return b.sealed }

// sameSealed compares where at least one of the two is known by its keyed
// digest only.
func sameSealed(a, b *Blob) bool {
	if a.sealed == "" {
		a, b = b, a
	}
	if b.sealed != "" {
		return a.sealed == b.sealed
	}
	d, err := b.Digest()
	return err == nil && a.seal(d) == a.sealed
}
