package journal

import (
	"encoding/json"

	"converge/internal/resource"
)

// presumeMade has the ledger take as made what a killed run of a site was about to create with
// a content. The run may have got that far, and by then nothing else would know whose the
// thing is: a later run finds it right, and a site that does not declare it any more leaves it
// behind. If it is not there, prune finds nothing to remove; if it has another content,
// it was written by others since, and prune lets go of it. Of a thing without a content
// neither could be known, so it is not presumed.
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
		return // what is known of it is what was made before it went
	}
	m.ledger.applyChange(s.Addr.String(), LedgerChange{Key: s.Key, Digest: digest, Holds: withHold(was.holds, site, nil, Links{})})
}

// contentDigest returns the digest of the content in a state, which all kinds call so; "": there
// is none.
func contentDigest(state json.RawMessage) string {
	var attrs struct {
		Content contentJSON `json:"content"`
	}
	if json.Unmarshal(state, &attrs) != nil || attrs.Content.Content == nil || attrs.Content.JSON {
		return "" // a content that is text is that of a part of a file, which has an original
	}
	return attrs.Content.Content.Digest
}
