package journal

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// probePrefix begins the key of a line of the ledger with the wanted value of a probe (a check): the last question of
// its site. No thing has such a key, so the line is no orphan. A rollback asks what the site asked before the run that
// it takes back.
const probePrefix = "probe:"

// isNote reports whether a line of the ledger concerns no thing.
func isNote(key string) bool {
	return strings.HasPrefix(key, targetPrefix) || strings.HasPrefix(key, probePrefix) || strings.HasPrefix(key, makingPrefix) || strings.HasPrefix(key, secretPrefix)
}

// askRecord marks a target as a probe, with its earlier question. Want of the target is null if the site no longer
// asks it.
type askRecord struct {
	Site string          `json:"site"`
	Was  json.RawMessage `json:"was"` // null: it was not asked
}

// Asked is the effect of a run on one probe, in the form of [Step]; null: nothing was asked.
type Asked struct{ Was, Now json.RawMessage }

// IsAsked reports whether a value of [Asked] is a question.
func IsAsked(want json.RawMessage) bool { return len(want) > 0 && !bytes.Equal(want, []byte("null")) }

// applyAsk records a site's new question.
func (l *ledger) applyAsk(t *targetRecord) {
	key := probePrefix + t.Asks.Site + " " + t.Addr.String()
	l.applyChange("", LedgerChange{Key: key, Digest: string(t.Want), Found: true, Addr: t.Addr.String(), Gone: !IsAsked(t.Want)})
}

// addAsk notes in the detail of a run its effect on a probe.
func (d *RunDetail) addAsk(t *targetRecord) {
	if d.Asked == nil {
		d.Asked = map[resource.Addr]Asked{}
	}
	a, known := d.Asked[t.Addr]
	if !known {
		a.Was = t.Asks.Was
	}
	a.Now = t.Want
	d.Asked[t.Addr] = a
}

func siteOf(r *Run) string { return cmp.Or(r.SiteID.Name, r.start.Info.Of) }

// findAsked finds the last question of the site's probe, also under a former name; null: none.
func findAsked(r *Run, addr resource.Addr) json.RawMessage {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	for _, site := range append([]string{siteOf(r)}, r.SiteID.Former...) {
		if v, known := r.s.memory.ledger.findEntry(probePrefix + site + " " + addr.String()); known {
			return json.RawMessage(v.digest)
		}
	}
	return json.RawMessage("null")
}

// ask returns the record of a probe's new question; nil if the question is the recorded one.
func ask(r *Run, addr resource.Addr, want json.RawMessage) *targetRecord {
	was := findAsked(r, addr)
	if bytes.Equal(was, want) {
		return nil
	}
	return &targetRecord{Addr: addr, Want: want, Asks: &askRecord{Site: siteOf(r), Was: was}}
}

// Ask records that the site of a run asks these probes, and no others. A probe that was asked in this run is already
// recorded, right before the change that it follows.
func Ask(_ context.Context, r *Run, probes []*resource.Resource) error {
	var records []record
	declared := map[string]bool{}
	for _, p := range probes {
		want, err := r.DescribeSealed(p)
		if err != nil {
			return fmt.Errorf("cannot journal %s: %w", p.Addr, err)
		}
		declared[p.Addr.String()] = true
		if t := ask(r, p.Addr, want); t != nil {
			records = append(records, record{Target: t})
		}
	}
	for _, addr := range listAsked(r) {
		if !declared[addr.String()] {
			records = append(records, record{Target: ask(r, addr, json.RawMessage("null"))})
		}
	}
	return r.writeRecords(records, false)
}

// listAsked lists by name the probes that the site asked last.
func listAsked(r *Run) (out []resource.Addr) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	for key, v := range r.s.memory.ledger.eachOf(probePrefix) {
		site, isOf := strings.CutSuffix(strings.TrimPrefix(key, probePrefix), " "+v.addr)
		if !isOf || site != siteOf(r) && !slices.Contains(r.SiteID.Former, site) {
			continue
		}
		if addr, err := resource.ParseAddr(v.addr); err == nil && !slices.Contains(out, addr) {
			out = append(out, addr)
		}
	}
	slices.SortFunc(out, func(a, b resource.Addr) int { return strings.Compare(a.String(), b.String()) })
	return out
}

// AskAgain records that the site asks what it asked before the run that this one takes back.
func AskAgain(_ context.Context, r *Run, asked map[resource.Addr]Asked) error {
	var records []record
	for addr, a := range asked {
		if t := ask(r, addr, a.Was); t != nil {
			records = append(records, record{Target: t})
		}
	}
	slices.SortFunc(records, func(a, b record) int {
		return strings.Compare(a.Target.Addr.String(), b.Target.Addr.String())
	})
	return r.writeRecords(records, false)
}

// DescribeSealed describes the wanted state of a resource, with the sealed digests of its secrets. They distinguish
// probes that ask with different secrets, and another site's value of a protected thing.
func (d *describer) DescribeSealed(res *resource.Resource) (json.RawMessage, error) {
	e := valueEncoder{secret: func(name string) bool { return res.Secret[name] }, scrub: d.Scrub, seal: d.contents.seal, keep: digestOnly}
	return e.encodeObject(res.Want)
}

// FillSecrets completes a probe that was read from want, in the form of [Step], with the secrets that are the same in
// the declaration: the journal only has their sealed digests. scrub is as in [Run].
func FillSecrets(s *State, probe, declared *resource.Resource, want json.RawMessage, scrub func(string) string) error {
	d := describer{Scrub: scrub, contents: &s.contents}
	text, err := d.DescribeSealed(declared)
	if err != nil {
		return err
	}
	var then, now map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(want, &then), json.Unmarshal(text, &now)); err != nil {
		return err
	}
	attrs, known := probe.Want.AsValueMap(), declared.Want.AsValueMap()
	for name := range probe.Secret {
		if v, is := known[name]; is && bytes.Equal(then[name], now[name]) {
			attrs[name] = v
		}
	}
	probe.Want, probe.Range = cty.ObjectVal(attrs), declared.Range
	return nil
}
