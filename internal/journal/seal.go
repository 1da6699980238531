package journal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"converge/internal/fsys"
)

// keyFile holds the key of this state folder, 32 random bytes in hex. It seals digests of sensitive contents
// (HMAC-SHA-256, RFC 2104), because a short secret can be guessed from its plain digest.
const keyFile = "key"

const sealedPrefix = "k" // no hex digit

// sealer seals digests. Without a key it seals nothing, and no sealed digest equals another one.
type sealer struct{ key []byte }

// sealDigest returns the sealed form of a SHA-256 in hex; "" without a key. A sealed
// digest stays unchanged.
func (s sealer) sealDigest(plain string) string {
	if isSealed(plain) || plain == "" {
		return plain
	}
	if s.key == nil {
		return ""
	}
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(plain))
	return sealedPrefix + hex.EncodeToString(mac.Sum(nil))
}

// isSame reports whether known, sealed or plain, is the digest for that SHA-256.
func (s sealer) isSame(known, plain string) bool {
	if isSealed(known) {
		return known == s.sealDigest(plain)
	}
	return known != "" && known == plain
}

// keyID distinguishes keys, and reveals nothing of the key.
func (s sealer) keyID() string {
	if s.key == nil {
		return ""
	}
	sum := sha256.Sum256(append([]byte("converge key id "), s.key...))
	return hex.EncodeToString(sum[:6])
}

func isSealed(digest string) bool { return strings.HasPrefix(digest, sealedPrefix) }

// isDigest reports whether a string has the form of a digest, sealed or not.
func isDigest(s string) bool {
	h := strings.TrimPrefix(s, sealedPrefix)
	if len(h) != 2*sha256.Size {
		return false
	}
	_, err := hex.DecodeString(h)
	return err == nil && strings.ToLower(h) == h
}

// readKey returns a sealer, without a key if there is none.
func readKey(root *os.Root) (sealer, error) {
	text, err := readFile(root, keyFile)
	if errors.Is(err, fs.ErrNotExist) {
		return sealer{}, nil
	}
	if err != nil {
		return sealer{}, fmt.Errorf("cannot read state: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSuffix(string(text), "\n"))
	if err != nil || len(key) != sha256.Size {
		return sealer{}, damagedAt(root.Name()+"/"+keyFile, 1, "it is no key of 32 bytes in hex")
	}
	return sealer{key}, nil
}

// isFull reports whether an error means that space or write permission is missing.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EROFS)
}

// ensureKey returns the key, made if it is missing. If two processes make it at the same time, both get the first one
// that is completely in place.
func ensureKey(root *os.Root) (sealer, error) {
	s, err := readKey(root)
	if err != nil || s.key != nil {
		return s, err
	}
	var raw [sha256.Size]byte
	rand.Read(raw[:]) // never fails
	key := []byte(hex.EncodeToString(raw[:]) + "\n")
	err = fsys.ReplaceFile(root, keyFile, key, fsys.Replacement{Staged: keyFile + "." + rand.Text(), Sync: true, New: true})
	if err == nil {
		err = syncSub(root, ".")
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return s, fmt.Errorf("cannot make the key of the state folder: %w", err)
	}
	return readKey(root)
}

// Seal returns the sealed form of a digest of sensitive content: on this host the same digest gives the same form, and
// without the key of the state folder the content cannot be guessed from it. It is "" if there is no key.
func (b *contents) Seal(digest string) string { return b.seal.sealDigest(digest) }

// KeyID distinguishes keys of state folders; "": there is none.
func (b *contents) KeyID() string { return b.seal.keyID() }

// NeedKey makes the key of the state folder at dir if this read-only state has none.
func (s *State) NeedKey(dir string) error {
	if s.seal.key != nil {
		return nil
	}
	root, err := openFolder(dir, false)
	if err != nil {
		return err
	}
	defer root.Close()
	s.seal, err = ensureKey(root)
	return err
}

// Secrets maps the keys of things that had something sensitive when converge last wrote them, or found them as
// declared, to the names of those attributes, as far as the ledger has them; nil: there are none. The name "" means
// the content.
func (s *State) Secrets() map[string]map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out map[string]map[string]bool
	add := func(key string, names []string) {
		if out == nil {
			out = map[string]map[string]bool{}
		}
		if out[key] == nil {
			out[key] = map[string]bool{}
		}
		for _, name := range names {
			out[key][name] = true
		}
	}
	l := s.memory.ledger
	if mayHave(l, hides) {
		for key, v := range l.each() {
			names := append(v.secretAttrs(), l.heldSecrets(v)...)
			if isSealed(v.digest) {
				names = append(names, "")
			}
			if len(names) > 0 && !isNote(key) {
				add(key, names)
			}
		}
	}
	l.addSecretFiles(add)
	return out
}

// secretAttrs names the sensitive attributes of the state that converge made.
func (v ledgerValue) secretAttrs() (out []string) {
	if !strings.Contains(v.original, secretMark) {
		return out
	}
	o, err := readOriginal(v.original)
	var attrs map[string]json.RawMessage
	if err != nil || json.Unmarshal(o.After, &attrs) != nil {
		return out
	}
	for name, text := range attrs {
		var c contentJSON
		if json.Unmarshal(text, &c) == nil && c.Secret {
			out = append(out, name)
		}
	}
	return out
}

// NoteSecret marks the kept content with that SHA-256 (hex) as a secret.
func (b *contents) NoteSecret(digest string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	sealed := b.seal.sealDigest(digest)
	if sealed == "" {
		return
	}
	if b.secrets == nil {
		b.secrets = map[string]bool{}
	}
	b.secrets[sealed] = true
}

// SealWritten seals the plain digests of things with a sensitive content that an older version left, or a rollback of
// what it did. The next change of the ledger saves that.
func (s *State) SealWritten(keys []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keys {
		v, known := s.memory.ledger.findEntry(key)
		if !known || v.digest == "" || isSealed(v.digest) || s.seal.key == nil {
			continue
		}
		v.digest = s.seal.sealDigest(v.digest)
		s.memory.ledger.allEntries()[key] = v
		s.memory.ledger.dirty = true
	}
}
