package output

import (
	"io"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/scrub"
)

// maxScrubbed is the size in bytes up to which a sensitive content is read to
// be looked for in messages.
const maxScrubbed = 64 << 10

// FindSecrets returns a scrubber of the sensitive strings of a site: those that
// evaluation met, and the values of sensitive attributes, contents line by line.
func FindSecrets(met []string, rs []*resource.Resource) *scrub.Scrubber {
	var set scrub.Set
	for _, text := range met {
		set.Add(text)
	}
	for _, r := range rs {
		for _, v := range r.SecretValues() {
			addSecret(v, &set)
		}
	}
	return set.Scrubber()
}

func addSecret(v cty.Value, set *scrub.Set) {
	if b := resource.AsBlob(v); b != nil {
		set.Add(smallContent(b))
		return
	}
	// The callback returns no error, so Walk does not either.
	_ = cty.Walk(v, func(_ cty.Path, e cty.Value) (bool, error) {
		if e.Type() == cty.String && e.IsKnown() && !e.IsNull() {
			set.Add(e.AsString())
		}
		return true, nil
	})
}

// smallContent returns a content that is in memory or cheap to read; "" otherwise.
func smallContent(b *resource.Blob) string {
	if content, ok := b.Bytes(); ok {
		return string(content[:min(len(content), maxScrubbed)])
	}
	if b.Size < 0 || b.Size > maxScrubbed {
		return ""
	}
	r, err := b.Open()
	if err != nil {
		return "" // the change itself says why
	}
	defer r.Close()
	content, err := io.ReadAll(io.LimitReader(r, maxScrubbed))
	if err != nil {
		return ""
	}
	return string(content)
}
