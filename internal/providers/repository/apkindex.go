package repository

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // apk signs these digests
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"

	"converge/resources"
)

// checkApkIndex checks the index of a repository of apk: two gzip streams; the first is a tar with the signature of
// the bytes of the second. The name of its file has the kind of the signature and the name of the key.
func (r *verifier) checkApkIndex(ctx context.Context, want resources.RepositoryWant, data []byte) error {
	at := r.indexOf(want)
	index, err := r.get(ctx, at)
	if err != nil {
		return r.explainFetch(ctx, want, err)
	}
	key, err := readRSA(data)
	if err != nil {
		return err
	}
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return errors.New("its signing key is none: apk has RSA keys")
	}
	return about(at, verifyApk(index, want.KeyName.Value, public))
}

// verifyApk checks that a key with that name has signed an index.
func verifyApk(index []byte, keyName string, key *rsa.PublicKey) error {
	rest := bytes.NewReader(index)
	z, err := gzip.NewReader(rest)
	if err != nil {
		return errors.New("it is no index of apk")
	}
	z.Multistream(false)
	// The tar of a signature has no end marker: its stream ends first.
	t := tar.NewReader(z)
	head, err := t.Next()
	if err != nil {
		return errors.New("it is no index of apk")
	}
	kind, signer, ok := cutApkSignature(head.Name)
	if !ok {
		return fmt.Errorf("it is not signed, and should be by the key %s", keyName)
	}
	signature, err := io.ReadAll(io.LimitReader(t, 1<<16))
	if err == nil {
		_, err = io.Copy(io.Discard, z)
	}
	if err != nil {
		return fmt.Errorf("its signature cannot be read: %w", err)
	}
	if signer != keyName {
		return fmt.Errorf("it is signed by the key %s, and not by %s (key_name says what its signer calls it)", signer, keyName)
	}
	signed := index[len(index)-rest.Len():]
	hash, sum := crypto.SHA1, sha1.Sum(signed) //nolint:gosec // see above
	digest := sum[:]
	if kind == "RSA256" {
		sum := sha256.Sum256(signed)
		hash, digest = crypto.SHA256, sum[:]
	}
	if rsa.VerifyPKCS1v15(key, hash, digest, signature) != nil {
		return fmt.Errorf("the signature by the key %s does not count: another key of that name made it, or the index was changed", signer)
	}
	return nil
}

// cutApkSignature splits the name of a signature: ".SIGN.RSA.NAME".
func cutApkSignature(name string) (kind, signer string, ok bool) {
	rest, ok := strings.CutPrefix(name, ".SIGN.")
	kind, signer, found := strings.Cut(rest, ".")
	return kind, signer, ok && found && (kind == "RSA" || kind == "RSA256")
}
