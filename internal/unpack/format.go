package unpack

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Archive is an archive of a known format.
type Archive struct {
	r      io.ReaderAt
	size   int64
	format string
	zip    *zip.Reader
}

// ErrUnknown is wrapped by the error for a file in none of these formats.
var ErrUnknown = errors.New("it is neither a tar archive (plain, or compressed by gzip, bzip2, xz or zstd) nor a zip archive") //nolint:gochecknoglobals // an error to compare with

// maxHeader is how many bytes of an archive determine its format: the magic number of a plain tar archive is at the end
// of them.
const maxHeader = 512

// magics returns the first bytes of each format: RFC 1952, 2.3.1; bzip2; .xz file format 2.1.1.1; RFC 8878, 3.1.1;
// APPNOTE.TXT 4.3.7 and 4.3.16.
func magics() map[string]string {
	return map[string]string{"\x1f\x8b": "gzip", "BZh": "bzip2", "\xfd7zXZ\x00": "xz", "\x28\xb5\x2f\xfd": "zstd", "PK\x03\x04": "zip", "PK\x05\x06": "zip"}
}

// Open detects the format of an archive of size bytes.
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
	// Skipped entries have to be decompressed too. A header and its padding take up to
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
