package pgp

import (
	"bytes"
	"crypto"
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

// ErrUnsigned is the cause when there is no signature at all.
var ErrUnsigned = errors.New("it is not signed")

// Mismatch is the error about a text that only keys outside the ring have signed.
type Mismatch struct {
	Signers []string // ids of the keys that signed it
	Wanted  []string // fingerprints of the accepted keys
}

func (m *Mismatch) Error() string {
	return fmt.Sprintf("it is signed by the key %s, and not by %s", strings.Join(m.Signers, " and "), strings.Join(m.Wanted, " or "))
}

// CheckClearsigned returns the text of a clear-signed message that one of the keys has signed.
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

// CheckDetached checks a signature, armored or binary, that is in a separate file.
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

// check verifies every signature separately: one good signature suffices, regardless of the others.
func (r *Keyring) check(signed, signature []byte, now time.Time) error {
	signatures, err := splitSignatures(signature)
	if err != nil {
		return err
	}
	config := &packet.Config{Time: func() time.Time { return now }}
	var signers, why []string
	for _, s := range signatures {
		if !slices.Contains(signers, s.issuer) {
			signers = append(signers, s.issuer)
		}
		key, err := openpgp.CheckDetachedSignature(r.keys, bytes.NewReader(signed), bytes.NewReader(s.packet), config)
		if err == nil {
			err = r.checkStrength(s)
		}
		name := s.issuer
		if key != nil {
			name = fingerprintOf(key)
		}
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, pgperrors.ErrUnknownIssuer):
			why = append(why, fmt.Sprintf("the signature by the key %s does not count: %s", name, strings.TrimPrefix(err.Error(), "openpgp: ")))
		}
	}
	if len(why) == 0 {
		return &Mismatch{Signers: signers, Wanted: r.Fingerprints()}
	}
	return errors.New(strings.Join(why, ", and "))
}

// signature is one signature packet.
type signature struct {
	*packet.Signature
	packet []byte
	issuer string
}

// splitSignatures splits concatenated signatures.
func splitSignatures(data []byte) ([]signature, error) {
	var out []signature
	unknown := false
	for packets := packet.NewOpaqueReader(bytes.NewReader(data)); ; {
		raw, err := packets.Next()
		switch {
		case errors.Is(err, io.EOF) && len(out) > 0:
			return out, nil
		case errors.Is(err, io.EOF) && unknown:
			return nil, errors.New("its signature cannot be read: it is of a kind that converge does not know")
		case errors.Is(err, io.EOF):
			return nil, ErrUnsigned
		case err != nil:
			return nil, fmt.Errorf("its signature cannot be read: %w", err)
		}
		p, err := raw.Parse()
		s, ok := p.(*packet.Signature)
		if err != nil || !ok {
			unknown = true
			continue // of an unknown type, which may precede a known one
		}
		var b bytes.Buffer
		if err := raw.Serialize(&b); err != nil {
			return nil, fmt.Errorf("its signature cannot be read: %w", err)
		}
		out = append(out, signature{s, b.Bytes(), issuerOf(s)})
	}
}

// issuerOf returns the id of the key that made a signature.
func issuerOf(s *packet.Signature) string {
	switch {
	case len(s.IssuerFingerprint) > 0:
		return fmt.Sprintf("%X", s.IssuerFingerprint)
	case s.IssuerKeyId != nil:
		return fmt.Sprintf("%016X", *s.IssuerKeyId)
	}
	return "of unknown id"
}

// checkStrength refuses a good signature that others can forge: two texts with the same SHA-1 can be computed, and short
// keys can be factored.
func (r *Keyring) checkStrength(s signature) error {
	switch s.Hash {
	case crypto.MD5, crypto.SHA1, crypto.RIPEMD160:
		return fmt.Errorf("it is over a digest of %s, which can be forged; have the repository signed with SHA-256 or more", s.Hash)
	}
	for _, k := range r.keys.KeysById(*s.IssuerKeyId) {
		if why := weakness(k.PublicKey); why != "" {
			return errors.New("it " + why)
		}
	}
	return nil
}
