package functions

import (
	"crypto/sha1" //nolint:gosec // RFC 9562 names it
	"encoding/hex"
	"errors"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// uuidSize is the size of a UUID in bytes.
const uuidSize = 16

// makeUUID implements uuidv5: the UUID of a name in a namespace, which is another UUID or one of the words of RFC 9562.
// It is the same on every host.
func makeUUID(args []cty.Value) (cty.Value, error) {
	space, err := parseNamespace(args[0].AsString())
	if err != nil {
		return cty.NilVal, err
	}
	sum := sha1.Sum(append(space, resource.DecodeBytes(args[1].AsString())...)) //nolint:gosec // see above
	id := sum[:uuidSize]
	id[6] = id[6]&0x0f | 5<<4 // the version
	id[8] = id[8]&0x3f | 0x80 // the variant
	text := hex.EncodeToString(id)
	return cty.StringVal(strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")), nil
}

// parseNamespace returns the bytes of a namespace.
func parseNamespace(text string) ([]byte, error) {
	for i, word := range []string{"dns", "url", "oid", "", "x500"} {
		if text == word && word != "" {
			text = "6ba7b81" + string(rune('0'+i)) + "-9dad-11d1-80b4-00c04fd430c8"
		}
	}
	b, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(b) != uuidSize || len(text) != 36 {
		return nil, errors.New(`the namespace must be a UUID, or "dns", "url", "oid" or "x500"`)
	}
	return b, nil
}
