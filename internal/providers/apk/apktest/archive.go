package apktest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha1" //nolint:gosec // as apk does it
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// archive is an .apk file: signature, control part and data.
type archive struct {
	info    []byte // .PKGINFO
	key     string // the name of the key that has signed it
	scripts map[string][]byte
	files   []member
}

type member struct {
	name string
	mode os.FileMode
	data []byte
}

func (m member) checksum() string { return checksum(m.data) }

// checksum is a digest in the form of the database.
func checksum(data []byte) string {
	sum := sha1.Sum(data) //nolint:gosec // as apk does it
	return "Q1" + base64.StdEncoding.EncodeToString(sum[:])
}

// eachMember reads the gzip streams of a file as one tar.
func eachMember(path string, visit func(h *tar.Header, data []byte)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		data, err := io.ReadAll(t)
		if err != nil {
			return err
		}
		visit(h, data)
	}
}

// readMember reads one file of an archive.
func readMember(path, name string) (found []byte, err error) {
	err = eachMember(path, func(h *tar.Header, data []byte) {
		if h.Name == name {
			found = data
		}
	})
	return found, err
}

func readArchive(path string) (*archive, error) {
	a := &archive{scripts: map[string][]byte{}}
	err := eachMember(path, func(h *tar.Header, data []byte) {
		switch {
		case h.Name == ".PKGINFO":
			a.info = data
		case strings.HasPrefix(h.Name, ".SIGN."):
			a.key = strings.TrimPrefix(strings.TrimPrefix(h.Name, ".SIGN.RSA."), "256.")
		case strings.HasPrefix(h.Name, "."):
			a.scripts[h.Name[1:]] = data
		case h.Typeflag == tar.TypeReg:
			a.files = append(a.files, member{strings.TrimPrefix(h.Name, "./"), h.FileInfo().Mode(), data})
		}
	})
	return a, err
}

// readPackage reads the data of an .apk that an index would have.
func readPackage(path string) (p *pkg, key string, err error) {
	a, err := readArchive(path)
	if err != nil {
		return nil, "", err
	}
	if a.info == nil {
		return nil, "", errors.New("v2 package format error")
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		return nil, "", err
	}
	return parsePackageInfo(a.info, checksum(whole)), a.key, nil
}

func parsePackageInfo(info []byte, sum string) *pkg {
	fields := map[string][]string{}
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " = "); ok {
			fields[name] = append(fields[name], value)
		}
	}
	p := &pkg{}
	for _, f := range []struct{ letter, value string }{
		{"C", sum}, {"P", strings.Join(fields["pkgname"], "")}, {"V", strings.Join(fields["pkgver"], "")},
		{"A", strings.Join(fields["arch"], "")}, {"T", strings.Join(fields["pkgdesc"], " ")},
		{"D", strings.Join(fields["depend"], " ")}, {"p", strings.Join(fields["provides"], " ")},
	} {
		if f.value != "" {
			p.addLine(f.letter + ":" + f.value)
		}
	}
	return p
}

// WriteIndex writes the APKINDEX.tar.gz of the .apk files in DIR/[Arch], as
// `apk index` does; it is not signed.
func WriteIndex(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, Arch, "*.apk"))
	if err != nil {
		return err
	}
	slices.Sort(files)
	var index strings.Builder
	for _, file := range files {
		p, _, err := readPackage(file)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		index.WriteString(strings.Join(p.header, "\n") + "\n\n")
	}
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	t := tar.NewWriter(z)
	for _, f := range []member{{name: "DESCRIPTION", data: []byte("test\n")}, {name: "APKINDEX", data: []byte(index.String())}} {
		if err := t.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.data))}); err != nil {
			return err
		}
		if _, err := t.Write(f.data); err != nil {
			return err
		}
	}
	if err := errors.Join(t.Close(), z.Close()); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, Arch, "APKINDEX.tar.gz"), out.Bytes(), 0o644)
}
