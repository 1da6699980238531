package journal

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"converge/internal/resource"
)

// secretPrefix begins the key of a line of the ledger that lists the things with secrets, present or past, in a file.
// The line outlives the entries of these things, until the file is removed or its whole content replaced. No thing has
// such a key, so the line is no orphan.
const secretPrefix = "secret:"

// maxSecretParts is the most things that a line lists. A file with more counts as having secrets of unknown origin, so
// that the line does not grow with changing parts.
const maxSecretParts = 16

// SecretPart is a thing with something sensitive in a file, and the names of those attributes. The zero value means
// secrets of unknown origin.
type SecretPart struct {
	Kind  string   `json:"kind,omitempty"`
	Key   string   `json:"key,omitempty"`
	Names []string `json:"names,omitempty"`
}

// ListSecretFiles returns the paths of files with present or former secrets of things that sites declare or declared,
// with these things.
func (s *State) ListSecretFiles() map[string][]SecretPart {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.memory.ledger.listSecretFiles()
}

func (l *ledger) listSecretFiles() map[string][]SecretPart {
	out := map[string][]SecretPart{}
	for key, v := range l.eachOf(secretPrefix) {
		out[resource.DecodeBytes(strings.TrimPrefix(key, secretPrefix))] = readSecretParts(v.digest)
	}
	return out
}

// readSecretParts reads the text of a line. A text in the form of another version of converge counts as a secret, too.
func readSecretParts(text string) []SecretPart {
	var parts []SecretPart
	if json.Unmarshal([]byte(text), &parts) != nil || len(parts) == 0 {
		return []SecretPart{{}}
	}
	return parts
}

func secretKey(path string) string { return secretPrefix + resource.EncodeBytes(path) }

// noteSecretFiles records the files in which things have secrets.
func (l *ledger) noteSecretFiles(hs []Holding) (changes []LedgerChange) {
	noted := map[string]map[string]SecretPart{} // by key of the line, and of the thing
	for i := range hs {
		h := &hs[i]
		if len(h.Secret) == 0 {
			continue
		}
		for _, path := range h.SecretIn {
			key := secretKey(path)
			if noted[key] == nil {
				noted[key] = map[string]SecretPart{}
				if v, known := l.findEntry(key); known {
					for _, p := range readSecretParts(v.digest) {
						noted[key][p.Key] = p
					}
				}
			}
			noted[key][h.Key] = SecretPart{h.Addr.Kind, h.Key, h.Secret}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(noted)) {
		parts := slices.SortedFunc(maps.Values(noted[key]), func(a, b SecretPart) int { return cmp.Compare(a.Key, b.Key) })
		if len(parts) > maxSecretParts || parts[0].Key == "" {
			parts = []SecretPart{{}}
		}
		text, err := json.Marshal(parts)
		if v, known := l.findEntry(key); err != nil || known && v.digest == string(text) {
			continue // strings always encode
		}
		changes = append(changes, LedgerChange{Key: key, Digest: string(text), Found: true})
	}
	return changes
}

// endSecretFile returns the changed line of a file that no longer has secrets, because a change has replaced its whole
// content, or removed it; nil: there is none.
func endSecretFile(r *Run, c resource.Change) []LedgerChange {
	path, isPath := strings.CutPrefix(c.Key, "path:")
	if !isPath || c.Kind == nil || c.Kind.ContentAttr == "" {
		return nil
	}
	name := c.Kind.ContentAttr
	switch {
	case c.Action == resource.Delete:
	case c.Action != resource.Create && !c.Differs(name):
		return nil
	case isSecret(r.asDeclared(c), name), c.Kind.KeepsEdit != nil && c.Kind.KeepsEdit(c, nil): // the old content stays
		return nil
	}
	key := secretKey(path)
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	v, known := r.s.memory.ledger.findEntry(key)
	if !known {
		return nil
	}
	return []LedgerChange{v.changeTo(key, v.holds)}
}

// addSecretFiles adds the sensitive attributes of things without a record in the ledger, or with a record that lacks
// their attributes, from the lines of the files that contain them.
func (l *ledger) addSecretFiles(add func(key string, names []string)) {
	for _, parts := range l.listSecretFiles() {
		for _, p := range parts {
			if v, known := l.findEntry(p.Key); p.Key != "" && (!known || v.isOnlyDeclared()) {
				add(p.Key, p.Names)
			}
		}
	}
}

// heldSecrets names the attributes of a thing that sites declare as sensitive.
func (l *ledger) heldSecrets(v ledgerValue) (names []string) {
	if !strings.Contains(v.holds, hidesItem) {
		return nil
	}
	for _, h := range l.decodeHolds(v.holds) {
		names = append(names, h.Secret...)
	}
	return names
}
