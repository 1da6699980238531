package journal

import (
	"iter"
	"strings"
)

// ledgerText is the unchanged lines of the ledger's file. It answers a run's questions about the ledger: most runs
// change nothing, and the ledger may hold many things that their site no longer declares. So only requested lines are
// parsed.
type ledgerText struct {
	body    string // lines sorted by key, each key once
	escaped bool   // the text has escapes
	count   int
	marks   marks
	owners  map[string]bool // the sites that hold entries, escaped

	made      map[madeBy]int // number of entries of things that converge made
	originals int            // number of lines of originals
}

// madeBy is the common part of entries of things that converge made.
type madeBy struct{ kind, holds string } // the holds reduced to their sites

// marks note what occurs in some line.
type marks uint8

const (
	protects marks = 1 << iota // a site protects a thing
	wants                      // a site keeps its declaration of a thing
	hides                      // a thing has, or had, something sensitive
	finds                      // a site only declares a thing
)

// readText scans the lines and counts them; false: they are not sorted, as those of every version of converge are.
func readText(body string) (t ledgerText, sorted bool) {
	t, sorted = ledgerText{body: body, escaped: strings.IndexByte(body, '\\') >= 0, owners: map[string]bool{}}, true
	t.made = map[madeBy]int{}
	last, lastHolds, of, n := "", "", madeBy{}, 0 // n entries of the last lines are alike
	for rest := body; rest != ""; {
		var line ledgerLine
		line, rest = t.cutLine(rest)
		key := line.key()
		sorted = sorted && (key > last || t.count == 0)
		t.count++
		last = key
		if t.marks |= line.marks(); line.holds != lastHolds {
			t.countMade(of, n)
			n, lastHolds, of.holds = 0, line.holds, t.addOwners(line.holds)
		}
		switch {
		case strings.HasPrefix(line.name, originalPrefix):
			t.originals++
		case !strings.HasPrefix(line.digest, "~"):
			if !isOfKind(line.addr, of.kind) {
				t.countMade(of, n)
				n, of.kind = 0, kindOf(line.value().addr)
			}
			n++
		}
	}
	t.countMade(of, n)
	return t, sorted
}

// countMade counts equal entries.
func (t *ledgerText) countMade(of madeBy, n int) {
	if n > 0 {
		t.made[of] += n
	}
}

// addOwners adds the sites of an entry, and returns holds that contain nothing but the sites.
func (t *ledgerText) addOwners(holds string) (bare string) {
	for n := 0; holds != ""; n++ {
		var item string
		if item, holds = cutAt(holds, '\t'); n%3 != 0 || item == "" {
			continue
		}
		if t.owners[item] = true; bare == "" {
			bare = item
		} else {
			bare += "\t\t\t" + item
		}
	}
	return bare
}

// find returns the entry of a key.
func (t *ledgerText) find(key string) (ledgerValue, bool) {
	line, ok := t.findLine(key)
	if !ok || strings.HasPrefix(key, originalPrefix) {
		return ledgerValue{}, false
	}
	v := line.value()
	if original, ok := t.findLine(originalPrefix + key); ok {
		v.original = original.value().digest
	}
	return v, true
}

func (t *ledgerText) findLine(key string) (ledgerLine, bool) {
	at := t.search(func(k string) bool { return k >= key })
	if at == len(t.body) {
		return ledgerLine{}, false
	}
	line, _ := t.cutLine(t.body[at:])
	return line, line.key() == key
}

// search returns the beginning of the first line whose key meets a condition; all later keys meet it, too.
func (t *ledgerText) search(meets func(key string) bool) int {
	low, high := 0, len(t.body)
	for low < high {
		mid := low + (high-low)/2
		start := low + strings.LastIndexByte(t.body[low:mid], '\n') + 1
		line, rest := t.cutLine(t.body[start:high])
		if meets(line.key()) {
			high = start
		} else {
			low = high - len(rest)
		}
	}
	return low
}

// section returns the lines whose keys begin with prefix.
func (t *ledgerText) section(prefix string) string {
	if prefix == "" {
		return t.body
	}
	return t.body[t.search(func(k string) bool { return k >= prefix }):t.search(func(k string) bool { return k >= prefix && !strings.HasPrefix(k, prefix) })]
}

// without is the text without the lines whose keys begin with prefix: the parts before and after them.
func (t ledgerText) without(prefix string) [2]string {
	from := t.search(func(k string) bool { return k >= prefix })
	return [2]string{t.body[:from], t.body[from+len(t.section(prefix)):]}
}

// each visits the entries whose keys begin with prefix.
func (t ledgerText) each(prefix string) iter.Seq2[string, ledgerValue] {
	return func(yield func(string, ledgerValue) bool) {
		originals := t.section(originalPrefix + prefix)
		some := t
		some.body = t.section(prefix)
		for _, rest := range some.without(originalPrefix) {
			for rest != "" {
				var line ledgerLine
				line, rest = t.cutLine(rest)
				key, v := line.key(), line.value()
				for originals != "" {
					original, later := t.cutLine(originals)
					of := strings.TrimPrefix(original.key(), originalPrefix)
					if of > key {
						break
					}
					if originals = later; of == key {
						v.original = original.value().digest
					}
				}
				if !yield(key, v) {
					return
				}
			}
		}
	}
}

// eachKey visits the keys of the entries that do not begin with but.
func (t ledgerText) eachKey(but string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, rest := range t.without(originalPrefix) {
			some := t
			some.body = rest
			for _, rest := range some.without(but) {
				for rest != "" {
					var line string
					line, rest = cutAt(rest, '\n')
					if name, _ := cutAt(line, '\t'); !yield(unescapeItem(name)) {
						return
					}
				}
			}
		}
	}
}

// ledgerLine is a line of the ledger's file, with its fields still escaped.
type ledgerLine struct {
	name, digest, addr, holds string

	escaped bool // a field has an escape
}

// cutLine cuts the first line off some lines of the text.
func (t *ledgerText) cutLine(text string) (line ledgerLine, rest string) {
	text, rest = cutAt(text, '\n')
	line.escaped = t.escaped && strings.IndexByte(text, '\\') >= 0
	line.name, text = cutAt(text, '\t')
	line.digest, text = cutAt(text, '\t')
	line.addr, line.holds = cutAt(text, '\t')
	return line, rest
}

// cutAt is [strings.Cut] at a byte, for code that runs for each line.
func cutAt(text string, at byte) (before, after string) {
	if i := strings.IndexByte(text, at); i >= 0 {
		return text[:i], text[i+1:]
	}
	return text, ""
}

func (l *ledgerLine) key() string {
	if l.escaped {
		return unescapeItem(l.name)
	}
	return l.name
}

// value is the entry of the line. For the line of an original, that is the digest.
func (l *ledgerLine) value() ledgerValue {
	v := ledgerValue{digest: l.digest, addr: l.addr, holds: l.holds}
	if v.found = strings.HasPrefix(v.digest, "~"); v.found {
		v.digest = v.digest[1:]
	}
	if v.digest == "-" {
		v.digest = ""
	}
	if l.escaped {
		v.digest, v.addr = unescapeItem(v.digest), unescapeItem(v.addr)
	}
	return v
}

func (l *ledgerLine) marks() (m marks) {
	switch {
	case strings.HasPrefix(l.digest, sealedPrefix), strings.HasPrefix(l.digest, "~"+sealedPrefix):
		m |= hides
	case l.digest == "~-" && l.holds != "":
		m |= finds
	case strings.HasPrefix(l.name, originalPrefix) && strings.Contains(l.digest, secretMark):
		m |= hides
	}
	if strings.IndexByte(l.holds, '\t') < 0 {
		return m
	}
	if strings.Contains(l.holds, protectItem) {
		m |= protects
	}
	if strings.Contains(l.holds, wantsItem) {
		m |= wants
	}
	if strings.Contains(l.holds, hidesItem) {
		m |= hides
	}
	return m
}
