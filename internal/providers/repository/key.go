package repository

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"converge/internal/fetch"
	"converge/internal/pgp"
	"converge/internal/resource"
	"converge/resources"
)

// warnAhead is how long before its expiry a key causes a warning.
const warnAhead = 30 * 24 * time.Hour

// keyReader reads and judges signing keys.
type keyReader struct {
	*tree
	now    func() time.Time
	client *http.Client

	mu      sync.Mutex
	fetched map[string][]byte // by their digests
}

func readBlob(b *resource.Blob) ([]byte, error) {
	f, err := b.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, pgp.MaxKey+1))
	if err == nil && len(data) > pgp.MaxKey {
		err = fmt.Errorf("it is larger than %d bytes", pgp.MaxKey)
	}
	return data, err
}

// knownKey returns the declared key if it is available: in the manifest, on the machine, or fetched before. A plan
// without changes fetches none.
func (r *keyReader) knownKey(want resources.RepositoryWant, have *resources.RepositoryWant) ([]byte, bool) {
	switch {
	case want.SigningKey == nil || want.SigningKey.Size == 0:
		return nil, false
	case !want.KeySource.Set:
		return contentOf(want.SigningKey)
	}
	digest, err := want.SigningKey.Digest()
	if err != nil {
		return nil, false
	}
	r.mu.Lock()
	data, ok := r.fetched[digest]
	r.mu.Unlock()
	if ok || have == nil {
		return data, ok
	}
	data, _, err = r.readFile(want.KeyPath())
	if err != nil || digestOf(data) != digest && !isArmorOf(data, want.SigningKey) {
		return nil, false
	}
	return data, true
}

// loadKey returns the declared key, fetched if necessary; nil if none is declared.
func (r *keyReader) loadKey(ctx context.Context, want resources.RepositoryWant, have *resources.RepositoryWant) ([]byte, error) {
	if want.SigningKey == nil || want.SigningKey.Size == 0 {
		return nil, nil
	}
	if data, ok := r.knownKey(want, have); ok {
		return data, nil
	}
	if !want.KeySource.Set {
		return readBlob(want.SigningKey)
	}
	digest, err := want.SigningKey.Digest()
	if err != nil {
		return nil, err
	}
	f, err := fetch.Open(ctx, r.client, fetch.Source{URL: want.KeySource.Value, SHA256: digest, Limit: pgp.MaxKey})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fetched[digest] = data
	return data, nil
}

// usableKeys returns the keys that can sign now. The error names those that cannot, and why. A key of apk never
// expires.
func (r *keyReader) usableKeys(want resources.RepositoryWant, data []byte) ([]pgp.Key, error) {
	if want.Provider.Value == "apk" {
		key, err := readRSA(data)
		if public, ok := key.(*rsa.PublicKey); ok && public.N.BitLen() < 2048 {
			err = fmt.Errorf("its signing key has %d bits, which can be broken: have the repository signed by one of 2048 or more", public.N.BitLen())
		}
		return nil, err
	}
	ring, err := pgp.Read(data)
	if err != nil {
		return nil, fmt.Errorf("its signing key is none: %w", err)
	}
	return ring.Usable(r.now())
}

// readRSA parses a public key of apk.
func readRSA(data []byte) (any, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("its signing key is none: apk has RSA public keys in PEM form (-----BEGIN PUBLIC KEY-----)")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("its signing key is none: %w", err)
	}
	return key, nil
}

// writtenKey returns the key in its written form.
func writtenKey(want resources.RepositoryWant, data []byte) ([]byte, error) {
	if want.Provider.Value == "apk" || len(data) == 0 {
		return data, nil
	}
	return pgp.Armor(data)
}
