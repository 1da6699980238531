package journal

import (
	"encoding/json"

	"converge/internal/resource"
)

// presumeMade makes the ledger treat things with a content as made that a killed run of a site was about to create.
// The run may have created them, and nothing else would record their maker: a later run finds them right, and a site
// that no longer declares them leaves them behind. If a thing is missing, prune finds nothing to remove; if it has
// another content, something else has written it since, and prune releases it. Neither could be determined for a thing
// without a content, so such a thing is not presumed.
func (m *memory) presumeMade(site string, s Step) {
	if s.Key == "" || s.Also || site == "" || s.Action != resource.Create {
		return
	}
	digest := contentDigest(s.After)
	if digest == "" {
		return
	}
	was, known := m.ledger.findEntry(s.Key)
	if known && !was.isOnlyDeclared() {
		return // what is known of it was recorded before its removal
	}
	m.ledger.applyChange(s.Addr.String(), LedgerChange{Key: s.Key, Digest: digest, Holds: withHold(was.holds, site, nil, Links{})})
}

// contentDigest returns the digest of the content in a state, which has the same name in all kinds; "": there is none.
func contentDigest(state json.RawMessage) string {
	var attrs struct {
		Content contentJSON `json:"content"`
	}
	if json.Unmarshal(state, &attrs) != nil || attrs.Content.Content == nil || attrs.Content.JSON {
		return "" // a content that is text belongs to a part of a file, which has an original
	}
	return attrs.Content.Content.Digest
}
