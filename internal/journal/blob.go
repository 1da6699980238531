package journal

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// contents are the replaced contents in the folder, including those kept since Open. A blob is named by the sealed
// digest of its content, so that nobody can guess a short secret from the name; versions without a key named it by the
// digest itself. Contents of secrets move to a folder of their own when the run ends, see [contents.settleKept].
type contents struct {
	in   *folder
	seal sealer
	mu   sync.Mutex
	kept map[string]origin // by digest

	inMemory atomic.Int64 // bytes of contents that are held in memory, see keptContent

	secrets map[string]bool // sealed digests of known secrets, see NoteSecret
}

// origin is the way by which a run got a blob that it needs.
type origin int8

const (
	copied origin = iota
	linked        // it is the inode of a live file
	found         // an earlier run kept it
)

const (
	blobDir   = "blobs/"
	secretDir = "secrets/"
)

// blobName returns the name of a new blob with that digest.
func (b *contents) blobName(digest string) string {
	return blobDir + cmp.Or(b.seal.sealDigest(digest), digest)
}

// blobNames are the possible names of a blob with that digest.
func (b *contents) blobNames(digest string) []string {
	sealed := cmp.Or(b.seal.sealDigest(digest), digest)
	return []string{blobDir + sealed, secretDir + sealed, blobDir + digest}
}

// findBlob returns the name of the blob with that digest, sealed or not.
func (b *contents) findBlob(digest string) (name string, info fs.FileInfo, err error) {
	for _, name := range b.blobNames(digest) {
		if info, err := b.in.root.Lstat(name); err == nil && info.Mode().IsRegular() {
			return name, info, nil
		}
	}
	return "", nil, fs.ErrNotExist
}

// KeepFile saves the content of an open regular file, which is about to be replaced, and returns its SHA-256 in hex.
// The content is on disk at the latest when the run is finished.
//
// A file with no other name is linked and not copied: the rename that replaces it leaves the blob as its only name. A
// mount point cannot be replaced by rename, but cannot be linked either, so an inode that will be written in place is
// copied. A blob is identified by its digest, and checked when it is read.
func (b *contents) KeepFile(ctx context.Context, f *os.File) (digest string, err error) {
	if err := b.in.checkWritable(); err != nil {
		return "", err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	if err == nil {
		digest, err = b.keepOpen(ctx, f, info)
	}
	if err != nil {
		return "", fmt.Errorf("cannot keep old content of %s: %w", f.Name(), err)
	}
	return digest, nil
}

// KeepBytes saves content that has no file of its own, like [contents.KeepFile].
func (b *contents) KeepBytes(ctx context.Context, content []byte) (digest string, err error) {
	if err := b.in.checkWritable(); err != nil {
		return "", err
	}
	sum := sha256.Sum256(content)
	digest = hex.EncodeToString(sum[:])
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.isKept(ctx, digest, int64(len(content))) {
		return digest, nil
	}
	if digest, err = b.copyFrom(ctx, bytes.NewReader(content), int64(len(content))); err != nil {
		return "", fmt.Errorf("cannot keep old content: %w", err)
	}
	b.kept[digest] = copied
	return digest, nil
}

func (b *contents) keepOpen(ctx context.Context, f *os.File, info fs.FileInfo) (string, error) {
	digest, err := digestOf(ctx, io.Discard, f, info.Size())
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.isKept(ctx, digest, info.Size()) {
		return digest, nil
	}
	if info.Sys().(*syscall.Stat_t).Nlink == 1 && linkOpen(b.in.root, f, strings.TrimPrefix(b.blobName(digest), blobDir)) == nil {
		after, err := f.Stat()
		if err == nil && after.Size() == info.Size() && after.ModTime().Equal(info.ModTime()) {
			b.kept[digest] = linked
			return digest, nil
		}
	}
	// It has other names, is on another file system, or was written meanwhile.
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	if digest, err = b.copyFrom(ctx, f, info.Size()); err == nil {
		b.kept[digest] = copied
	}
	return digest, err
}

// isKept reports whether the content is kept already; if so, this run also needs it.
func (b *contents) isKept(ctx context.Context, digest string, size int64) bool {
	if _, ok := b.kept[digest]; ok {
		return true
	}
	if !b.hasSound(ctx, digest, size) {
		return false
	}
	b.kept[digest] = found
	return true
}

// hasSound reports whether the content is there and sound. A content that an earlier run linked and did not settle may
// have been written to since.
func (b *contents) hasSound(ctx context.Context, digest string, size int64) bool {
	name, info, err := b.findBlob(digest)
	if err != nil {
		return false
	}
	if info.Mode() == 0o600 && info.Size() == size && info.Sys().(*syscall.Stat_t).Nlink == 1 {
		return true
	}
	f, err := openFile(b.in.root, name)
	if err == nil {
		defer f.Close()
		var d string
		if d, err = digestOf(ctx, io.Discard, f, size); err == nil && d == digest {
			return true
		}
	}
	_ = b.in.root.Remove(name) // if it stays, link and rename will report that
	return false
}

func linkOpen(root *os.Root, f *os.File, name string) error {
	dir, err := openDir(root, "blobs")
	if err != nil {
		return err
	}
	defer dir.Close()
	// By descriptor: the path may name another file by now.
	return unix.Linkat(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", f.Fd()), int(dir.Fd()), name, unix.AT_SYMLINK_FOLLOW)
}

// copyFrom stores the content of r by its own digest. b.mu is held, so one temporary name suffices; the next call
// removes what a kill leaves of it.
func (b *contents) copyFrom(ctx context.Context, r io.Reader, size int64) (digest string, err error) {
	f, err := fsys.StageFile(b.in.root, fsys.Replacement{Staged: "blobs/new"})
	if err != nil {
		return "", err
	}
	out := &fsys.SparseWriter{File: f.File}
	if digest, err = digestOf(ctx, out, r, size); err == nil {
		err = out.End()
	}
	if err != nil {
		f.Discard()
		return digest, err
	}
	return digest, f.Commit(b.blobName(digest))
}

// digestOf copies r, which has about that size in bytes, to w and returns the SHA-256 of the copied bytes in hex. Most
// files are small, and a large buffer costs more than reading one.
func digestOf(ctx context.Context, w io.Writer, r io.Reader, size int64) (string, error) {
	h := sha256.New()
	buf := make([]byte, min(max(size+1, 4<<10), 128<<10))
	for {
		n, err := r.Read(buf)
		h.Write(buf[:n])
		if _, werr := w.Write(buf[:n]); werr != nil {
			return "", werr
		}
		switch {
		case errors.Is(err, io.EOF):
			return hex.EncodeToString(h.Sum(nil)), nil
		case err != nil:
			return "", err
		case ctx.Err() != nil:
			return "", context.Cause(ctx)
		}
	}
}

// Kept returns content that Keep has saved. Reading it ends in an error if the content does not match the digest.
func (b *contents) Kept(digest string) (*resource.Blob, error) {
	if b.in.root == nil || !isDigest(digest) {
		return nil, fmt.Errorf("cannot find old content %q: %w", digest, fs.ErrNotExist)
	}
	name, info, err := b.findBlob(digest)
	if err != nil {
		return nil, fmt.Errorf("cannot find old content %.12s: %w", digest, errNotKept)
	}
	k := &keptContent{in: b, name: name, digest: digest, size: info.Size()}
	if isSealed(digest) {
		return resource.LazyBlob(info.Size(), k.open), nil
	}
	return resource.DigestBlob(digest, info.Size(), k.open), nil
}
