package apk

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/resource"
)

// maxControl bounds the bytes read of a package before its description is found.
const maxControl = 16 << 20

// ReadPackageFile implements [packages.Files]: the file .PKGINFO of an .apk, apk-v2(5).
func (d *database) ReadPackageFile(_ context.Context, path string) (packages.Package, error) {
	if d.Root != "" {
		return packages.Package{}, errors.New("a package file cannot be installed into a tree under a root: its own apk does not see the file")
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return packages.Package{}, fmt.Errorf("package file %q %w", path, resource.ErrMissing)
	}
	if err != nil {
		return packages.Package{}, fmt.Errorf("cannot read the package file: %w", err)
	}
	defer f.Close()
	r, err := parsePackage(f)
	if err != nil {
		return packages.Package{}, fmt.Errorf("cannot read package file %q: %w", path, err)
	}
	return packages.Package{Name: r.name, Version: r.version, Arch: r.arch, Provides: r.provides}, nil
}

// parsePackage reads the description out of a package: a signature, a control part
// and the data, each a gzip stream, are one tar together.
func parsePackage(in io.Reader) (record, error) {
	b := bufio.NewReader(in)
	if head, _ := b.Peek(3); bytes.Equal(head, []byte("ADB")) {
		return record{}, errNewFormat
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return record{}, err
	}
	t := tar.NewReader(io.LimitReader(z, maxControl))
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return record{}, errors.New("there is no .PKGINFO in it")
		}
		if err != nil {
			return record{}, err
		}
		if h.Name != ".PKGINFO" {
			continue
		}
		data, err := io.ReadAll(t)
		if err != nil {
			return record{}, err
		}
		return parseInfo(data)
	}
}

// parseInfo parses lines of "name = value".
func parseInfo(data []byte) (record, error) {
	var r record
	for line := range bytes.Lines(data) {
		name, value, ok := strings.Cut(strings.TrimSpace(string(line)), " = ")
		if !ok {
			continue
		}
		switch name {
		case "pkgname":
			r.name = value
		case "pkgver":
			r.version = value
		case "arch":
			r.arch = value
		case "provides":
			if c, ok := parseConstraint(value); ok {
				r.provides = append(r.provides, packages.Provided{Name: c.name, Version: c.version})
			}
		case "depend":
			if c, ok := parseConstraint(value); ok {
				r.depends = append(r.depends, c)
			}
		}
	}
	if r.name == "" || r.version == "" {
		return r, errors.New("it names no package or no version")
	}
	return r, nil
}
