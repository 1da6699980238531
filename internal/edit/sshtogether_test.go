package edit

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// numberedKey returns a key that differs for each number.
func numberedKey(t testing.TB, n int) SSHKey {
	t.Helper()
	blob := "\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20" + fmt.Sprintf("%032d", n)
	return key(t, "ssh-ed25519 "+base64.StdEncoding.EncodeToString([]byte(blob)))
}

// Keys and hosts give the same result together as one by one, and can be undone.
func TestMakeKeysTogether(t *testing.T) {
	pick := rand.New(rand.NewPCG(3, 4)).IntN
	made := 0
	for range 6000 {
		src, parts := randomKeys(t, pick)
		if pick(2) == 0 {
			src, parts = randomHosts(t, pick)
		}
		hunks, out, ok := together(src, parts)
		if !ok {
			continue
		}
		made++
		want, err := oneByOne(src, parts)
		if err != nil || !bytes.Equal(out, want) {
			t.Fatalf("%q with %+v is %q together, one by one %q, %v", src, parts, out, want, err)
		}
		if back, _ := Restore(out, hunks); !bytes.Equal(back, src) {
			t.Fatalf("%q taken back is %q", src, back)
		}
	}
	if made < 3000 {
		t.Errorf("only %d of 6000 were made together", made)
	}
}

func randomKeys(t *testing.T, pick func(int) int) (src []byte, parts []Part) {
	options := []KeyOptions{"", "", "restrict", `command="a b"`}
	comments := []string{"", "a", "b c"}
	var lines []string
	for range pick(6) {
		k := numberedKey(t, pick(6))
		k.Comment = comments[pick(3)]
		lines = append(lines, AuthorizedLine{options[pick(4)], k}.String())
	}
	for range 2 + pick(5) {
		k := numberedKey(t, pick(6))
		a := AuthorizedKey{Fingerprint: k.Fingerprint(), Options: options[pick(4)], Absent: pick(2) == 0}
		switch pick(3) {
		case 0:
			a.AnyOptions = a.Absent
		case 1:
			k.Comment = comments[pick(3)]
		}
		if !a.Absent || pick(2) == 0 {
			a.Key = k
		}
		parts = append(parts, a)
	}
	return randomText(pick, lines), parts
}

func randomHosts(t *testing.T, pick func(int) int) (src []byte, parts []Part) {
	names := []string{"a", "b", "c", "git.example.com", "[git]:2222"}
	written := append([]string{hashedOne, hashedTwo}, names...)
	var lines []string
	for range pick(6) {
		name := written[pick(len(written))]
		if pick(3) == 0 {
			name += "," + written[pick(len(written))]
		}
		lines = append(lines, name+" "+numberedKey(t, pick(4)).Bare())
	}
	for range 2 + pick(4) {
		h := KnownHost{Host: names[pick(len(names))], Absent: pick(3) == 0}
		for range 1 + pick(2) {
			h.Keys = append(h.Keys, numberedKey(t, pick(4)))
		}
		parts = append(parts, h)
	}
	return randomText(pick, lines), parts
}

// randomText joins lines, with LF or CR LF, and with or without the last one.
func randomText(pick func(int) int, lines []string) []byte {
	if pick(2) == 0 {
		lines = slices.Insert(lines, pick(len(lines)+1), "# a comment")
	}
	nl := []string{"\n", "\n", "\r\n"}[pick(3)]
	text := strings.Join(lines, nl)
	if len(lines) > 0 && pick(3) > 0 {
		text += nl
	}
	return []byte(text)
}

// The cost of making, finding, undoing and removing many keys and hosts must grow with their number, not with its
// square.
func BenchmarkManyKeys(b *testing.B) {
	for _, n := range []int{1000, 4000} {
		var keys, hosts []Part
		var set KeySet
		for i := range n {
			k := numberedKey(b, i)
			k.Comment = fmt.Sprint("k", i)
			keys = append(keys, AuthorizedKey{Fingerprint: k.Fingerprint(), Key: k})
			hosts = append(hosts, KnownHost{Host: fmt.Sprint("h", i), Keys: []SSHKey{k}})
			set.Lines = append(set.Lines, AuthorizedLine{Key: k})
		}
		for _, parts := range [][]Part{keys, hosts, {set}} {
			b.Run(fmt.Sprintf("%T/%d", parts[0], n), func(b *testing.B) {
				for b.Loop() {
					makeAndTakeBack(b, parts)
				}
			})
		}
	}
}

func makeAndTakeBack(b *testing.B, parts []Part) {
	b.Helper()
	hunks, err := Record(nil, parts)
	if err != nil {
		b.Fatal(err)
	}
	out, err := Edit(nil, parts)
	if err != nil {
		b.Fatal(err)
	}
	memo := NewMemo(out)
	for _, p := range parts {
		if state, err := memo.Look(p); err != nil || !state.Right {
			b.Fatal(state, err)
		}
	}
	if back, _ := Restore(out, hunks); len(back) > 0 {
		b.Fatalf("%q is left", back)
	}
	if left, err := Edit(out, absent(parts)); err != nil || len(left) > 0 {
		b.Fatalf("%q is left: %v", left, err)
	}
}

// absent returns parts that declare the given ones absent.
func absent(parts []Part) (out []Part) {
	for _, p := range parts {
		switch p := p.(type) {
		case AuthorizedKey:
			p.Absent = true
			out = append(out, p)
		case KnownHost:
			p.Absent = true
			out = append(out, p)
		case KeySet:
			out = append(out, KeySet{})
		}
	}
	return out
}
