package pkgrepo

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"converge/internal/fsys"
)

// NewKeys writes the keys of a repository to a folder, and returns the names of the files: NAME.key and NAME.asc of
// OpenPGP, NAME.rsa and NAME.rsa.pub for apk. It replaces no file. valid is how long the OpenPGP key is valid; 0 is for
// ever. bits is the length of the RSA key, which takes seconds of processor time from 4096 on.
func NewKeys(dir, name string, valid time.Duration, bits int, now time.Time) ([]string, error) {
	if name == "" || filepath.Base(name) != name {
		return nil, fmt.Errorf("%q is no name of a key", name)
	}
	pgp, err := newPGP(name, valid, now)
	if err != nil {
		return nil, fmt.Errorf("cannot make a key: %w", err)
	}
	ks := keys{pgp: pgp}
	if ks.rsa, err = rsa.GenerateKey(rand.Reader, bits); err != nil {
		return nil, fmt.Errorf("cannot make a key: %w", err)
	}
	private, err := privatePGP(pgp)
	if err != nil {
		return nil, fmt.Errorf("cannot make a key: %w", err)
	}
	public, err := ks.publicPGP()
	if err != nil {
		return nil, fmt.Errorf("cannot make a key: %w", err)
	}
	publicRSA, err := ks.publicRSA()
	if err != nil {
		return nil, fmt.Errorf("cannot make a key: %w", err)
	}
	rsaPEM := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(ks.rsa)})
	var names []string
	for _, f := range []struct {
		suffix  string
		content []byte
		mode    fs.FileMode
	}{{".key", private, 0o600}, {".asc", public, 0o644}, {".rsa", rsaPEM, 0o600}, {".rsa.pub", publicRSA, 0o644}} {
		path := filepath.Join(dir, name+f.suffix)
		err := fsys.ReplacePath(path, f.content, fsys.Replacement{Mode: f.mode, Exact: true, Sync: true, New: true})
		if errors.Is(err, fs.ErrExist) {
			return names, fmt.Errorf("cannot write the key %s: there is one already, which is not replaced", path)
		}
		if err != nil {
			return names, fmt.Errorf("cannot write the key %s: %w", path, err)
		}
		names = append(names, path)
	}
	return names, nil
}

// newPGP makes a key that gpg 2.2, apt 1.6 and rpm 4.16 support: Ed25519 of version 4, only for signing.
func newPGP(name string, valid time.Duration, now time.Time) (*openpgp.Entity, error) {
	made, lifetime := now.Add(-keyAge), time.Duration(0)
	if valid > 0 {
		lifetime = valid + keyAge
	}
	e, err := openpgp.NewEntity(name, "repository", "", &packet.Config{
		Algorithm: packet.PubKeyAlgoEdDSA, Time: func() time.Time { return made },
		KeyLifetimeSecs: uint32(lifetime / time.Second),
	})
	if err != nil {
		return nil, err
	}
	e.Subkeys = nil
	if lifetime > 0 {
		err = relaxExpiry(e)
	}
	return e, err
}

func privatePGP(e *openpgp.Entity) ([]byte, error) {
	var out bytes.Buffer
	w, err := armor.Encode(&out, openpgp.PrivateKeyType, nil)
	if err == nil {
		err = e.SerializePrivateWithoutSigning(w, nil)
	}
	if err == nil {
		err = w.Close()
	}
	return append(out.Bytes(), '\n'), err
}

// KeyFolder makes the folder for new keys.
func KeyFolder(dir string) error { return os.MkdirAll(dir, 0o700) }
