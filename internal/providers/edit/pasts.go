package edit

import (
	"sync"

	"converge/internal/resource"
	"converge/resources"
)

// pasts is the decoded records of parts, each decoded once: a run needs that of one part several times, and each
// record has the bytes around the change.
type pasts struct {
	mu     sync.Mutex
	wanted map[*resource.Blob]*resources.PartPast // by the record in a wanted part
	kept   map[string]keptPast                    // by the key of a part in the ledger
}

// keptPast is the ledger's record of a part. It is decoded anew when the text changes.
type keptPast struct {
	text string
	past *resources.PartPast
}

// of returns the record of a wanted part; nil: none. Callers must not change it.
func (d *pasts) of(w *part) *resources.PartPast {
	if w.Was == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	past, known := d.wanted[w.Was]
	if known {
		return past
	}
	past = w.Past()
	if d.wanted == nil {
		d.wanted = map[*resource.Blob]*resources.PartPast{}
	}
	d.wanted[w.Was] = past
	return past
}

// decode returns the ledger's record of a part from its text; nil: none. Callers must not change it.
func (d *pasts) decode(key, text string) *resources.PartPast {
	if text == "" {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if kept, known := d.kept[key]; known && kept.text == text {
		return kept.past
	}
	place := resources.PartPlace{Was: resource.BytesBlob([]byte(resource.DecodeBytes(text)))}
	kept := keptPast{text, place.Past()}
	if d.kept == nil {
		d.kept = map[string]keptPast{}
	}
	d.kept[key] = kept
	return kept.past
}
