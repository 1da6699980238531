package pkgrepo

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"path"
	"slices"
	"strings"
)

// checkStillSigned refuses to remove the signatures of a repository because a key was forgotten: hosts would refuse the
// whole repository.
func (r *repository) checkStillSigned() error {
	var files, missing []string
	for _, f := range families() {
		if r.hasKey(f) {
			continue
		}
		file, err := r.findSigned(f)
		if err != nil {
			return err
		}
		if file == "" {
			continue
		}
		files = append(files, file)
		if key := keyKind(f); !slices.Contains(missing, key) {
			missing = append(missing, key)
		}
	}
	if len(files) == 0 {
		return nil
	}
	return fmt.Errorf("no key signs again what is signed now, so that hosts would refuse it: %s; add --key with %s, or --unsigned to publish without a signature",
		strings.Join(files, ", "), strings.Join(missing, " and one with "))
}

// hasKey reports whether a key signs a family's repository.
func (r *repository) hasKey(f family) bool {
	if f.name() == (apks{}).name() {
		return r.keys.rsa != nil
	}
	return r.keys.pgp != nil
}

// keyKind names the kind of key that signs a family's repository.
func keyKind(f family) string {
	if f.name() == (apks{}).name() {
		return "an RSA key"
	}
	return "an OpenPGP key"
}

// findSigned returns a file whose signature this call would remove if no key signed; "" if there is none.
func (r *repository) findSigned(f family) (string, error) {
	names, err := r.list(f.name())
	if err != nil {
		return "", err
	}
	for _, name := range names {
		switch base := path.Base(name); {
		case base == "InRelease" && path.Dir(name) == path.Join("deb/dists", r.o.Suite),
			name == "rpm/repodata/repomd.xml.asc",
			f.name() == (arches{}).name() && path.Ext(base) == ".sig":
			return name, nil
		case base == "APKINDEX.tar.gz":
			content, err := r.read(name)
			if err != nil || isSignedIndex(content) {
				return name, err
			}
		}
	}
	return "", nil
}

// isSignedIndex reports whether an APKINDEX.tar.gz begins with a signature.
func isSignedIndex(content []byte) bool {
	z, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return false
	}
	head, err := tar.NewReader(z).Next()
	return err == nil && strings.HasPrefix(head.Name, ".SIGN.")
}
