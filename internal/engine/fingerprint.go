package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/internal/resource"
)

// Fingerprint is a digest of a wanted or an observed value: equal values have
// equal ones. It reveals nothing of the value, so it may be stored in a file.
func Fingerprint(v cty.Value) (string, error) {
	if v == cty.NilVal || v.IsNull() {
		return "absent", nil
	}
	attrs := v.AsValueMap()
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		text, err := canonical(attrs[name])
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(h, "%d:%s=%d:%s\n", len(name), name, len(text), text)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func canonical(v cty.Value) (string, error) {
	if b := resource.AsBlob(v); b != nil {
		d, err := b.Digest()
		return "content " + d, err
	}
	if v == cty.NilVal || v.IsNull() {
		return "null", nil
	}
	j, err := ctyjson.Marshal(v, v.Type())
	return string(j), err
}
