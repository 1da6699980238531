package pkgrepo

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // what apk-tools 2 checks
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// index writes APKINDEX.tar.gz of each architecture, with its signature first, as apk index and abuild-sign do
// (apk-tools 2).
func (f apks) index(r *repository, all []Package, archs []string) (bool, error) {
	changed := false
	for _, arch := range archs {
		content, err := f.archive(r, all, arch)
		if err != nil {
			return changed, err
		}
		c, err := r.write(path.Join("apk", kernelArch(arch), "APKINDEX.tar.gz"), content)
		if err != nil {
			return changed, err
		}
		changed = changed || c
	}
	return changed, nil
}

func (f apks) archive(r *repository, all []Package, arch string) ([]byte, error) {
	var text strings.Builder
	for _, p := range all {
		if goArch(p.Arch) == arch || p.Arch == "noarch" {
			text.WriteString(f.paragraph(p, kernelArch(arch)) + "\n")
		}
	}
	index, err := segment(false, [2]string{"DESCRIPTION", r.o.Name}, [2]string{"APKINDEX", text.String()})
	if err != nil || r.keys.rsa == nil {
		return index, err
	}
	// apk 2 finds the key of a signature by its name; all versions check RSA with SHA-1. It has the same bytes each
	// time.
	sum := sha1.Sum(index) //nolint:gosec // see above
	signature, err := rsa.SignPKCS1v15(rand.Reader, r.keys.rsa, crypto.SHA1, sum[:])
	if err != nil {
		return nil, err
	}
	front, err := segment(true, [2]string{".SIGN.RSA." + r.keys.rsaName, string(signature)})
	return slices.Concat(front, index), err
}

// segment returns one gzip stream with a tar archive. If another stream follows, the archive has no end marker.
func segment(open bool, files ...[2]string) ([]byte, error) {
	var plain, out bytes.Buffer
	t := tar.NewWriter(&plain)
	for _, f := range files {
		if err := addText(t, f[0], f[1], time.Unix(0, 0)); err != nil {
			return nil, err
		}
	}
	end := t.Close
	if open {
		end = t.Flush
	}
	if err := end(); err != nil {
		return nil, err
	}
	z := gzip.NewWriter(&out)
	if _, err := z.Write(plain.Bytes()); err != nil {
		return nil, err
	}
	err := z.Close()
	return out.Bytes(), err
}

// paragraph returns a package's entry in the index. A package without an architecture gets that of the index, as in
// abuild.
func (apks) paragraph(p Package, arch string) string {
	m := p.meta.(*apkMeta)
	var b strings.Builder
	for _, field := range [][2]string{
		{"C", m.identity}, {"P", p.Name}, {"V", p.Version}, {"A", arch}, {"S", fmt.Sprint(p.size)}, {"I", m.info.one("size")},
		{"T", m.info.one("pkgdesc")}, {"U", m.info.one("url")}, {"L", m.info.one("license")}, {"o", m.info.one("origin")},
		{"m", m.info.one("maintainer")}, {"t", m.info.one("builddate")}, {"c", m.info.one("commit")},
		{"D", strings.Join(m.info["depend"], " ")}, {"p", strings.Join(m.info["provides"], " ")}, {"i", strings.Join(m.info["install_if"], " ")},
	} {
		if field[1] != "" {
			b.WriteString(field[0] + ":" + field[1] + "\n")
		}
	}
	return b.String()
}
