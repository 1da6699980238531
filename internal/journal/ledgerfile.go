package journal

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"converge/internal/resource"
)

// The ledger is text:
//
// 	converge-ledger 1 RUN COUNT CRC32
// 	KEY<tab>DIGEST<tab>ADDRESS[<tab>SITE<tab>DEPENDENCIES<tab>NOTIFICATIONS]...
//
// Its lines are sorted by key. RUN is the last run that it covers. DIGEST is "-" for no digest; "~" precedes the digest
// of a content that converge wrote into a thing that it did not create ("~-": it only found the thing, as a site
// declares it). The checksum covers everything but itself. In a line whose key begins with "target:", the wanted value
// of a target of notifications replaces the digest, with "probe:" that of a probe, with "making:" a provider's note on a
// file that it made, and with "secret:" the things that have or had secrets in a file. The key "was:" and the key of a
// thing begin the line of its original. A no-op run reads all of it, so it is made for fast reading: a line costs a few
// slices of one string.

const ledgerMagic = "converge-ledger " // and the format

func (l *ledger) encodeLedger(run string) []byte {
	l.dropTargets()
	lines := maps.Clone(l.allEntries())
	for key, v := range l.entries {
		if v.original != "" {
			lines[originalPrefix+key] = ledgerValue{digest: v.original, addr: v.addr, found: true}
		}
	}
	keys := slices.Sorted(maps.Keys(lines))
	var b strings.Builder
	b.Grow(len(keys) * 160)
	for _, key := range keys {
		lines[key].writeLine(&b, key)
	}
	head := fmt.Sprintf("%s%d %s %d ", ledgerMagic, format, run, len(keys))
	return []byte(fmt.Sprintf("%s%08x\n", head, ledgerSum(head, b.String())) + b.String())
}

// writeLine writes the line of an entry.
func (v ledgerValue) writeLine(b *strings.Builder, key string) {
	b.WriteString(escapeField(key))
	b.WriteByte('\t')
	if v.found {
		b.WriteByte('~')
	}
	if v.digest == "" {
		b.WriteByte('-')
	} else {
		b.WriteString(escapeField(v.digest))
	}
	b.WriteByte('\t')
	b.WriteString(escapeField(v.addr))
	if v.holds != "" {
		b.WriteByte('\t')
		b.WriteString(v.holds)
	}
	b.WriteByte('\n')
}

func ledgerSum(parts ...string) uint32 {
	var s uint32
	var buf [8 << 10]byte // a stack buffer, so that the text is not allocated again
	for _, part := range parts {
		for part != "" {
			n := copy(buf[:], part)
			s = crc32.Update(s, crc32.IEEETable, buf[:n])
			part = part[n:]
		}
	}
	return s
}

func (l *ledger) readLedger(root *os.Root) error {
	f, err := openFile(root, "ledger")
	if err != nil {
		return fmt.Errorf("cannot read state: %w", err)
	}
	defer f.Close()
	var text strings.Builder
	if info, err := f.Stat(); err == nil {
		text.Grow(int(info.Size()))
	}
	if _, err := io.Copy(&text, f); err != nil {
		return fmt.Errorf("cannot read state: %w", err)
	}
	return l.parseLedger(f.Name(), text.String())
}

// parseLedger checks the whole text and keeps it for later.
func (l *ledger) parseLedger(name, text string) error {
	first, body, found := strings.Cut(text, "\n")
	f := strings.Split(first, " ")
	if !found || len(f) != 5 || !strings.HasPrefix(first, ledgerMagic) {
		return damagedAt(name, 1, "it is not a ledger of converge")
	}
	if f[1] != strconv.Itoa(format) {
		return damagedAt(name, 1, "format "+strconv.Quote(f[1])+" is not known to this version of converge")
	}
	count, err := strconv.Atoi(f[3])
	head := strings.TrimSuffix(first, f[4])
	if err != nil || f[4] != fmt.Sprintf("%08x", ledgerSum(head, body)) {
		return damagedAt(name, 1, "its checksum does not fit")
	}
	lines, sorted := readText(body)
	if lines.count != count {
		return damagedAt(name, 1, fmt.Sprintf("it should have %d lines", count))
	}
	l.text, l.saved = lines, count
	if !sorted {
		l.allEntries()
	}
	return nil
}

// allEntries parses the text.
func (l *ledger) allEntries() map[string]ledgerValue {
	if l.entries != nil {
		return l.entries
	}
	l.entries = make(map[string]ledgerValue, l.text.count)
	originals := map[string]string{}
	for rest := l.text.body; rest != ""; {
		var line ledgerLine
		line, rest = l.text.cutLine(rest)
		key, v := line.key(), line.value()
		if of, ok := strings.CutPrefix(key, originalPrefix); ok {
			originals[of] = v.digest
			continue
		}
		l.entries[key] = v
	}
	for key, text := range originals {
		if v, ok := l.entries[key]; ok { // otherwise a version without originals has dropped it
			v.original = text
			l.entries[key] = v
		}
	}
	l.text = ledgerText{}
	return l.entries
}

// escapeField escapes tabs and newlines in a field.
func escapeField(s string) string {
	if !strings.ContainsAny(s, "\\\t\n") {
		return s
	}
	return strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`).Replace(s)
}

func targetKey(site string, target resource.Addr) string {
	return targetPrefix + site + " " + target.String()
}

// addTargets adds the targets of the changes that the ledger does not hold yet.
func (r *Run) addTargets(changes []LedgerChange) (out []LedgerChange, err error) {
	if r.Site == nil {
		return nil, nil
	}
	for _, c := range changes {
		for _, h := range splitHolds(c.Holds) {
			if h.tells == "" || unescapeItem(h.site) != r.SiteID.Name {
				continue
			}
			for t := splitItems(h.tells); len(t) >= 3; t = t[3:] {
				addr, err := resource.ParseAddr(t[2])
				key := targetKey(r.SiteID.Name, addr)
				if err != nil || r.targets[key] {
					continue
				}
				r.targets[key] = true
				if out, err = r.addTarget(out, key, addr); err != nil {
					return nil, err
				}
			}
		}
	}
	return out, nil
}

func (r *Run) addTarget(out []LedgerChange, key string, addr resource.Addr) ([]LedgerChange, error) {
	res := r.Site(addr)
	if res == nil {
		return out, nil
	}
	want, err := r.DescribeWanted(res)
	if err != nil {
		return nil, fmt.Errorf("cannot journal %s: %w", addr, err)
	}
	c := LedgerChange{Key: key, Digest: string(want), Found: true, Addr: addr.String()}
	r.s.mu.Lock()
	v, known := r.s.memory.ledger.findEntry(key)
	r.s.mu.Unlock()
	if known && v.digest == c.Digest {
		return out, nil
	}
	return append(out, c), nil
}

// targetValue returns the wanted value of a target in the ledger, or nil.
func (l *ledger) targetValue(site string, addr resource.Addr) json.RawMessage {
	if v, ok := l.findEntry(targetKey(site, addr)); ok {
		return json.RawMessage(v.digest)
	}
	return nil
}

// dropTargets removes targets that no entry notifies any more.
func (l *ledger) dropTargets() {
	var targets []string
	for key := range l.allEntries() {
		if strings.HasPrefix(key, targetPrefix) {
			targets = append(targets, key)
		}
	}
	if len(targets) == 0 {
		return
	}
	named := map[string]bool{}
	for _, v := range l.entries {
		if strings.IndexByte(v.holds, '\t') < 0 {
			continue // no notifications
		}
		for _, h := range splitHolds(v.holds) {
			for t := splitItems(h.tells); len(t) >= 3; t = t[3:] {
				named[targetPrefix+unescapeItem(h.site)+" "+t[2]] = true
			}
		}
	}
	for _, key := range targets {
		if !named[key] {
			delete(l.entries, key)
		}
	}
}
