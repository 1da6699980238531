package unpack

import (
	"archive/tar"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// isTar reports whether a file is a plain tar archive: its first block is a header with the right checksum, or an end
// marker.
func isTar(head []byte) bool {
	if len(head) < maxHeader {
		return false
	}
	_, err := tar.NewReader(bytes.NewReader(head)).Next()
	return err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, tar.ErrInsecurePath)
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

// stream is a decompressed archive, with a bound for the whole.
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
