package edit

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// Neighbouring keys of a YAML file that are removed together leave the same file as one by one, and the same hunks
// restore them.
func TestGoneYAMLKeysTogether(t *testing.T) {
	numbers := rand.New(rand.NewPCG(3, 4))
	pick := numbers.IntN
	made := 0
	for range 3_000 {
		src, all := randomYAML(pick)
		numbers.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		parts := all[:min(len(all), 2+pick(8))]
		m := NewMemo(src)
		hunks, out, ok := makeTogether(m, parts)
		if !ok {
			continue
		}
		made++
		want, left, err := recordOneByOne(m, parts)
		if err != nil || !bytes.Equal(out, left) || !reflect.DeepEqual(hunks, want) {
			t.Fatalf("%q without %s is %q together, one by one %q, %v\n%+v\n%+v", src, describe(parts), out, left, err, hunks, want)
		}
	}
	if made < 1_000 {
		t.Errorf("only %d times keys went together", made)
	}
}

// randomYAML returns a file of mappings with a few keys each, and the parts that remove keys of it.
func randomYAML(pick func(int) int) ([]byte, []Part) {
	var out strings.Builder
	var parts []Part
	var add func(depth int, section []string)
	add = func(depth int, section []string) {
		indent := strings.Repeat("  ", depth)
		many := false
		for i := range 1 + pick(4) {
			key := fmt.Sprint("k", i)
			if !many && pick(6) == 0 { // with more than one line below it, it may be one of them
				fmt.Fprintf(&out, "%s%s# a comment\n", indent, strings.Repeat(" ", pick(4)))
			}
			parts = append(parts, &Setting{Format: YAML, Section: section, Key: key, Absent: true})
			if depth < 2 && pick(4) == 0 {
				fmt.Fprintf(&out, "%s%s:\n", indent, key)
				add(depth+1, append(section[:len(section):len(section)], key))
				many = true
				continue
			}
			value := []string{" 1", " 'a b'", " a\n%s  b", " |\n%s  text", " |", " >-", "", " [1, 2]", " [1,\n%s  2]", "\n%s  - 1", " a # why", "\n%s- 1"}[pick(12)]
			many = strings.Contains(value, "\n")
			out.WriteString(indent + key + ":" + strings.ReplaceAll(value, "%s", indent) + "\n")
		}
	}
	add(0, nil)
	return []byte(out.String()), parts
}
