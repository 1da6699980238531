package pgp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// ErrUnsigned is the cause where there is no signature at all.
var ErrUnsigned = errors.New("it is not signed")

// Mismatch is the error about something that keys other than those of the ring
// have signed.
type Mismatch struct {
	Signers []string // ids of the keys that signed it
	Wanted  []string // fingerprints of those that should have
}

func (m *Mismatch) Error() string {
	return fmt.Sprintf("it is signed by the key %s, and not by %s", strings.Join(m.Signers, " and "), strings.Join(m.Wanted, " or "))
}

// CheckClearsigned returns the text of a clear-signed message that one of the keys
// has signed.
func (r *Keyring) CheckClearsigned(data []byte, now time.Time) ([]byte, error) {
	block, _ := clearsign.Decode(data)
	if block == nil {
		return nil, ErrUnsigned
	}
	signature, err := io.ReadAll(block.ArmoredSignature.Body)
	if err != nil {
		return nil, fmt.Errorf("its signature is damaged: %w", err)
	}
	return block.Plaintext, r.check(block.Bytes, signature, now)
}

// CheckDetached checks a signature, armored or binary, that stands beside what it
// signs.
func (r *Keyring) CheckDetached(signed, signature []byte, now time.Time) error {
	binary, err := Dearmor(signature)
	switch {
	case err != nil:
		return fmt.Errorf("its signature cannot be read: %w", err)
	case len(binary) == 0:
		return ErrUnsigned
	}
	return r.check(signed, binary, now)
}

func (r *Keyring) check(signed, signature []byte, now time.Time) error {
	signers, err := issuers(signature)
	if err != nil {
		return err
	}
	config := &packet.Config{Time: func() time.Time { return now }}
	key, err := openpgp.CheckDetachedSignature(r.keys, bytes.NewReader(signed), bytes.NewReader(signature), config)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgperrors.ErrUnknownIssuer):
		return &Mismatch{Signers: signers, Wanted: r.Fingerprints()}
	}
	name := strings.Join(signers, " and ")
	if key != nil {
		name = fingerprintOf(key)
	}
	return fmt.Errorf("the signature by the key %s does not count: %s", name, strings.TrimPrefix(err.Error(), "openpgp: "))
}

// issuers lists the ids of the keys that made the signatures.
func issuers(signature []byte) ([]string, error) {
	var out []string
	for packets := packet.NewReader(bytes.NewReader(signature)); ; {
		p, err := packets.Next()
		switch {
		case errors.Is(err, io.EOF) && len(out) > 0:
			return out, nil
		case errors.Is(err, io.EOF):
			return nil, ErrUnsigned
		case err != nil:
			return nil, fmt.Errorf("its signature cannot be read: %w", err)
		}
		s, ok := p.(*packet.Signature)
		if !ok {
			continue
		}
		id := "of unknown id"
		switch {
		case len(s.IssuerFingerprint) > 0:
			id = fmt.Sprintf("%X", s.IssuerFingerprint)
		case s.IssuerKeyId != nil:
			id = fmt.Sprintf("%016X", *s.IssuerKeyId)
		}
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
}
