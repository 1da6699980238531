package edit

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what ssh hashes names by
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// KnownHost is a Part: the keys of one host in a file of ssh's (known_hosts). Lines for
// several hosts by a pattern, of certificate authorities and of revoked keys are not its
// business.
type KnownHost struct {
	Host   string // see [NormalHost]
	Keys   []SSHKey
	Absent bool // no line names the host
	memo   *Memo
}

// NormalHost is the name by which ssh looks a host up: in lower case, and in brackets
// with a port only if that is not 22.
func NormalHost(name string) (string, error) {
	host := strings.ToLower(name)
	if rest, ok := strings.CutPrefix(host, "["); ok {
		inner, port, ok := strings.Cut(rest, "]:")
		n, err := strconv.ParseUint(port, 10, 16)
		if !ok || err != nil || n == 0 {
			return "", errors.New(`must have a port behind the brackets: "[git.example.com]:2222"`)
		}
		if host = inner; n != 22 {
			host = "[" + inner + "]:" + strconv.FormatUint(n, 10)
		}
		name = inner
	}
	switch {
	case name == "" || strings.ContainsAny(name, " \t\r\n\x00,[]|#@\"") || name[0] == '!':
		return "", errors.New(`must be one name or address of a host, such as "git.example.com" or "[git.example.com]:2222"`)
	case strings.ContainsAny(name, "*?"):
		return "", errors.New("must be one host, and no pattern: use the kind line for a pattern")
	}
	return host, nil
}

// hostRow is a row of known_hosts with a key.
type hostRow struct {
	row
	marker string // "@revoked", "@cert-authority" or ""
	names  string // as they are written
	at     int    // offset of the names in the file
	keyAt  int    // offset of the key in the file
	key    SSHKey
}

// hostRows returns the lines that ssh reads.
func hostRows(src []byte) (out []hostRow) {
	for _, r := range rows(src) {
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
		out = append(out, h)
	}
	return out
}

// listed reports whether the line has the host among its names, in clear or hashed.
func (h hostRow) listed(host string) bool {
	for name := range strings.SplitSeq(h.names, ",") {
		if strings.EqualFold(name, host) || matchesHash(name, host) {
			return true
		}
	}
	return false
}

// matches is listed, or a pattern among the names fits the host. The first one with a
// "!" that fits decides.
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

// matchesHash compares a host with a hashed name: |1|SALT|HMAC-SHA1 of the name, both in
// base64.
func matchesHash(name, host string) bool {
	fields := strings.Split(name, "|")
	if len(fields) != 4 || fields[0] != "" || fields[1] != "1" {
		return false
	}
	salt, err := base64.StdEncoding.DecodeString(fields[2])
	want, err2 := base64.StdEncoding.DecodeString(fields[3])
	if err != nil || err2 != nil {
		return false
	}
	sum := hmac.New(sha1.New, salt)
	sum.Write([]byte(host))
	return hmac.Equal(sum.Sum(nil), want)
}

// MatchPattern matches a text with a pattern of ssh_config(5): "*" is any text, "?" any
// one character.
func MatchPattern(pattern, text string) bool {
	star, at := -1, 0
	i := 0
	for j := 0; j < len(text); {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, at = i, j
			i++
		case i < len(pattern) && (pattern[i] == '?' || pattern[i] == text[j]):
			i++
			j++
		case star >= 0:
			at++
			i, j = star+1, at
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}

// hostRowsOf is the key of such rows in a memo.
type hostRowsOf struct{}

func (k KnownHost) rows(src []byte) []hostRow {
	all, _ := recall(k.memo, src, hostRowsOf{}, func() ([]hostRow, error) { return hostRows(src), nil })
	return all
}

func (k KnownHost) find(src []byte) (out []hostRow) {
	for _, h := range k.rows(src) {
		if h.marker == "" && h.listed(k.Host) {
			out = append(out, h)
		}
	}
	return out
}

func (k KnownHost) wants(key SSHKey) bool {
	return !k.Absent && slices.ContainsFunc(k.Keys, func(w SSHKey) bool { return w.Blob == key.Blob })
}

// checkRevoked refuses a key that the file revokes for the host: ssh would refuse it.
func (k KnownHost) checkRevoked(src []byte) error {
	for _, h := range k.rows(src) {
		if h.marker == "@revoked" && k.wants(h.key) && h.matches(k.Host) {
			return &LineError{lineAt(src, h.start), fmt.Errorf("this line revokes the key %s, so that ssh refuses it: remove it from keys, or the line", h.key.Fingerprint())}
		}
	}
	return nil
}

func (k KnownHost) look(src []byte) (State, error) {
	if err := k.checkRevoked(src); err != nil {
		return State{}, err
	}
	found := k.find(src)
	if len(found) == 0 {
		return State{Right: k.Absent, Line: lineAt(src, len(src))}, nil
	}
	var have []string
	for _, h := range found {
		have = append(have, h.key.Bare()+"\n")
	}
	slices.Sort(have)
	splices, err := k.plan(src)
	return State{
		Present: true, Right: !k.Absent && len(splices) == 0, Line: lineAt(src, found[0].start),
		Value: strings.Join(slices.Compact(have), ""),
	}, err
}

func (k KnownHost) plan(src []byte) (out []Splice, err error) {
	if err := k.checkRevoked(src); err != nil {
		return nil, err
	}
	missing := k.missing(src)
	gone := map[int]bool{} // where rows begin that are removed
	for _, h := range k.find(src) {
		switch {
		case k.wants(h.key):
		case h.others(k.Host) != "":
			out = append(out, Splice{At: h.at, Old: h.names, New: h.others(k.Host)})
		case len(missing) > 0: // the row gets a key that is missing
			out = append(out, replace(src, h.keyAt, h.stop(), missing[0].Bare())...)
			missing = missing[1:]
		default:
			gone[h.start] = true
		}
	}
	out = append(out, removeStarts(src, gone)...)
	var lines []string
	for _, key := range missing {
		lines = append(lines, k.Host+" "+key.Bare())
	}
	if len(lines) == 0 {
		return out, nil
	}
	return append(out, insertLines(src, len(src), lines...)...), nil
}

// missing returns the keys that no line has for the host.
func (k KnownHost) missing(src []byte) (out []SSHKey) {
	if k.Absent {
		return nil
	}
	have := k.find(src)
	for _, key := range k.Keys {
		if !slices.ContainsFunc(have, func(h hostRow) bool { return h.key.Blob == key.Blob }) {
			out = append(out, key)
		}
	}
	return out
}

// others are the names of a line without those of a host.
func (h hostRow) others(host string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(h.names, ","), func(name string) bool {
		return strings.EqualFold(name, host) || matchesHash(name, host)
	}), ",")
}

// removeStarts removes the lines that begin at some offsets.
func removeStarts(src []byte, starts map[int]bool) []Splice {
	at := 0
	lines := rows(src)
	return removeMatching(src, func(string) bool {
		r := lines[at]
		at++
		return starts[r.start]
	})
}
