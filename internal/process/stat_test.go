package process

import (
	"os"
	"testing"
)

func TestParseStat(t *testing.T) {
	const rest = " 1 4711 4711 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 9 10"
	for text, want := range map[string]Stat{
		"4712 (sh) S" + rest:             {Parent: 1, Born: 123456},
		"4712 (a) R 7 (b c) S" + rest:    {Parent: 1, Born: 123456},
		"4712 (sh) Z" + rest:             {},
		"4712 (sh) X" + rest:             {},
		"4712 (sh) S 1 4711":             {},
		"4712 (sh) S x" + rest[2:]:       {},
		"":                               {},
		"no parenthesis S 1 2 3 4 5 6 7": {},
	} {
		if got, ok := parseStat([]byte(text)); got != want && ok || ok != (want != Stat{}) {
			t.Errorf("%q: %+v %v, want %+v", text, got, ok, want)
		}
	}
	if s, ok := StatOf(os.Getpid()); !ok || s.Parent != os.Getppid() || s.Born == 0 {
		t.Errorf("this process: %+v %v", s, ok)
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("1 (a) S 0 1"))
	f.Fuzz(func(t *testing.T, text []byte) { parseStat(text) })
}
