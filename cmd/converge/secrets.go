package main

import (
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/resources"
)

// maxScrubbed is the size in bytes up to which the lines of a secret content
// are looked for in messages.
const maxScrubbed = 64 << 10

// secrets are the strings that must not surface in a message from outside,
// such as the output of a command: the values of sensitive attributes, and of
// sensitive contents every line that is long enough to mean something.
func secrets(rs []*resources.Resource) []string {
	seen := map[string]bool{}
	var out []string
	add := func(s string) {
		if s != "" && !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	for _, r := range rs {
		for name := range r.Secret {
			v := resources.GetAttr(r.Want, name)
			if b := resources.AsBlob(v); b != nil {
				contentSecrets(b, add)
				continue
			}
			if v == cty.NilVal {
				continue
			}
			// The callback returns no error, so Walk does not either.
			_ = cty.Walk(v, func(_ cty.Path, e cty.Value) (bool, error) {
				if e.Type() == cty.String && e.IsKnown() && !e.IsNull() {
					add(e.AsString())
				}
				return true, nil
			})
		}
	}
	return out
}

func contentSecrets(b *resources.Blob, add func(string)) {
	content, ok := b.Bytes()
	if !ok || len(content) > maxScrubbed {
		return
	}
	for line := range strings.Lines(string(content)) {
		if line = strings.TrimSpace(line); len(line) >= 6 {
			add(line)
		}
	}
}
