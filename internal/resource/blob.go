package resource

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/zclconf/go-cty/cty"
)

// Blob is the content of a file: known by its digest, opened when it is needed, never printed and never journaled. A
// large site has many, and most are a text of the manifest: a Blob of such a text holds that text and nothing else.
type Blob struct {
	Size int64 // bytes; -1: not known before it is opened

	bytes  []byte                 // the content itself where it is in memory
	digest atomic.Pointer[digest] // nil: not known yet
	from   *origin                // nil: it is in memory and has no other origin
}

// digest is the SHA-256 of a content in hex, or the error that prevents one.
type digest struct {
	hex string
	err error
}

// origin is the place that a content comes from, if it is not only in memory.
type origin struct {
	open    func() (io.ReadCloser, error) // nil: it is in memory
	file    *blobFile                     // nil: it is of another origin
	seal    *seal                         // nil: its digest is known, or can be computed
	reading sync.Mutex                    // held while its digest is computed
}

// blobFile is the file that holds a content.
type blobFile struct {
	source string      // its absolute path
	was    fs.FileInfo // its state when it was read
	opener Opener      // how it was opened
	sum    string      // the digest that the manifest says it has; "": it says none
}

// seal is the keyed digest of a content, see [SealedBlob].
type seal struct {
	digest string
	key    func(digest string) string // computes the keyed digest
}

// BlobType is the type of attributes that hold a *Blob.
var BlobType = cty.Capsule("content", reflect.TypeFor[Blob]()) //nolint:gochecknoglobals // a capsule type is known by its identity

// BytesBlob is content that is already in memory; b must not change after.
func BytesBlob(b []byte) *Blob { return &Blob{Size: int64(len(b)), bytes: b} }

// TextBlob is the content that consists of a text. It shares the memory of that text.
func TextBlob(text string) *Blob {
	return BytesBlob(unsafe.Slice(unsafe.StringData(text), len(text))) // a string never changes
}

// DigestBlob is content whose SHA-256 (hex) is known before it is read.
func DigestBlob(hex string, size int64, open func() (io.ReadCloser, error)) *Blob {
	b := LazyBlob(size, open)
	b.digest.Store(&digest{hex: hex})
	return b
}

// LazyBlob is content that is read, and its digest computed, only when asked for.
func LazyBlob(size int64, open func() (io.ReadCloser, error)) *Blob {
	return &Blob{Size: size, from: &origin{open: open}}
}

// Open opens the content for reading.
func (b *Blob) Open() (io.ReadCloser, error) {
	if b.from != nil && b.from.open != nil {
		return b.from.open()
	}
	return io.NopCloser(bytes.NewReader(b.bytes)), nil
}

// Bytes returns the content if it is in memory. Callers must not write to it: it may share the memory of a string.
func (b *Blob) Bytes() ([]byte, bool) { return b.bytes, b.bytes != nil || b.Size == 0 }

// Digest is the SHA-256 of the content in hex; it reads the content once.
func (b *Blob) Digest() (string, error) {
	known := b.digest.Load()
	if known == nil {
		if b.from != nil {
			b.from.reading.Lock()
			defer b.from.reading.Unlock()
		}
		if known = b.digest.Load(); known == nil {
			known = b.takeDigest()
			b.digest.Store(known)
		}
	}
	return known.hex, known.err
}

func (b *Blob) takeDigest() *digest {
	r, err := b.Open()
	if err != nil {
		return &digest{err: err}
	}
	defer r.Close()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return &digest{err: err}
	}
	return &digest{hex: hex.EncodeToString(h.Sum(nil))}
}

// MarshalJSON refuses to write a content as JSON, at any depth of a value.
func (b *Blob) MarshalJSON() ([]byte, error) { return nil, errNoJSON }

// errNoJSON is the error of writing a content as JSON.
var errNoJSON = errors.New("internal error: a content has no form in JSON")

// file is the file that holds the content; nil: it has another origin.
func (b *Blob) file() *blobFile {
	if b.from == nil {
		return nil
	}
	return b.from.file
}

// seal is the keyed digest of the content; nil: its digest is known, or can be computed.
func (b *Blob) seal() *seal {
	if b.from == nil {
		return nil
	}
	return b.from.seal
}

// Same reports whether both hold the same bytes. An unreadable content is the same as itself only.
func (b *Blob) Same(o *Blob) bool {
	if b == o {
		return true
	}
	if b.Size >= 0 && o.Size >= 0 && b.Size != o.Size {
		return false
	}
	if b.seal() != nil || o.seal() != nil {
		return sameSealed(b, o)
	}
	d, err := b.Digest()
	if err != nil {
		return false
	}
	e, err := o.Digest()
	return err == nil && d == e
}

// CheckReadable returns an error if an old content cannot be read, and so not be put back.
func (b *Blob) CheckReadable() error {
	r, err := b.Open()
	if err != nil {
		return fmt.Errorf("cannot put its old content back: %w", err)
	}
	return r.Close()
}

// BlobVal wraps b as a value.
func BlobVal(b *Blob) cty.Value { return cty.CapsuleVal(BlobType, b) }

// AsBlob unwraps a value made by BlobVal; nil for anything else.
func AsBlob(v cty.Value) *Blob {
	if isAbsent(v) || v.Type() != BlobType {
		return nil
	}
	return v.EncapsulatedValue().(*Blob)
}

// errSealed is the error of asking a sealed content for its digest.
var errSealed = errors.New("of a sensitive content only a keyed digest is known")

// SealedBlob is sensitive content that is known by a keyed digest only. key turns a SHA-256 (hex) into its keyed form.
// The blob can be compared with other contents, and has no digest of its own.
func SealedBlob(sealed string, key func(digest string) string, open func() (io.ReadCloser, error)) *Blob {
	b := &Blob{Size: -1, from: &origin{open: open, seal: &seal{sealed, key}}}
	b.digest.Store(&digest{err: errSealed})
	return b
}

// Sealed is the keyed digest of a content that SealedBlob made; "" of others.
func (b *Blob) Sealed() string {
	if s := b.seal(); s != nil {
		return s.digest
	}
	return ""
}

// sameSealed compares two contents, at least one of which has only a keyed digest.
func sameSealed(a, b *Blob) bool {
	if a.seal() == nil {
		a, b = b, a
	}
	if b.seal() != nil {
		return a.seal().digest == b.seal().digest
	}
	d, err := b.Digest()
	return err == nil && a.seal().key(d) == a.seal().digest
}

// Until makes reading the content end with the error of stop, which is called now and then: reading a large file may
// take longer than the caller wants to wait.
func (b *Blob) Until(stop func() error) *Blob {
	open := (&Blob{bytes: b.bytes, from: b.from}).Open
	b.from = &origin{file: b.file(), seal: b.seal()}
	b.from.open = func() (io.ReadCloser, error) {
		r, err := open()
		if err != nil {
			return nil, err
		}
		return Stoppable(r, stop), nil
	}
	return b
}

// Stoppable is r until stop returns an error; without stop it is r.
func Stoppable(r io.ReadCloser, stop func() error) io.ReadCloser {
	if stop == nil {
		return r
	}
	return stoppable{r, stop}
}

type stoppable struct {
	io.ReadCloser
	stop func() error
}

func (s stoppable) Read(p []byte) (int, error) {
	if err := s.stop(); err != nil {
		return 0, err
	}
	return s.ReadCloser.Read(p)
}

// ReadAt implements [io.ReaderAt] for the content of a file, so that an archive can be read from it.
func (s stoppable) ReadAt(p []byte, off int64) (int, error) {
	if err := s.stop(); err != nil {
		return 0, err
	}
	r, ok := s.ReadCloser.(io.ReaderAt)
	if !ok {
		return 0, errNoFile
	}
	return r.ReadAt(p, off)
}

// errNoFile is the error of reading a content that is no file from a position.
var errNoFile = errors.New("internal error: the content is no file")

// stopPiece is how many bytes are copied between two calls of stop.
const stopPiece = 32 << 20

// WriteTo copies in pieces that the kernel can copy alone, from file to file.
func (s stoppable) WriteTo(w io.Writer) (int64, error) {
	var done int64
	for {
		if err := s.stop(); err != nil {
			return done, err
		}
		n, err := io.CopyN(w, s.ReadCloser, stopPiece)
		switch done += n; {
		case err == io.EOF: //nolint:errorlint // CopyN returns it bare
			return done, nil
		case err != nil:
			return done, err
		}
	}
}
