package edit

import (
	"sync"

	"converge/internal/resource"
	"converge/resources"
)

// pasts is what was recorded of parts, decoded once each: a run asks for that of one part several
// times, and each record has the bytes around what was changed.
type pasts struct {
	mu     sync.Mutex
	wanted map[*resource.Blob]*resources.PartPast // by what a wanted part has of it
	kept   map[string]keptPast                    // by the key of a part in the ledger
}

// keptPast is what the ledger keeps of a part. It is decoded anew once the text is another one.
type keptPast struct {
	text string
	past *resources.PartPast
}

// of returns what was recorded of a wanted part; nil: nothing. It must not be changed.
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

// decode returns what the ledger keeps of a part, of which it has a text; nil: nothing. It must not
// be changed.
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
