package journal

import (
	"context"
	"encoding/json"
	"slices"

	"converge/internal/resource"
)

// describer describes resources and changes in the form of the journal: without
// secrets. Its fields are set after [State.Start].
type describer struct {
	// Site finds the resource of an address, so that a rollback knows which
	// targets were notified. nil: none is known.
	Site func(resource.Addr) *resource.Resource

	// Scrub strikes sensitive strings out of a text. nil: there are none.
	Scrub func(string) string

	// Former are the keys of things whose content is treated as sensitive only
	// because what converge wrote there before was.
	Former map[string]bool

	contents *contents
}

// scrubText returns text without its secrets, as JSON can hold it.
func (d *describer) scrubText(text string) string {
	if d.Scrub != nil {
		text = d.Scrub(text)
	}
	return resource.EncodeInvalid(text)
}

// describeChange describes a change.
func (d *describer) describeChange(ctx context.Context, c resource.Change) (*beginRecord, error) {
	e := valueEncoder{
		secret: func(name string) bool { return isSecret(c, name) },
		scrub:  d.Scrub, seal: d.contents.seal,
		keep: func(b []byte) (string, error) { return d.contents.KeepBytes(ctx, b) },
	}
	before, err := e.encodeObject(c.Have)
	if err != nil {
		return nil, err
	}
	e.keep = nil
	after, err := e.encodeObject(c.Want)
	if err != nil {
		return nil, err
	}
	return &beginRecord{Addr: c.Addr, Key: c.Key, Also: c.Undeclared, Action: c.Action, Before: before, After: after}, nil
}

// describeWanted describes what a resource is to be.
func (d *describer) describeWanted(res *resource.Resource) (json.RawMessage, error) {
	e := valueEncoder{secret: func(name string) bool { return res.Secret[name] }, scrub: d.Scrub, seal: d.contents.seal}
	return e.encodeObject(res.Want)
}

// contentAttr is the attribute that holds a content, which alone has a digest in
// the ledger.
const contentAttr = "content"

// asDeclared is a change as its resource declares it: a content that is treated as
// sensitive only because of what was there is none, once it is written.
func (d *describer) asDeclared(c resource.Change) resource.Change {
	if !d.Former[c.Key] {
		return c
	}
	c.Secret = nil
	c.Attrs = slices.Clone(c.Attrs)
	for i := range c.Attrs {
		c.Attrs[i].Secret = c.Attrs[i].Secret && c.Attrs[i].Name != contentAttr
	}
	return c
}
