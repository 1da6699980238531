package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"converge/internal/resource"
)

// original is the state of a thing before converge first changed it, and the one that converge left last, both in the
// form of a [Step]. The ledger keeps it for kinds that prune puts back ([resource.Kind.Restores]).
type original struct {
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`

	continues []string // see resource.Change
}

// originalPrefix begins the key of a line of the ledger's file with the original of a thing. Versions without
// originals read it as a thing that converge found.
const originalPrefix = "was:"

// readOriginal reads an original of the ledger.
func readOriginal(text string) (o original, err error) {
	if err = json.Unmarshal([]byte(text), &o); err == nil && (o.Before == nil || o.After == nil) {
		err = fmt.Errorf("it is no state before and after")
	}
	return o, err
}

// wasThere reports whether the thing existed before converge first changed it.
func (o original) wasThere() bool { return len(o.Before) > 0 && !bytes.Equal(o.Before, []byte("null")) }

// originalAfter returns the original of a thing once a change is made; "" if there is none, as for a thing that a
// version without originals changed first. was is its entry in the ledger, and known reports whether it has one.
func originalAfter(k *resource.Kind, was ledgerValue, known bool, c *original, records recordStore) (string, error) {
	known = known && !was.isOnlyDeclared()
	if k == nil || !k.Restores || c == nil || known && was.original == "" {
		return was.original, nil
	}
	joined := *c
	if known {
		first, err := readOriginal(was.original)
		if err != nil {
			return "", nil // another version wrote it in another form
		}
		if joined, err = first.join(k, *c, records); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(joined)
	return string(text), err
}

// join returns the original of a thing that is changed once more. The original state of an attribute that converge
// only begins to manage now is the present one.
func (o original) join(k *resource.Kind, then original, records recordStore) (original, error) {
	var before, after, thenBefore, thenAfter map[string]json.RawMessage
	for text, m := range map[*json.RawMessage]*map[string]json.RawMessage{&o.Before: &before, &o.After: &after, &then.Before: &thenBefore, &then.After: &thenAfter} {
		if err := json.Unmarshal(*text, m); err != nil {
			return o, fmt.Errorf("cannot read the ledger: %w", err)
		}
	}
	record := firstOf(k.RecordAttr, before, after)
	thenRecord := firstOf(k.RecordAttr, thenBefore, thenAfter)
	if _, known := before[k.RecordOf]; k.RecordOf != "" && !known {
		record = thenRecord
	} else if k.RecordOf == "" || thenRecord != nil {
		record = records.join(k, record, thenRecord)
	}
	if before != nil && after != nil && !isAbsentJSON(after) {
		addNew(k, before, after, thenBefore) // of what goes as well: how it was without converge
		if thenAfter != nil && !isAbsentJSON(thenAfter) {
			addManaged(k, after, thenAfter)
		}
	}
	if thenAfter == nil {
		thenAfter = map[string]json.RawMessage{"ensure": json.RawMessage(`"absent"`)}
	}
	switch delete(thenAfter, k.RecordAttr); {
	case record == nil:
	case before != nil:
		before[k.RecordAttr] = record
	default:
		thenAfter[k.RecordAttr] = record
	}
	return makeOriginal(before, thenAfter)
}

// keepOriginal puts into the record of an imminent change the original that the ledger is to keep of the thing, for
// kinds that prune puts back. A thing that the run takes back gets its former entry instead.
func (r *Run) keepOriginal(ctx context.Context, c resource.Change, b *beginRecord) (err error) {
	if c.Kind == nil || !c.Kind.Restores || c.Key == "" || c.Undeclared || r.ledger[c.Key] != nil {
		return nil
	}
	if c.Action == resource.Delete && c.Kind.RestoresAttrs { // its entry ends with the thing
		return nil
	}
	o := &original{Before: b.Before, After: b.After}
	if c.Origin != nil {
		whole, err := r.describeChange(ctx, hideOrigin(r.s, c))
		if err != nil {
			return err
		}
		o = &original{Before: whole.Before, After: whole.After, continues: c.Continues}
	}
	r.begun[c.Key] = o
	b.Ledger, b.Was, err = r.ledgerChange(ctx, c)
	return err
}

// hideOrigin returns the origin of a change. It is a secret if that of a continued thing is, because it contains their
// states.
func hideOrigin(s *State, c resource.Change) resource.Change {
	o := *c.Origin
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range c.Continues {
		if v, _ := s.memory.ledger.findEntry(key); strings.Contains(v.original, secretMark) {
			o.Secret = maps.Clone(o.Secret)
			if o.Secret == nil {
				o.Secret = map[string]bool{}
			}
			o.Secret[c.Kind.ContentAttr], o.Secret[c.Kind.RecordAttr] = true, true
		}
	}
	return o
}

// endedBy returns the entries of the ledger that end with a change: those of the things that it continues, unless
// other sites declare them, too.
func endedBy(r *Run, c resource.Change) (ended []LedgerChange) {
	o := r.begun[c.Key]
	if o == nil {
		return nil
	}
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	for _, key := range o.continues {
		if v, known := r.s.memory.ledger.findEntry(key); known && withoutHold(v.holds, append(slices.Clone(r.SiteID.Former), r.SiteID.Name)) == "" {
			ended = append(ended, v.changeTo(key, v.holds))
		}
	}
	return ended
}

// Undeclare removes these things from the ledger once the run has put them back.
func (r *Run) Undeclare(keys []string) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	for _, key := range keys {
		r.ledger[key] = &LedgerChange{Key: key, Gone: true}
	}
}

func makeOriginal(before, after map[string]json.RawMessage) (o original, err error) {
	if o.Before, err = json.Marshal(before); err == nil {
		o.After, err = json.Marshal(after)
	}
	return o, err
}

// isAbsentJSON reports whether a wanted state is absence.
func isAbsentJSON(after map[string]json.RawMessage) bool {
	e := string(after["ensure"])
	return e == `"absent"` || e == `"purged"`
}

// firstOf returns an attribute of the first state that has it.
func firstOf(name string, states ...map[string]json.RawMessage) json.RawMessage {
	for _, s := range states {
		if v, ok := s[name]; ok && name != "" {
			return v
		}
	}
	return nil
}

// recordStore reads the records of changes, and keeps those that it joins from secret ones. The zero value cannot read
// secret ones.
type recordStore struct {
	contents *contents
	keep     keeper
}

// ListParts returns the keys of the parts of files that converge wrote, by the file.
func (s *State) ListParts() map[string][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := map[string][]string{}
	for key, v := range s.memory.ledger.each() {
		if path, _, ok := resource.CutPartKey(key); ok && !v.isOnlyDeclared() {
			keys[path] = append(keys[path], key)
		}
	}
	return keys
}

// openRecords returns a store that reads and keeps the records of secret changes.
func openRecords(ctx context.Context, c *contents) recordStore {
	return recordStore{contents: c, keep: func(b []byte) (string, error) { return c.KeepBytes(ctx, b) }}
}

// join joins the records of two changes. If one is secret and no longer kept, the first one counts.
func (s recordStore) join(k *resource.Kind, first, then json.RawMessage) json.RawMessage {
	a, hidden, ok := s.read(first)
	b, alsoHidden, okThen := s.read(then)
	if first == nil || k.JoinRecords == nil || !ok || !okThen {
		return first
	}
	joined := k.JoinRecords(a, b)
	if hidden || alsoHidden {
		digest, err := s.keep([]byte(joined))
		if err != nil {
			return first
		}
		var buf bytes.Buffer
		hiddenText{sealed: s.contents.seal.sealDigest(digest), bare: bareOf(k, first, a)}.write(&buf)
		return buf.Bytes()
	}
	out, err := json.Marshal(joined)
	if err != nil {
		return first
	}
	return out
}

// bareOf is the part of two joined records that stays when secrets are forgotten: the state of the thing is in the
// first.
func bareOf(k *resource.Kind, first json.RawMessage, text string) string {
	var c contentJSON
	switch isHidden := json.Unmarshal(first, &c) == nil && c.Secret; {
	case isHidden && c.Bare != "" || k.BareRecord == nil:
		return c.Bare
	default:
		return k.BareRecord(text, isHidden)
	}
}

// read returns the text of a record.
func (s recordStore) read(raw json.RawMessage) (text string, hidden, ok bool) {
	if json.Unmarshal(raw, &text) == nil {
		return text, false, true
	}
	var c contentJSON
	if s.contents == nil || json.Unmarshal(raw, &c) != nil || c.Content == nil {
		return "", false, false
	}
	kept, err := readAll(s.contents.contentOf(c.Content.Digest, nil))
	if err != nil && c.Bare != "" {
		return c.Bare, true, true
	}
	if err == nil && c.JSON {
		err = json.Unmarshal(kept, &text)
		return text, true, err == nil
	}
	return string(kept), true, err == nil
}

// addNew adds to the first state what the last change found of attributes that no earlier change concerned.
func addNew(k *resource.Kind, before, after, found map[string]json.RawMessage) {
	for name, v := range found {
		a, ok := k.Attr(name)
		_, there := before[name]
		_, managed := after[name]
		isRecorded := !ok && k.RestoresAttrs // describes how an attribute was changed: the home was moved
		if (isRecorded || ok && !a.Option && !managed) && !there {
			before[name] = v
		}
	}
}

// addManaged adds to the last wanted state the attributes that only earlier changes concerned: they are put back as
// well.
func addManaged(k *resource.Kind, earlier, last map[string]json.RawMessage) {
	added := maps.Clone(earlier)
	maps.DeleteFunc(added, func(name string, _ json.RawMessage) bool {
		a, ok := k.Attr(name)
		_, there := last[name]
		return !ok || a.Option || there
	})
	maps.Copy(last, added)
}
