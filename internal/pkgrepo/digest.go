package pkgrepo

import (
	"crypto/md5"  //nolint:gosec // apt and pacman still name it
	"crypto/sha1" //nolint:gosec // apk's identity of a package
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
)

// digests are the digests of a content, in hexadecimal.
type digests struct{ md5, sha1, sha256 string }

func digestOf(r io.Reader) (digests, int64, error) {
	m, s1, s2 := md5.New(), sha1.New(), sha256.New()
	n, err := io.Copy(io.MultiWriter(m, s1, s2), r)
	return digests{hex.EncodeToString(m.Sum(nil)), hex.EncodeToString(s1.Sum(nil)), hex.EncodeToString(s2.Sum(nil))}, n, err
}

// digestFile returns the digests and the size of a whole file.
func digestFile(f *os.File) (digests, int64, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return digests{}, 0, err
	}
	return digestOf(f)
}
