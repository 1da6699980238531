package resource

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/zclconf/go-cty/cty"
)

// maxHeld is the size in bytes up to which the content of a source file is
// held in memory; larger files are read again when they are needed.
const maxHeld = 1 << 20

// Opener opens a regular file for reading. It opens anything else without waiting. Its errors name the file.
type Opener func(path string) (*os.File, error)

// FileBlob is the content that the file at path has now. A large file is not held in memory: it is opened again when
// it is needed, and a file that was changed in the meantime is an error rather than other content. open opens the file
// each time; nil: [OpenRegular].
func FileBlob(path string, open Opener) (*Blob, error) {
	if open == nil {
		open = OpenRegular
	}
	f, info, err := open.stat(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := LazyBlob(info.Size(), func() (io.ReadCloser, error) { return open.reopen(path, info) })
	if info.Size() <= maxHeld {
		data, err := io.ReadAll(f)
		if err != nil {
			return nil, DescribeReadError(path, err)
		}
		b = BytesBlob(data)
		b.from = &origin{}
	}
	b.from.file = &blobFile{source: path, was: info, opener: open}
	return b, nil
}

func (open Opener) stat(path string) (*os.File, fs.FileInfo, error) {
	f, err := open(path)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNotRegular
	}
	if err != nil {
		f.Close()
		return nil, nil, DescribeReadError(path, err)
	}
	return f, info, nil
}

func (open Opener) reopen(path string, was fs.FileInfo) (io.ReadCloser, error) {
	f, now, err := open.stat(path)
	if err == nil && !sameState(was, now) {
		f.Close()
		err = fmt.Errorf("cannot read %q: it was changed since the manifest was evaluated", path)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// OpenRegular is the [Opener] that follows every link. It refuses a pipe, a socket or a device without waiting for a
// process at its other end. It checks the type first, because opening alone can have effects, and then opens without
// waiting, in case the file was replaced since.
func OpenRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = errNotRegular
	}
	if err != nil {
		return nil, DescribeReadError(path, err)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, DescribeReadError(path, err)
	}
	return f, nil
}

var errNotRegular = errors.New("not a regular file")

// DescribeReadError names the unreadable file once, and keeps the cause testable.
func DescribeReadError(path string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return fmt.Errorf("cannot read %q: %w", path, err)
}

// Refresh returns want with the current content of its source file, and whether that differs from the content read
// before. cty.NilVal: the source was not touched, or the content has another origin.
func Refresh(want cty.Value) (now cty.Value, differs bool, err error) {
	b := AsBlob(GetAttr(want, "content"))
	if b == nil || b.file() == nil {
		return cty.NilVal, false, nil
	}
	f := b.file()
	info, err := os.Stat(f.source)
	if err != nil {
		return cty.NilVal, false, DescribeReadError(f.source, err)
	}
	if sameState(f.was, info) {
		return cty.NilVal, false, nil
	}
	fresh, err := FileBlob(f.source, f.opener)
	if err != nil {
		return cty.NilVal, false, err
	}
	if f.sum != "" {
		if got, err := fresh.Digest(); err != nil || got != f.sum {
			return cty.NilVal, false, fmt.Errorf("%q was changed, and sha256 is not the digest of what it holds now", f.source)
		}
		fresh = fresh.Pinned(f.sum)
	}
	return With(want, "content", BlobVal(fresh)), !fresh.Same(b), nil
}

// Pinned returns b with the digest sum that the manifest declares for it.
func (b *Blob) Pinned(sum string) *Blob {
	p := DigestBlob(sum, b.Size, b.Open)
	if p.bytes = b.bytes; b.file() != nil {
		file := *b.file()
		file.sum = sum
		p.from.file = &file
	}
	return p
}

// sameState reports whether a file was neither replaced nor written to.
func sameState(was, now fs.FileInfo) bool {
	return os.SameFile(was, now) && now.Size() == was.Size() && now.ModTime().Equal(was.ModTime())
}
