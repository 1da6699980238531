package edit

import (
	"fmt"
	"slices"
	"strings"
)

// KnownHost is a Part: the keys of one host in a file of ssh's (known_hosts). It ignores lines for several hosts by a
// pattern, of certificate authorities and of revoked keys.
type KnownHost struct {
	Host   string // see [NormalHost]
	Keys   []SSHKey
	Absent bool // no line may name the host
	memo   *Memo
}

// find returns the rows that list the host.
func (k KnownHost) find(src []byte) []hostRow {
	hosts := readHosts(k.memo, src)
	found, _ := recall(k.memo, src, hostRowsOf{k.Host}, func() ([]hostRow, error) { return hosts.of(k.Host), nil }) // searching never fails
	return found
}

func (k KnownHost) wants(key SSHKey) bool {
	return !k.Absent && slices.ContainsFunc(k.Keys, func(w SSHKey) bool { return w.Blob == key.Blob })
}

// checkRevoked refuses a key that the file revokes for the host: ssh would refuse it.
func (k KnownHost) checkRevoked(src []byte) error {
	for _, h := range readHosts(k.memo, src).revoked {
		if k.wants(h.key) && h.matches(k.Host) {
			return &LineError{h.number, fmt.Errorf("this line revokes the key %s, so that ssh refuses it: remove it from keys, or the line", h.key.Fingerprint())}
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
		return State{Right: k.Absent, Line: lineAtEnd(k.memo, src)}, nil
	}
	var have []string
	for _, h := range found {
		have = append(have, h.key.Bare()+"\n")
	}
	slices.Sort(have)
	splices, err := k.plan(src)
	s := State{
		Present: true, Right: !k.Absent && len(splices) == 0, Line: found[0].number,
		Value: strings.Join(slices.Compact(have), ""),
	}
	if k.Absent {
		s.Besides = listTexts(found[1:], func(h hostRow) row { return h.row })
	}
	return s, err
}

func (k KnownHost) plan(src []byte) (out []Splice, err error) {
	if err := k.checkRevoked(src); err != nil {
		return nil, err
	}
	missing := k.missing(src)
	var gone []row
	for _, h := range k.find(src) {
		switch {
		case k.wants(h.key):
		case h.others(k.Host) != "":
			out = append(out, Splice{At: h.at, Old: h.names, New: h.others(k.Host)})
		case len(missing) > 0: // the row gets a missing key
			out = append(out, replace(src, h.keyAt, h.stop(), missing[0].Bare())...)
			missing = missing[1:]
		default:
			gone = append(gone, h.row)
		}
	}
	out = append(out, removeAll(src, gone)...)
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
