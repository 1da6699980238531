package pkgrepo

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/ProtonMail/go-crypto/openpgp"
)

// isSigned reports whether the present key has signed the header of an rpm.
func (r *repository) isSigned(m *rpmMeta) bool {
	for _, tag := range []int{sigTagRSA, sigTagDSA} {
		if sig := m.signatures.bytes(tag); sig != nil {
			_, err := openpgp.CheckDetachedSignature(openpgp.EntityList{r.keys.pgp}, bytes.NewReader(m.header.raw), bytes.NewReader(sig), r.config())
			if err == nil {
				return true
			}
		}
	}
	return false
}

// signerOf returns the folder of an rpm: that of the signing key, or that of unchanged packages.
func (r *repository) signerOf() string {
	if r.keys.pgp == nil {
		return "as-is"
	}
	return fmt.Sprintf("%016x", r.keys.pgp.PrimaryKey.KeyId)
}

// file writes an rpm with its own signature. A signed index does not sign its packages: dnf's gpgcheck requires a
// signature in the file.
func (rpms) file(r *repository, p Package, place string) error {
	m := p.meta.(*rpmMeta)
	if r.keys.pgp == nil || r.isSigned(m) {
		return r.copy(p, place)
	}
	from, err := r.root.Open(p.file)
	if err != nil {
		return err
	}
	defer from.Close()
	whole := func() (io.Reader, error) { // header and payload
		_, err := from.Seek(m.from, io.SeekStart)
		return from, err
	}
	onHeader, err := r.signBinary(m.header.raw)
	if err != nil {
		return err
	}
	rest, err := whole()
	if err != nil {
		return err
	}
	var onAll bytes.Buffer
	if err := openpgp.DetachSign(&onAll, r.keys.pgp, rest, r.config()); err != nil {
		return err
	}
	signatures := m.signatures.withSignatures(onHeader, onAll.Bytes())
	var lead [leadSize]byte
	if _, err := from.ReadAt(lead[:], 0); err != nil {
		return err
	}
	err = r.replace(place, func(w io.Writer) error {
		if _, err := w.Write(append(lead[:], signatures...)); err != nil {
			return err
		}
		rest, err := whole()
		if err == nil {
			_, err = io.Copy(w, rest)
		}
		return err
	})
	if err == nil { // pruning depends on its age
		err = r.root.Chtimes(place, p.time, p.time)
	}
	return err
}

// withSignatures returns a header of signatures with replaced signatures, padded as in a file.
func (h *rpmHeader) withSignatures(onHeader, onAll []byte) []byte {
	type value struct {
		tag, kind, count int
		data             []byte
	}
	values := []value{{sigTagRSA, typeBinary, len(onHeader), onHeader}, {sigTagPGP, typeBinary, len(onAll), onAll}}
	for _, e := range h.entries {
		switch e.tag {
		case sigTagRegion, sigTagRSA, sigTagPGP, sigTagDSA, sigTagGPG, reservedSpace:
			continue
		}
		if data, ok := h.valueOf(e); ok {
			values = append(values, value{e.tag, e.kind, e.count, data})
		}
	}
	slices.SortStableFunc(values, func(a, b value) int { return a.tag - b.tag })
	var index, data bytes.Buffer
	entry := func(tag, kind, offset, count int) []byte {
		var b []byte
		for _, n := range []int{tag, kind, offset, count} {
			b = binary.BigEndian.AppendUint32(b, uint32(int32(n)))
		}
		return b
	}
	for _, v := range values {
		for width := widthOf(v.kind); width > 1 && data.Len()%width != 0; {
			data.WriteByte(0)
		}
		index.Write(entry(v.tag, v.kind, data.Len(), v.count))
		data.Write(v.data)
	}
	// The first entry marks the whole header as one region; its value is at the end of the data.
	region := entry(sigTagRegion, typeBinary, data.Len(), 16)
	data.Write(entry(sigTagRegion, typeBinary, -16*(len(values)+1), 16))
	out := []byte{0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0}
	out = binary.BigEndian.AppendUint32(out, uint32(len(values)+1))
	out = binary.BigEndian.AppendUint32(out, uint32(data.Len()))
	out = slices.Concat(out, region, index.Bytes(), data.Bytes())
	return append(out, make([]byte, (8-len(out)%8)%8)...)
}

// reservedSpace is the size of the space in which rpmsign would put a signature.
const reservedSpace = 1008

// widthOf returns the size in bytes of one value, 0 if it varies.
func widthOf(kind int) int {
	return map[int]int{1: 1, 2: 1, typeInt16: 2, typeInt32: 4, 5: 8, typeBinary: 1}[kind]
}

// valueOf returns the bytes of an entry's values.
func (h *rpmHeader) valueOf(e rpmEntry) ([]byte, bool) {
	if e.offset < 0 || e.offset > len(h.data) || e.count < 0 || e.count > len(h.data) {
		return nil, false
	}
	data := h.data[e.offset:]
	if width := widthOf(e.kind); width > 0 {
		if e.count*width > len(data) {
			return nil, false
		}
		return data[:e.count*width], true
	}
	end := 0
	for range e.count {
		n := bytes.IndexByte(data[end:], 0)
		if n < 0 {
			return nil, false
		}
		end += n + 1
	}
	return data[:end], true
}
