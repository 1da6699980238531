package pkgrepo

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

const (
	maxControl = 1 << 20 // bytes of a description of a package
	maxMembers = 16      // before the control archive
	maxEntries = 1 << 20 // files of a package
)

// readDebControl returns the control file of a package: deb(5).
func readDebControl(f io.ReadSeeker) (string, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	var magic [8]byte
	if _, err := io.ReadFull(f, magic[:]); err != nil || string(magic[:]) != "!<arch>\n" {
		return "", errors.New("it is no deb: it is no ar archive")
	}
	for range maxMembers {
		name, size, err := readArHeader(f)
		if err != nil {
			return "", err
		}
		if compression, ok := strings.CutPrefix(name, "control.tar"); ok {
			return readControlArchive(io.LimitReader(f, size), compression)
		}
		if _, err := f.Seek(size+size%2, io.SeekCurrent); err != nil {
			return "", err
		}
	}
	return "", errors.New("it is no deb: it has no control archive")
}

func readArHeader(r io.Reader) (name string, size int64, err error) {
	var h [60]byte
	if _, err := io.ReadFull(r, h[:]); err != nil || string(h[58:]) != "`\n" {
		return "", 0, errors.New("it is no deb: it has no control archive")
	}
	size, err = strconv.ParseInt(strings.TrimSpace(string(h[48:58])), 10, 64)
	if err != nil || size < 0 {
		return "", 0, errors.New("it is no deb: a member has no size")
	}
	return strings.TrimSuffix(strings.TrimSpace(string(h[:16])), "/"), size, nil
}

func readControlArchive(r io.Reader, compression string) (string, error) {
	plain, done, err := decompress(r, compression)
	if err != nil {
		return "", err
	}
	defer done()
	t := tar.NewReader(io.LimitReader(plain, 64<<20))
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return "", errors.New("its control archive has no control file")
		}
		if err != nil {
			return "", fmt.Errorf("its control archive is damaged: %w", err)
		}
		if path.Clean(h.Name) == "control" && h.Typeflag == tar.TypeReg {
			return readText(t)
		}
	}
}

// readText reads a description, within bounds.
func readText(r io.Reader) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxControl+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("its description is damaged: %w", err)
	case len(b) > maxControl:
		return "", fmt.Errorf("its description has more than %d bytes", maxControl)
	case bytes.IndexByte(b, 0) >= 0:
		return "", errors.New("its description is no text")
	}
	return string(b), nil
}

// decompress returns the content of r by the suffix of a name.
func decompress(r io.Reader, suffix string) (io.Reader, func(), error) {
	switch suffix {
	case "":
		return r, func() {}, nil
	case ".gz":
		z, err := gzip.NewReader(r)
		return z, func() {}, err
	case ".xz":
		z, err := xz.ReaderConfig{DictCap: 64 << 20}.NewReader(r)
		return z, func() {}, err
	case ".zst":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(128<<20))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	}
	return nil, nil, fmt.Errorf("it is compressed as %q, which is not known", suffix)
}

// controlFields returns the fields of a control file, by names in lower case. It skips continued lines, which contain
// nothing that callers need.
func controlFields(text string) (map[string]string, error) {
	fields := map[string]string{}
	for line := range strings.Lines(strings.TrimRight(text, "\n")) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			return nil, errors.New("its control file has more than one paragraph")
		}
		if line[0] == ' ' || line[0] == '\t' {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("its control file has the line %.60q", line)
		}
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := fields[name]; twice {
			return nil, fmt.Errorf("its control file has the field %s twice", name)
		}
		fields[name] = strings.TrimSpace(value)
	}
	return fields, nil
}
