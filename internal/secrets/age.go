package secrets

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
)

// The usual key files for age, below the root of the machine: converge's own, and the ssh host keys.
const (
	ageKey     = "/etc/converge/age.key"
	hostKey    = "/etc/ssh/ssh_host_ed25519_key"
	hostKeyRSA = "/etc/ssh/ssh_host_rsa_key"
)

// decryptAge decrypts a file, or an armored text.
func (r *Reader) decryptAge(s Source) (string, error) {
	what, cipher := "the text", []byte(s.Value)
	if !strings.HasPrefix(strings.TrimSpace(s.Value), armor.Header) {
		var err error
		if cipher, err = r.readFile(s.resolve(s.Value)); err != nil {
			return "", err
		}
		what = s.Value
	}
	keys, files, err := r.readIdentities(s)
	if err != nil {
		return "", err
	}
	var in io.Reader = bytes.NewReader(cipher)
	if text := bytes.TrimSpace(cipher); bytes.HasPrefix(text, []byte(armor.Header)) {
		in = armor.NewReader(bytes.NewReader(text))
	}
	out, err := age.Decrypt(in, keys...)
	var foreign *age.NoIdentityMatchError
	switch {
	case errors.As(err, &foreign):
		return "", fmt.Errorf("%s is encrypted for other keys than those of %s", what, strings.Join(files, " and "))
	case err != nil: // the error quotes the text, which may be the unencrypted secret
		return "", fmt.Errorf("%s cannot be decrypted with age: it is damaged, or not encrypted with age", what)
	}
	text, err := io.ReadAll(io.LimitReader(out, maxSize+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("%s cannot be decrypted with age: it is damaged", what)
	case len(text) > maxSize:
		return "", fmt.Errorf("%s holds more than 1 MiB, which no secret does", what)
	}
	return string(text), nil
}

// readIdentities reads the keys of a source: those in the file that it names, or in the usual files that exist.
func (r *Reader) readIdentities(s Source) (keys []age.Identity, files []string, err error) {
	if s.Identity != "" {
		path := s.resolve(s.Identity)
		keys, err = r.readKeys(path)
		if err != nil {
			return nil, nil, err
		}
		return keys, []string{path}, nil
	}
	for _, name := range []string{ageKey, hostKey, hostKeyRSA} {
		more, err := r.readKeys(r.host(name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		keys, files = append(keys, more...), append(files, r.host(name))
	}
	if len(keys) == 0 {
		return nil, nil, fmt.Errorf("there is no key to decrypt it with: neither %s nor %s nor %s exists", r.host(ageKey), r.host(hostKey), r.host(hostKeyRSA))
	}
	return keys, files, nil
}

// readKeys reads a key file for age, or a private ssh key. Like ssh, it refuses a file that users other than its owner
// can read.
func (r *Reader) readKeys(path string) ([]age.Identity, error) {
	f, err := r.opts.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("cannot read the key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("cannot use the key %s: others than its owner can read it; chmod 600 %s", path, path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSize))
	if err != nil {
		return nil, fmt.Errorf("cannot read the key %s: %w", path, err)
	}
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("-----BEGIN")) {
		key, err := agessh.ParseIdentity(text)
		if err != nil {
			return nil, fmt.Errorf("cannot use the key %s: it is no private key of ssh without a passphrase", path)
		}
		return []age.Identity{key}, nil
	}
	keys, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("cannot use the key %s: it is no file of keys for age, which begin with AGE-SECRET-KEY-1", path)
	}
	return keys, nil
}
