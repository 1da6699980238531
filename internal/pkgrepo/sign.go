package pkgrepo

import (
	"bytes"
	"crypto"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

func (r *repository) config() *packet.Config {
	return &packet.Config{DefaultHash: crypto.SHA512, Time: func() time.Time { return r.now }}
}

// keepSignature returns the armored signature of a content: the one in a file, if it is valid and of the present key, or
// a new one, whose bytes differ each time.
func (r *repository) keepSignature(name string, content []byte) ([]byte, error) {
	old, err := r.read(name)
	if err != nil {
		return nil, err
	}
	if old != nil {
		_, err := openpgp.CheckArmoredDetachedSignature(openpgp.EntityList{r.keys.pgp}, bytes.NewReader(content), bytes.NewReader(old), r.config())
		if err == nil {
			return old, nil
		}
	}
	var out bytes.Buffer
	if err := openpgp.ArmoredDetachSign(&out, r.keys.pgp, bytes.NewReader(content), r.config()); err != nil {
		return nil, err
	}
	return append(out.Bytes(), '\n'), nil
}

// keepBinarySignature is keepSignature without armor.
func (r *repository) keepBinarySignature(name string, content []byte) ([]byte, error) {
	old, err := r.read(name)
	if err != nil {
		return nil, err
	}
	if old != nil {
		_, err := openpgp.CheckDetachedSignature(openpgp.EntityList{r.keys.pgp}, bytes.NewReader(content), bytes.NewReader(old), r.config())
		if err == nil {
			return old, nil
		}
	}
	return r.signBinary(content)
}

func (r *repository) signBinary(content []byte) ([]byte, error) {
	var out bytes.Buffer
	err := openpgp.DetachSign(&out, r.keys.pgp, bytes.NewReader(content), r.config())
	return out.Bytes(), err
}

// keepClearSigned is keepSignature for a signature around the content.
func (r *repository) keepClearSigned(name string, content []byte) ([]byte, error) {
	old, err := r.read(name)
	if err != nil {
		return nil, err
	}
	if block, rest := clearsign.Decode(old); block != nil && len(bytes.TrimSpace(rest)) == 0 && bytes.Equal(block.Plaintext, content) {
		_, err := block.VerifySignature(openpgp.EntityList{r.keys.pgp}, r.config())
		if err == nil {
			return old, nil
		}
	}
	key, _ := r.keys.pgp.SigningKey(r.now) // readKeys has seen that there is one
	var out bytes.Buffer
	w, err := clearsign.Encode(&out, key.PrivateKey, r.config())
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	return append(out.Bytes(), '\n'), err
}
