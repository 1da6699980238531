package edit

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // ssh hashes names with it
	"encoding/base64"
	"slices"
	"strings"
)

// hostRow is a row of known_hosts with a key.
type hostRow struct {
	row
	marker string // "@revoked", "@cert-authority" or ""
	names  string // as in the file
	at     int    // offset of the names in the file
	keyAt  int    // offset of the key in the file
	key    SSHKey
	hashed []hashedName // those of the names that are hashed
}

// parseHostRows returns the lines that ssh reads.
func parseHostRows(all []row) (out []hostRow) {
	for _, r := range all {
		text := strings.TrimLeft(r.text, " \t")
		if text == "" || text[0] == '#' {
			continue
		}
		h := hostRow{row: r}
		if text[0] == '@' {
			h.marker, text = cutWord(text)
		}
		h.at = r.start + len(r.text) - len(text)
		h.names, text = cutWord(text)
		h.keyAt = r.start + len(r.text) - len(text)
		key, rest, ok := cutSSHKey(text)
		if !ok {
			continue
		}
		h.key = key
		h.key.Comment = strings.TrimRight(rest, " \t")
		h.hashed = parseHashedNames(h.names)
		out = append(out, h)
	}
	return out
}

// listed reports whether the line has the host among its names, plain or hashed.
func (h hostRow) listed(host string) bool {
	for name := range strings.SplitSeq(h.names, ",") {
		if strings.EqualFold(name, host) {
			return true
		}
	}
	return h.isHashOf(host)
}

func (h hostRow) isHashOf(host string) bool {
	return slices.ContainsFunc(h.hashed, func(n hashedName) bool { return n.is(host) })
}

// others returns the names of a line without those of a host.
func (h hostRow) others(host string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(h.names, ","), func(name string) bool {
		hashed, ok := parseHashedName(name)
		return strings.EqualFold(name, host) || ok && hashed.is(host)
	}), ",")
}

// matches reports whether the line lists the host, or a pattern among its names matches it. The first matching pattern
// with a "!" decides.
func (h hostRow) matches(host string) bool {
	found := false
	for name := range strings.SplitSeq(strings.ToLower(h.names), ",") {
		pattern, negated := strings.CutPrefix(name, "!")
		if !MatchPattern(pattern, host) {
			continue
		}
		if negated {
			return false
		}
		found = true
	}
	return found || h.listed(host)
}

// hashedName is a name as |1|SALT|HMAC-SHA1 of the name, both in base64.
type hashedName struct{ salt, sum []byte }

func parseHashedNames(names string) (out []hashedName) {
	if !strings.Contains(names, "|1|") {
		return nil
	}
	for name := range strings.SplitSeq(names, ",") {
		if n, ok := parseHashedName(name); ok {
			out = append(out, n)
		}
	}
	return out
}

func parseHashedName(name string) (n hashedName, ok bool) {
	fields := strings.Split(name, "|")
	if len(fields) != 4 || fields[0] != "" || fields[1] != "1" {
		return n, false
	}
	var err, err2 error
	n.salt, err = base64.StdEncoding.DecodeString(fields[2])
	n.sum, err2 = base64.StdEncoding.DecodeString(fields[3])
	return n, err == nil && err2 == nil
}

func (n hashedName) is(host string) bool {
	sum := hmac.New(sha1.New, n.salt)
	sum.Write([]byte(host))
	return hmac.Equal(sum.Sum(nil), n.sum)
}

// hostIndex holds the rows of a file of known hosts.
type hostIndex struct {
	clear   map[string][]hostRow // by each name that is not hashed, in lower case
	hashed  []hostRow            // with a hashed name
	revoked []hostRow
}

// Keys, in a memo, of the index, and of the rows of one host.
type (
	hostIndexOf struct{}
	hostRowsOf  struct{ host string }
)

func readHosts(m *Memo, src []byte) *hostIndex {
	lines := readRows(m, src)
	x, _ := recall(m, src, hostIndexOf{}, func() (*hostIndex, error) { return indexHosts(parseHostRows(lines)), nil }) // indexing never fails
	return x
}

func indexHosts(all []hostRow) *hostIndex {
	x := &hostIndex{clear: make(map[string][]hostRow, len(all))}
	for _, h := range all {
		if h.marker == "@revoked" {
			x.revoked = append(x.revoked, h)
		}
		if h.marker != "" {
			continue
		}
		if len(h.hashed) > 0 {
			x.hashed = append(x.hashed, h)
		}
		for name := range strings.SplitSeq(strings.ToLower(h.names), ",") {
			if rows := x.clear[name]; len(rows) == 0 || rows[len(rows)-1].start != h.start { // unless the row has it twice
				x.clear[name] = append(rows, h)
			}
		}
	}
	return x
}

// of returns the rows that list a host, in order.
func (x *hostIndex) of(host string) []hostRow {
	out := x.clear[host]
	for _, h := range x.hashed {
		if h.isHashOf(host) && !slices.ContainsFunc(out, func(o hostRow) bool { return o.start == h.start }) {
			out = append(slices.Clip(out), h)
		}
	}
	if len(x.hashed) > 0 {
		out = slices.SortedFunc(slices.Values(out), func(a, b hostRow) int { return cmp.Compare(a.start, b.start) })
	}
	return out
}
