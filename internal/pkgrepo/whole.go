package pkgrepo

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// checkWhole refuses an incomplete package in the folder, whose transfer may be in progress: an index would name its
// beginning. It reads everything that a package manager unpacks, because a file may have its size before its contents.
func checkWhole(file *os.File, p Package) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	switch m := p.meta.(type) {
	case *debMeta:
		err = checkWholeDeb(file)
	case *rpmMeta:
		err = m.checkWhole(file, info.Size())
	case *archMeta:
		if _, err = file.Seek(0, io.SeekStart); err == nil {
			err = readToEnd(file, ".zst")
		}
	case *apkMeta:
		err = m.checkWhole(file)
	}
	return err
}

// errCut returns the error about a package that ends too early.
func errCut() error { return errors.New("it ends too early: it is not complete") }

// readToEnd unpacks everything in r, which fails if a part is missing. It accepts unknown compressions.
func readToEnd(r io.Reader, suffix string) error {
	plain, done, err := decompress(r, suffix)
	if err != nil {
		return fmt.Errorf("its contents are not complete: %w", err)
	}
	defer done()
	n, err := io.Copy(io.Discard, io.LimitReader(plain, maxUnpacked))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || err == nil && n == 0:
		return errCut()
	case err != nil:
		return fmt.Errorf("its contents are not complete, or damaged: %w", err)
	}
	return nil
}

// canUnpack reports whether decompress supports a suffix.
func canUnpack(suffix string) bool {
	return suffix == "" || suffix == ".gz" || suffix == ".xz" || suffix == ".zst"
}

// checkWholeDeb reads all members up to the data archive, the last one that deb(5) defines.
func checkWholeDeb(f *os.File) error {
	if _, err := f.Seek(8, io.SeekStart); err != nil {
		return err
	}
	for range maxMembers {
		name, size, err := readArHeader(f)
		if err != nil {
			return errCut()
		}
		compression, isData := strings.CutPrefix(name, "data.tar")
		member := &io.LimitedReader{R: f, N: size}
		if isData && canUnpack(compression) {
			if err := readToEnd(member, compression); err != nil {
				return err
			}
		}
		if _, err := io.Copy(io.Discard, member); err != nil {
			return err
		}
		if member.N > 0 {
			return errCut()
		}
		if isData {
			return nil
		}
		if _, err := f.Seek(size%2, io.SeekCurrent); err != nil {
			return err
		}
	}
	return errors.New("it is no deb: it has no data archive")
}

// checkWhole compares the size with that in the header of signatures, and unpacks.
func (m *rpmMeta) checkWhole(f *os.File, size int64) error {
	if want := int64(m.signatures.number(sigTagSize)); want > 0 && size-m.from != want {
		return errCut()
	}
	suffix, ok := map[string]string{"": ".gz", "gzip": ".gz", "xz": ".xz", "zstd": ".zst"}[m.header.string(tagPayloadCompressor)]
	if !ok {
		return nil
	}
	if _, err := f.Seek(m.to, io.SeekStart); err != nil {
		return err
	}
	return readToEnd(f, suffix)
}

// checkWhole compares the digest of the data with that in the description.
func (m *apkMeta) checkWhole(f *os.File) error {
	want := m.info.one("datahash")
	if want == "" {
		return nil
	}
	if _, err := f.Seek(m.data, io.SeekStart); err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != want {
		return errors.New("its data have another digest than its description says: it is not complete, or damaged")
	}
	return nil
}
