package unpack

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// Archive is an archive of a known format.
type Archive struct {
	r      io.ReaderAt
	size   int64
	format string
	zip    *zip.Reader
}

// ErrUnknown is wrapped by the error for what is no archive of any format here.
var ErrUnknown = errors.New("it is neither a tar archive (plain, or compressed by gzip, bzip2, xz or zstd) nor a zip archive") //nolint:gochecknoglobals // an error to compare with

// maxHeader is how much of an archive tells its format: the magic number of a plain tar
// archive is at the end of that.
const maxHeader = 512

// magics are how the formats begin: RFC 1952, 2.3.1; bzip2; .xz file format 2.1.1.1; RFC 8878,
// 3.1.1; APPNOTE.TXT 4.3.7 and 4.3.16.
func magics() map[string]string {
	return map[string]string{"\x1f\x8b": "gzip", "BZh": "bzip2", "\xfd7zXZ\x00": "xz", "\x28\xb5\x2f\xfd": "zstd", "PK\x03\x04": "zip", "PK\x05\x06": "zip"}
}

// Open tells the format of an archive of size bytes.
func Open(r io.ReaderAt, size int64) (*Archive, error) {
	head := make([]byte, min(size, maxHeader))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("cannot unpack: %w", err)
	}
	a := &Archive{r: r, size: size}
	for magic, format := range magics() {
		if bytes.HasPrefix(head, []byte(magic)) {
			a.format = format
		}
	}
	switch {
	case a.format == "" && isTar(head):
		a.format = "tar"
	case a.format == "":
		return nil, fmt.Errorf("cannot unpack: %w", ErrUnknown)
	case a.format == "zip":
		var err error
		if a.zip, err = zip.NewReader(r, size); err != nil && !errors.Is(err, zip.ErrInsecurePath) {
			return nil, fmt.Errorf("cannot unpack: %w", err)
		}
	}
	return a, nil
}

// isTar reports whether a plain tar archive begins so: its first block is a header whose
// checksum is right, or an end.
func isTar(head []byte) bool {
	if len(head) < maxHeader {
		return false
	}
	_, err := tar.NewReader(bytes.NewReader(head)).Next()
	return err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, tar.ErrInsecurePath)
}

// each calls add for all entries, in order.
func (a *Archive) each(w *walk, add func(e rawEntry, content io.Reader) error) error {
	if a.format == "zip" {
		return a.eachOfZip(add)
	}
	packed := io.NewSectionReader(a.r, 0, a.size)
	plain, end, err := a.decompress(packed)
	if err != nil {
		return fmt.Errorf("cannot unpack: %w", err)
	}
	defer end()
	// What is skipped has to be decompressed too. A header and its padding take up to
	// three blocks; the rest is for long names.
	bound := w.MaxBytes + int64(w.MaxEntries)*(3<<9) + 1<<20
	archive := tar.NewReader(&stream{w, plain, bound})
	for {
		h, err := archive.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && !errors.Is(err, tar.ErrInsecurePath):
			return fmt.Errorf("cannot unpack: %w", err)
		case h.Typeflag == tar.TypeXGlobalHeader: // as git archive writes: a comment
			continue
		}
		if err := add(ofTar(h), archive); err != nil {
			return err
		}
	}
}

func (a *Archive) decompress(r io.Reader) (plain io.Reader, end func(), err error) {
	end = func() {}
	switch a.format {
	case "gzip":
		plain, err = gzip.NewReader(r)
	case "bzip2":
		plain = bzip2.NewReader(r)
	case "xz":
		plain, err = xz.NewReader(r)
	case "zstd":
		var d *zstd.Decoder
		if d, err = zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(256<<20)); err == nil {
			plain, end = d, d.Close
		}
	default:
		plain = r
	}
	return plain, end, err
}

// stream is a decompressed archive, which is bounded as a whole.
type stream struct {
	walk *walk
	r    io.Reader
	left int64
}

func (s *stream) Read(p []byte) (int, error) {
	if err := s.walk.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.r.Read(p)
	if s.left -= int64(n); s.left < 0 {
		return 0, s.walk.tooLarge()
	}
	return n, err
}

func ofTar(h *tar.Header) rawEntry {
	e := rawEntry{Entry: Entry{Path: h.Name, Mode: h.FileInfo().Mode().Perm(), MTime: h.ModTime, Target: h.Linkname}}
	switch h.Typeflag {
	case tar.TypeDir:
		e.Type = Folder
	case tar.TypeReg:
		e.Type, e.Size, e.Target = File, h.Size, ""
	case tar.TypeSymlink:
		e.Type = Link
	case tar.TypeLink:
		e.Type = HardLink
	default:
		e.refused = "it is neither a file nor a folder nor a symbolic link"
	}
	return e
}

// maxTarget bounds the text of a link in bytes, as the kernel does (PATH_MAX).
const maxTarget = 4096

func (a *Archive) eachOfZip(add func(e rawEntry, content io.Reader) error) error {
	for _, f := range a.zip.File {
		e, content, err := ofZip(f)
		if err != nil {
			return fmt.Errorf("cannot unpack %q: %w", f.Name, err)
		}
		err = add(e, content)
		if content != nil {
			err = errors.Join(err, content.Close())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func ofZip(f *zip.File) (rawEntry, io.ReadCloser, error) {
	e := rawEntry{Entry: Entry{Path: f.Name, Type: File, Mode: f.Mode().Perm(), MTime: f.Modified, Size: int64(min(f.UncompressedSize64, 1<<62))}} //nolint:gosec // see there
	switch mode := f.Mode(); {
	case f.Flags&1 != 0: // APPNOTE.TXT 4.4.4
		e.refused = "it is encrypted"
		return e, nil, nil
	case mode.IsDir() || strings.HasSuffix(f.Name, "/"):
		e.Type, e.Size = Folder, 0
		return e, nil, nil
	case mode&fs.ModeSymlink == 0 && !mode.IsRegular():
		e.refused = "it is neither a file nor a folder nor a symbolic link"
		return e, nil, nil
	}
	r, err := f.Open()
	if err != nil || f.Mode()&fs.ModeSymlink == 0 {
		return e, r, err
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, maxTarget+1))
	if err == nil && len(text) > maxTarget {
		err = errors.New("it is a link with too long a text")
	}
	e.Type, e.Size, e.Target = Link, 0, string(text)
	return e, nil, err
}
