package getopt

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"testing"
)

func stow() []Spec {
	specs := []Spec{
		{Name: "verbose", Aliases: []string{"v"}, Kind: Level},
		{Name: "help", Aliases: []string{"h"}},
		{Name: "simulate", Aliases: []string{"n", "no"}},
		{Name: "version", Aliases: []string{"V"}},
		{Name: "compat", Aliases: []string{"p"}},
		{Name: "D", Aliases: []string{"delete"}},
		{Name: "S", Aliases: []string{"stow"}},
		{Name: "R", Aliases: []string{"restow"}},
		{Name: "dir", Aliases: []string{"d"}, Kind: Text},
		{Name: "target", Aliases: []string{"t"}, Kind: Text},
	}
	for _, name := range []string{"ignore", "override", "defer"} {
		specs = append(specs, Spec{Name: name, Kind: Text})
	}
	for _, name := range []string{"adopt", "no-folding", "dotfiles"} {
		specs = append(specs, Spec{Name: name})
	}
	return specs
}

func chkstow() []Spec {
	return []Spec{
		{Name: "b", Aliases: []string{"badlinks"}},
		{Name: "a", Aliases: []string{"aliens"}},
		{Name: "l", Aliases: []string{"list"}},
		{Name: "t", Aliases: []string{"target"}, Kind: Text},
	}
}

// record is the result of a command line, as testdata/capture.pl writes it.
type record struct {
	Set  string
	Line []string
	Got  []string
	Warn []string
	Rest []string
	OK   bool
}

func read(set string, specs []Spec, line []string) record {
	rec := record{Set: set, Line: line, Got: []string{}, Warn: []string{}}
	level := 0
	p := Parser{
		Specs: specs, Bundle: set == "stow",
		Word: func(w string) { rec.Got = append(rec.Got, "<"+w+">") },
		Warn: func(w string) { rec.Warn = append(rec.Warn, w) },
	}
	p.Option = func(g Got) error {
		text := g.Name
		switch i := slices.IndexFunc(specs, func(s Spec) bool { return s.Name == g.Name }); specs[i].Kind {
		case Text:
			text += "=" + g.Text
		case Level:
			if level++; !g.Up {
				level = g.Level
			}
			text += " " + strconv.Itoa(level)
		}
		rec.Got = append(rec.Got, text)
		return nil
	}
	rec.Rest, rec.OK = p.Parse(line)
	return rec
}

// TestAsGetoptLong compares with the results of the original for the same lines.
func TestAsGetoptLong(t *testing.T) {
	f, err := os.Open(filepath.Join("testdata", "captured.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for s := bufio.NewScanner(f); s.Scan(); n++ {
		var want record
		if err := json.Unmarshal(s.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		specs := stow()
		if want.Set == "chkstow" {
			specs = chkstow()
		}
		got := read(want.Set, specs, want.Line)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s %q\n got %q %q, rest %q, %v\nwant %q %q, rest %q, %v", want.Set, want.Line,
				got.Got, got.Warn, got.Rest, got.OK, want.Got, want.Warn, want.Rest, want.OK)
		}
	}
	if n < 500 {
		t.Errorf("only %d lines", n)
	}
}

// TestLate shows that late options take no abbreviation away from the others.
func TestLate(t *testing.T) {
	specs := append(stow(), Spec{Name: "recover", Late: true}, Spec{Name: "refresh", Late: true}, Spec{Name: "force", Late: true}, Spec{Name: "no-sync", Late: true})
	for word, want := range map[string]string{
		"--re": "R", "--rec": "recover", "--ref": "refresh", "--f": "force", "--no-": "no-folding", "--no-s": "no-sync", "--s": "",
	} {
		rec := read("stow", specs, []string{word})
		if got := fmt.Sprint(rec.Got); got != "["+want+"]" {
			t.Errorf("%s: %s %q, want %s", word, got, rec.Warn, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("-nv2", "--ver", "-d")
	f.Add("--dir=", "+x", "--")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		for set, specs := range map[string][]Spec{"stow": stow(), "chkstow": chkstow()} {
			rec := read(set, specs, []string{a, b, c})
			if rec.OK != (len(rec.Warn) == 0) {
				t.Errorf("%q: ok %v with %q", rec.Line, rec.OK, rec.Warn)
			}
			if len(rec.Rest) > 2 {
				t.Errorf("%q: rest %q", rec.Line, rec.Rest)
			}
		}
	})
}
