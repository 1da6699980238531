package edit

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// SSHKey is one public key in the form of OpenSSH's files: "TYPE BASE64 COMMENT".
type SSHKey struct {
	Type    string // "ssh-ed25519"
	Blob    string // the key in its wire format (RFC 4253, 6.6), which begins with the type
	Comment string // "" if there is none
}

// fingerprintPrefix begins a fingerprint by SHA-256.
const fingerprintPrefix = "SHA256:"

// ParseSSHKey reads a key of one line. It refuses a key that sshd could not use: one that is cut short, or whose type
// differs from the one that its line names. It ignores the end of the line.
func ParseSSHKey(text string) (k SSHKey, err error) {
	text = strings.TrimRight(text, "\r\n")
	if strings.ContainsAny(text, "\r\n\x00") {
		return k, errors.New("must be one line")
	}
	k, rest, ok := cutSSHKey(strings.Trim(text, " \t"))
	if !ok {
		return k, explainNoKey(text)
	}
	k.Comment = strings.Trim(rest, " \t")
	_, err = ssh.ParsePublicKey([]byte(k.Blob))
	if err != nil && isKnownKeyType(k.Type) {
		return k, fmt.Errorf("is a damaged key of type %s: part of it is missing, or it was changed", k.Type)
	}
	return k, nil
}

// isKnownKeyType reports whether package ssh knows a type of keys. A newer OpenSSH may have others.
func isKnownKeyType(name string) bool {
	return slices.Contains([]string{
		ssh.KeyAlgoRSA, ssh.InsecureKeyAlgoDSA, ssh.KeyAlgoED25519, ssh.KeyAlgoSKED25519,
		ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoSKECDSA256,
	}, name)
}

// explainNoKey returns why a text is not a key.
func explainNoKey(text string) error {
	words := strings.Fields(text)
	switch {
	case isFileName(text):
		return explainKeyFile(text)
	case strings.Contains(text, "PRIVATE KEY"):
		return errors.New("is a private key, which nobody else must have: give the public one (the file whose name ends with .pub)")
	case len(words) > 0 && isKnownKeyType(words[0]) && len(words) < 2:
		return errors.New("has a type and no key behind it")
	case len(words) > 0 && isKnownKeyType(words[0]):
		return fmt.Errorf("has no key of type %s behind that word: it is damaged, or of another type", words[0])
	}
	for i, w := range words {
		if i > 0 && isKnownKeyType(w) {
			return fmt.Errorf("must begin with the type of the key, and has %q before it", strings.Join(words[:i], " "))
		}
	}
	if len(words) > 0 && strings.HasPrefix(words[0], "AAAA") {
		return errors.New("has no type in front of it: ssh-ed25519 AAAA… comment, as the file ~/.ssh/id_ed25519.pub has it")
	}
	return errors.New("must be a public key in one line, such as the file ~/.ssh/id_ed25519.pub has it: ssh-ed25519 AAAA… comment")
}

// isFileName reports whether a text is the name of a file, or a URL, instead of the content.
func isFileName(text string) bool {
	if text == "" || strings.ContainsAny(text, " \t\r\n\"") || len(text) > 200 || strings.HasPrefix(text, "AAAA") {
		return false
	}
	ending := path.Ext(text)
	return slices.ContainsFunc([]string{"/", "~", "./", "../", "@", "$", "file:"}, func(start string) bool { return strings.HasPrefix(text, start) }) ||
		strings.Contains(text, "://") || slices.Contains([]string{".pub", ".pem", ".key", ".keys", ".txt", ".asc"}, ending) ||
		path.Base(text) == "authorized_keys" || strings.HasPrefix(path.Base(text), "id_")
}

// explainKeyFile explains how to give the text of a file instead of its name. A name in the home folder, which is not
// known here, becomes that of a copy beside the manifest.
func explainKeyFile(name string) error {
	_, plain, isURL := strings.Cut(name, "://")
	if isURL && !strings.HasPrefix(name, "file:") {
		return fmt.Errorf("is a URL, and must be the key itself, in one line: fetch it beside the manifest, and write file(%q)", path.Base(name))
	}
	if !isURL {
		plain = strings.TrimPrefix(strings.TrimPrefix(name, "file:"), "@")
	}
	if strings.HasPrefix(plain, "~") || strings.HasPrefix(plain, "$") {
		return fmt.Errorf("is the path of a file, and must be the key in it: copy the file beside the manifest, and write file(%q); ~ and variables of a shell are not expanded", path.Base(plain))
	}
	return fmt.Errorf("is the path of a file, and must be the key in it: write file(%q)", strings.TrimPrefix(plain, "./"))
}

// cutSSHKey cuts the type and the key off the beginning of a text, as sshd does.
func cutSSHKey(text string) (k SSHKey, rest string, ok bool) {
	name, rest := cutWord(text)
	encoded, rest := cutWord(rest)
	blob, err := base64.StdEncoding.DecodeString(encoded)
	if name == "" || err != nil || len(blob) < 4 {
		return k, text, false
	}
	length := uint64(binary.BigEndian.Uint32(blob))
	if uint64(len(blob)) <= 4+length || string(blob[4:4+length]) != name {
		return k, text, false
	}
	return SSHKey{Type: name, Blob: string(blob)}, rest, true
}

// cutWord cuts off a word, and the blanks after it.
func cutWord(text string) (word, rest string) {
	i := strings.IndexAny(text, " \t")
	if i < 0 {
		return text, ""
	}
	return text[:i], strings.TrimLeft(text[i:], " \t")
}

// Fingerprint is the fingerprint of the key as ssh-keygen prints it.
func (k SSHKey) Fingerprint() string {
	sum := sha256.Sum256([]byte(k.Blob))
	return fingerprintPrefix + base64.RawStdEncoding.EncodeToString(sum[:])
}

// IsFingerprint reports whether a text has the form of [SSHKey.Fingerprint].
func IsFingerprint(text string) bool {
	encoded, ok := strings.CutPrefix(text, fingerprintPrefix)
	sum, err := base64.RawStdEncoding.DecodeString(encoded)
	return ok && err == nil && len(sum) == sha256.Size
}

// Bare is the key without its comment: "TYPE BASE64".
func (k SSHKey) Bare() string {
	return k.Type + " " + base64.StdEncoding.EncodeToString([]byte(k.Blob))
}

// String is the key in one line.
func (k SSHKey) String() string { return strings.TrimSuffix(k.Bare()+" "+k.Comment, " ") }

// Describe is the key for people: its type, fingerprint and comment.
func (k SSHKey) Describe() string {
	return strings.TrimSuffix(k.Type+" "+k.Fingerprint()+" "+k.Comment, " ")
}
