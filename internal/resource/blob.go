package resource

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"reflect"
	"sync"

	"github.com/zclconf/go-cty/cty"
)

// Blob is the content of a file: known by its digest, opened when it is
// needed, never printed and never journaled.
type Blob struct {
	Size int64 // bytes; -1: not known before it is opened
	Open func() (io.ReadCloser, error)

	bytes  []byte      // the content itself where it is in memory
	source string      // the file that holds it, absolute
	was    fs.FileInfo // that file when it was read; nil: it is of another origin
	opener Opener      // how it was opened
	sum    string      // the digest that the manifest says it has; "": it says none
	once   sync.Once
	digest string
	err    error

	sealed string                     // of a content known by its keyed digest, see SealedBlob
	seal   func(digest string) string // what keyed it
}

// BlobType is the type of attributes that hold a *Blob.
var BlobType = cty.Capsule("content", reflect.TypeFor[Blob]()) //nolint:gochecknoglobals // a capsule type is known by its identity

// BytesBlob is content that is already in memory; b must not change after.
func BytesBlob(b []byte) *Blob {
	return &Blob{
		Size: int64(len(b)), bytes: b,
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil },
	}
}

// DigestBlob is content whose SHA-256 (hex) is known before it is read.
func DigestBlob(digest string, size int64, open func() (io.ReadCloser, error)) *Blob {
	b := &Blob{Size: size, Open: open, digest: digest}
	b.once.Do(func() {})
	return b
}

// LazyBlob is content that is read, and its digest taken, only when asked for.
func LazyBlob(size int64, open func() (io.ReadCloser, error)) *Blob {
	return &Blob{Size: size, Open: open}
}

// Bytes returns the content if it is in memory.
func (b *Blob) Bytes() ([]byte, bool) { return b.bytes, b.bytes != nil || b.Size == 0 }

// Digest is the SHA-256 of the content in hex; it reads the content once.
func (b *Blob) Digest() (string, error) {
	b.once.Do(func() {
		r, err := b.Open()
		if err != nil {
			b.err = err
			return
		}
		defer r.Close()
		h := sha256.New()
		if _, b.err = io.Copy(h, r); b.err == nil {
			b.digest = hex.EncodeToString(h.Sum(nil))
		}
	})
	return b.digest, b.err
}

// Same reports whether both hold the same bytes. What cannot be read is not
// the same as anything but itself.
func (b *Blob) Same(o *Blob) bool {
	if b == o {
		return true
	}
	if b.Size >= 0 && o.Size >= 0 && b.Size != o.Size {
		return false
	}
	if b.sealed != "" || o.sealed != "" {
		return sameSealed(b, o)
	}
	d, err := b.Digest()
	if err != nil {
		return false
	}
	e, err := o.Digest()
	return err == nil && d == e
}

// BlobVal wraps b as a value.
func BlobVal(b *Blob) cty.Value { return cty.CapsuleVal(BlobType, b) }

// AsBlob unwraps a value made by BlobVal; nil for anything else.
func AsBlob(v cty.Value) *Blob {
	if v == cty.NilVal || v.IsNull() || v.Type() != BlobType {
		return nil
	}
	return v.EncapsulatedValue().(*Blob)
}
