package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"sync/atomic"
)

const (
	// maxHeld is the size in bytes up to which an old content stays in memory once it was read: a rollback reads each
	// content for the plan, the change, its check and its report.
	maxHeld = 64 << 10
	// maxHeldOfAll bounds the bytes of all old contents in memory.
	maxHeldOfAll = 64 << 20
)

// keptContent reads one blob.
type keptContent struct {
	in           *contents
	name, digest string
	size         int64
	held         atomic.Pointer[[]byte] // the content, if it is held in memory
}

// open opens the content. Reading it ends in an error if it does not match the digest.
func (k *keptContent) open() (io.ReadCloser, error) {
	if data := k.held.Load(); data != nil {
		return io.NopCloser(bytes.NewReader(*data)), nil
	}
	f, err := openFile(k.in.in.root, k.name)
	if err != nil {
		return nil, fmt.Errorf("cannot read old content: %w", err)
	}
	c := &checked{f, sha256.New(), k.digest, k.in.seal}
	if k.size > maxHeld || !k.in.reserveMemory(k.size) {
		return c, nil
	}
	defer c.Close()
	data, err := io.ReadAll(c)
	if err != nil || !k.held.CompareAndSwap(nil, &data) { // another reader holds it
		k.in.inMemory.Add(-k.size)
	}
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

// reserveMemory counts further bytes in memory, and reports whether they are within the bound.
func (b *contents) reserveMemory(size int64) bool {
	if b.inMemory.Add(size) <= maxHeldOfAll {
		return true
	}
	b.inMemory.Add(-size)
	return false
}

// checked is a file whose reading ends in an error if its digest differs.
type checked struct {
	*os.File
	sum    hash.Hash
	digest string
	seal   sealer
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.File.Read(p)
	c.sum.Write(p[:n])
	if errors.Is(err, io.EOF) && !c.seal.isSame(c.digest, hex.EncodeToString(c.sum.Sum(nil))) {
		err = fmt.Errorf("cannot read old content: %s: %w", c.Name(), ErrDamaged)
	}
	return n, err
}

// WriteTo hides the file's own WriteTo, which would bypass Read.
func (c *checked) WriteTo(w io.Writer) (int64, error) { return io.Copy(w, struct{ io.Reader }{c}) }
