package pkgrepo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/big"
	"slices"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/eddsa"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// keyExpiry is the type of the subpacket with the time after which a key expires, and critical the bit that makes a
// program which does not know the type refuse the signature (RFC 9580, sections 5.2.3.7 and 5.2.3.13).
const (
	keyExpiry = 9
	critical  = 0x80
)

// relaxExpiry signs the identities of an Ed25519 key again with an expiry that is not critical, as gpg does: rpm 4.18
// cannot import a key with a critical one, which the library always writes.
func relaxExpiry(e *openpgp.Entity) error {
	for _, id := range e.Identities {
		var whole bytes.Buffer
		if err := id.SelfSignature.Serialize(&whole); err != nil {
			return err
		}
		raw, err := packet.NewOpaqueReader(&whole).Next()
		if err != nil {
			return err
		}
		if raw.Contents, err = signAgain(e, id, raw.Contents); err != nil {
			return err
		}
		p, err := raw.Parse()
		if err != nil {
			return err
		}
		sig, ok := p.(*packet.Signature)
		if !ok {
			return errors.New("a signature cannot be read again")
		}
		id.SelfSignature, id.Signatures = sig, []*packet.Signature{sig}
	}
	return nil
}

// signAgain makes a signature of version 4 (RFC 9580, section 5.2.3) from the one in body: version, type, two
// algorithms; signed and unsigned subpackets, each with their length; the beginning of the digest, and the signature.
func signAgain(e *openpgp.Entity, id *openpgp.Identity, body []byte) ([]byte, error) {
	key, ok := e.PrivateKey.PrivateKey.(*eddsa.PrivateKey)
	if !ok || len(body) < 8 || body[0] != 4 {
		return nil, errors.New("it is no Ed25519 key of version 4")
	}
	signed := body[:6+int(binary.BigEndian.Uint16(body[4:]))]
	unsigned := body[len(signed):]
	unsigned = unsigned[:2+int(binary.BigEndian.Uint16(unsigned))]
	signed = slices.Clone(signed)
	for rest := signed[6:]; len(rest) > 1; { // all are shorter than 192 bytes
		if rest[1] == keyExpiry|critical {
			rest[1] = keyExpiry
		}
		rest = rest[min(len(rest), 1+int(rest[0])):]
	}
	h := id.SelfSignature.Hash.New()
	if err := e.PrimaryKey.SerializeForHash(h); err != nil {
		return nil, err
	}
	h.Write(binary.BigEndian.AppendUint32([]byte{0xb4}, uint32(len(id.UserId.Id)))) //nolint:gosec // a name
	h.Write([]byte(id.UserId.Id))
	h.Write(signed)
	h.Write(binary.BigEndian.AppendUint32([]byte{4, 0xff}, uint32(len(signed)))) //nolint:gosec // some dozen bytes
	digest := h.Sum(nil)
	r, s, err := eddsa.Sign(key, digest)
	return slices.Concat(signed, unsigned, digest[:2], multiprecision(r), multiprecision(s)), err
}

// multiprecision encodes a number with its length in bits (RFC 9580, section 3.2).
func multiprecision(number []byte) []byte {
	n := new(big.Int).SetBytes(number)
	return append(binary.BigEndian.AppendUint16(nil, uint16(n.BitLen())), n.Bytes()...) //nolint:gosec // 256
}
