package pkgrepo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"

	"converge/internal/version"
)

// rpms handles the packages of Red Hat's and SUSE's families.
type rpms struct{}

func (rpms) name() string            { return "rpm" }
func (rpms) suffix() string          { return ".rpm" }
func (rpms) compare(a, b string) int { return version.CompareRPM(a, b) }

// rpmMeta is the parsed header of a package.
type rpmMeta struct {
	header     *rpmHeader
	signatures *rpmHeader
	from, to   int64  // offsets of the header in the file
	unsigned   string // digest of everything except the signatures
}

func (rpms) read(f *os.File) (Package, error) {
	m, err := readRPM(f)
	if err != nil {
		return Package{}, err
	}
	h := m.header
	v := h.string(tagVersion) + "-" + h.string(tagRelease)
	if epoch := h.numbers(tagEpoch); len(epoch) > 0 {
		v = strconv.FormatUint(uint64(epoch[0]), 10) + ":" + v
	}
	return Package{Name: h.string(tagName), Version: v, Arch: h.string(tagArch), meta: m}, nil
}

// readRPM reads the headers: a lead, a padded header of signatures, and the header itself.
func readRPM(f io.ReadSeeker) (*rpmMeta, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	var lead [leadSize]byte
	if _, err := io.ReadFull(f, lead[:]); err != nil || !bytes.Equal(lead[:4], []byte{0xed, 0xab, 0xee, 0xdb}) {
		return nil, errors.New("it is no rpm")
	}
	signatures, err := readRPMHeader(f)
	if err != nil {
		return nil, err
	}
	padding := (8 - len(signatures.raw)%8) % 8
	if _, err := f.Seek(int64(padding), io.SeekCurrent); err != nil {
		return nil, err
	}
	header, err := readRPMHeader(f)
	if err != nil {
		return nil, err
	}
	from := int64(leadSize + len(signatures.raw) + padding)
	sum := sha256.New()
	sum.Write(header.raw)
	if _, err := io.Copy(sum, f); err != nil {
		return nil, err
	}
	return &rpmMeta{header, signatures, from, from + int64(len(header.raw)), hex.EncodeToString(sum.Sum(nil))}, nil
}

// places returns the package's file: a package with another signature is another file, so that an index always matches
// the files that it names.
func (rpms) places(p Package, _ []string) []string {
	h := p.meta.(*rpmMeta).header
	file := fmt.Sprintf("%s-%s-%s.%s.rpm", p.Name, h.string(tagVersion), h.string(tagRelease), p.Arch)
	return []string{path.Join("rpm/packages", p.signer, file)}
}
