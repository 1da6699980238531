package pkgrepo

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
)

// keys sign the indexes.
type keys struct {
	pgp     *openpgp.Entity // nil: none
	rsa     *rsa.PrivateKey // for apk; nil: none
	rsaName string          // of the public key on hosts: NAME.rsa.pub
}

// maxKey is the size in bytes of the largest key file.
const maxKey = 1 << 20

// readKeys reads the private keys: one for OpenPGP, one for apk.
func readKeys(o Options) (keys, error) {
	var ks keys
	for _, name := range o.Keys {
		b, err := os.ReadFile(name)
		if err == nil && len(b) > maxKey {
			err = errors.New("it is too long for a key")
		}
		if err == nil {
			err = ks.add(name, b, o)
		}
		if err != nil {
			return ks, fmt.Errorf("cannot read the key %s: %w", name, err)
		}
	}
	return ks, nil
}

func (ks *keys) add(name string, b []byte, o Options) error {
	if block, _ := pem.Decode(b); block != nil && strings.HasSuffix(block.Type, "PRIVATE KEY") && !bytes.Contains(b, []byte("BEGIN PGP")) {
		if ks.rsa != nil {
			return errors.New("there is another RSA key")
		}
		ks.rsaName = strings.TrimSuffix(filepath.Base(name), ".rsa") + ".rsa.pub"
		return ks.addRSA(block)
	}
	if ks.pgp != nil {
		return errors.New("there is another OpenPGP key")
	}
	list, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(b))
	if err != nil {
		list, err = openpgp.ReadKeyRing(bytes.NewReader(b))
	}
	switch {
	case err != nil || len(list) == 0:
		return errors.New("it is no private key, of OpenPGP or RSA in PEM")
	case list[0].PrivateKey == nil:
		return errors.New("it is a public key; the private one signs")
	}
	ks.pgp = list[0]
	if ks.pgp.PrivateKey.Encrypted {
		if o.Password == nil || o.Password() == "" {
			return errors.New("it is encrypted: set CONVERGE_KEY_PASSWORD")
		}
		if err := ks.pgp.DecryptPrivateKeys([]byte(o.Password())); err != nil {
			return errors.New("the password in CONVERGE_KEY_PASSWORD does not decrypt it")
		}
	}
	if _, ok := ks.pgp.SigningKey(o.Now()); !ok {
		return errors.New("it cannot sign: it has expired, was revoked or is for something else")
	}
	return nil
}

func (ks *keys) addRSA(block *pem.Block) error {
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		ks.rsa = key
		return nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return fmt.Errorf("it is no private key: %w", err)
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return errors.New("it is no RSA key, which is all that apk takes")
	}
	ks.rsa = private
	return nil
}

// publicPGP returns the public key in the form for hosts.
func (ks *keys) publicPGP() ([]byte, error) {
	var out bytes.Buffer
	w, err := armor.Encode(&out, openpgp.PublicKeyType, nil)
	if err == nil {
		err = ks.pgp.Serialize(w)
	}
	if err == nil {
		err = w.Close()
	}
	return append(out.Bytes(), '\n'), err
}

func (ks *keys) publicRSA() ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(&ks.rsa.PublicKey)
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), err
}

// publishKeys writes the public keys beside the repositories.
func (r *repository) publishKeys() error {
	if r.keys.pgp != nil {
		b, err := r.keys.publicPGP()
		if err == nil {
			_, err = r.write(r.o.Name+".asc", b)
		}
		if err != nil {
			return err
		}
	}
	if r.keys.rsa != nil {
		b, err := r.keys.publicRSA()
		if err == nil {
			_, err = r.write(r.keys.rsaName, b)
		}
		return err
	}
	return nil
}

// warnUnsigned warns of an unsigned repository.
func (r *repository) warnUnsigned(f family) {
	switch {
	case r.hasKey(f):
	case f.name() == (apks{}).name():
		r.o.Warn("the apk repository is not signed: --key wants an RSA key for it")
	default:
		r.o.Warn("the " + f.name() + " repository is not signed: hosts refuse it unless they are told to trust it; see converge repo key")
	}
}

// keyAge is how far a new key is backdated, because the clocks of hosts differ.
const keyAge = time.Hour
