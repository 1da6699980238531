package pkgrepo

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"crypto/sha1" //nolint:gosec // apk's identity of a package
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"converge/internal/version"
)

// apks handles the packages of Alpine Linux, in the format of apk-tools 2.
type apks struct{}

func (apks) name() string            { return "apk" }
func (apks) suffix() string          { return ".apk" }
func (apks) compare(a, b string) int { return version.CompareAPK(a, b) }

// apkMeta is the description inside a package.
type apkMeta struct {
	info     pkgInfo
	identity string // C: in an index
	data     int64  // offset of the files
}

func (apks) read(f *os.File) (Package, error) {
	m, err := readAPK(f)
	if err != nil {
		return Package{}, err
	}
	return Package{Name: m.info.one("pkgname"), Version: m.info.one("pkgver"), Arch: m.info.one("arch"), meta: m}, nil
}

// readAPK reads the control segment: an apk is two or three gzip streams, of which the first may be a signature, and the
// next is the description. The digest of that stream identifies the package.
func readAPK(f io.ReadSeeker) (*apkMeta, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	sum := sha1.New() //nolint:gosec // see above
	for range 2 {
		sum.Reset()
		start, err := f.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, err
		}
		info, length, err := readSegment(f)
		if err != nil {
			return nil, err
		}
		if _, err := f.Seek(start, io.SeekStart); err != nil {
			return nil, err
		}
		if _, err := io.CopyN(sum, f, length); err != nil {
			return nil, err
		}
		if info != nil {
			return &apkMeta{info, "Q1" + base64.StdEncoding.EncodeToString(sum.Sum(nil)), start + length}, nil
		}
	}
	return nil, errors.New("it is no apk: it has no .PKGINFO")
}

// readSegment reads one gzip stream, and returns its .PKGINFO, if any, and its length.
func readSegment(r io.Reader) (info pkgInfo, length int64, err error) {
	in := &counted{r: bufio.NewReader(r)}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, 0, errors.New("it is no apk: it is not compressed by gzip")
	}
	z.Multistream(false)
	plain := io.LimitReader(z, 64<<20)
	for t := tar.NewReader(plain); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, 0, fmt.Errorf("its archive is damaged: %w", err)
		}
		if h.Name != ".PKGINFO" {
			continue
		}
		text, err := readText(t)
		if err != nil {
			return nil, 0, err
		}
		if info, err = parsePkgInfo(text); err != nil {
			return nil, 0, err
		}
	}
	if _, err := io.Copy(io.Discard, plain); err != nil {
		return nil, 0, fmt.Errorf("its archive is damaged: %w", err)
	}
	return info, in.n, nil
}

// counted counts the bytes read: from a reader of single bytes, gzip does not read beyond its stream.
type counted struct {
	r *bufio.Reader
	n int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

func (c *counted) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

// places returns the package's file: apk looks for every package in the folder of its own architecture.
func (apks) places(p Package, archs []string) []string {
	file := fmt.Sprintf("%s-%s.apk", p.Name, p.Version)
	if p.Arch != "noarch" {
		return []string{path.Join("apk", p.Arch, file)}
	}
	var places []string
	for _, arch := range archs {
		places = append(places, path.Join("apk", kernelArch(arch), file))
	}
	return places
}

func (apks) file(r *repository, p Package, place string) error { return r.copy(p, place) }
