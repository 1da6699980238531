package stowrc

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestAsParseWords compares with the results of the original for the same lines.
func TestAsParseWords(t *testing.T) {
	f, err := os.Open(filepath.Join("testdata", "captured.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for s := bufio.NewScanner(f); s.Scan(); n++ {
		var want struct {
			Line  string
			Words []string
		}
		if err := json.Unmarshal(s.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		if got := Words(want.Line); !slices.Equal(got, want.Words) {
			t.Errorf("%q: %q, want %q", want.Line, got, want.Words)
		}
	}
	if n < 500 {
		t.Errorf("only %d lines", n)
	}
}

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"":                                        "",
		"-v --no-folding\n\n  --ignore=x\n":       "-v|--no-folding|--ignore=x",
		"--target=\"../dir with space\"\r\n-n":    "--target=../dir with space|-n",
		"--ignore='a b' --ignore=c\\ d":           "--ignore=a b|--ignore=c d",
		"# no comment":                            "#|no|comment",
		"-n\n--dir='lost\n-v":                     "-n|-v",
		"-n --dir=lost\\\n-v":                     "-v",
		"--ignore='\\.bak$' --ignore=\"\\.bak$\"": "--ignore=\\.bak$|--ignore=.bak$",
		"-t ''": "-t|",
	} {
		if got := strings.Join(Words(text), "|"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func expander() *Expander {
	env := map[string]string{"A": "/a", "A B": "/ab", "REF": "$A/x", "TILDE": "~", "EMPTY": "", "0": "zero", "ESC": `\`}
	return &Expander{
		Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		Home:   func(user string) string { return map[string]string{"": "/home/me", "root": "/root"}[user] },
	}
}

func TestPath(t *testing.T) {
	for path, want := range map[string]string{
		"":              "",
		"../x":          "../x",
		"$A/in":         "/a/in",
		"${A}in":        "/ain",
		"${A B}":        "/ab",
		"$A$A":          "/a/a",
		"${REF}":        "/a/x", // the second pass reads what the first wrote
		"$REF":          "$A/x",
		"$0":            "zero",
		"$":             "$",
		"a$/b":          "a$/b",
		"${}":           "${}",
		"${A":           "${A",
		"${A-x}":        "${A-x}",
		`\$A`:           "$A",
		`\\$A`:          `\$A`,
		"~":             "/home/me",
		"~/dest":        "/home/me/dest",
		"~root/x":       "/root/x",
		"~nobody-such/": "/",
		"../a~b":        "../a~b",
		`\~/x`:          "~/x",
		"$TILDE/x":      "/home/me/x",
		"$EMPTY":        "",
	} {
		if got, err := expander().Path(path, "--dir option"); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", path, got, err, want)
		}
	}
}

func TestPathNamesWhatIsNotSet(t *testing.T) {
	_, err := expander().Path("x/${NO PE}/$A", "--target option")
	var undefined *UndefinedError
	if !errors.As(err, &undefined) || undefined.Name != "NO PE" {
		t.Fatal(err)
	}
	if want := "--target option references undefined environment variable $NO PE; aborting!"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
}

func FuzzWords(f *testing.F) {
	f.Add("--dir='a b' \\x \"\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, w := range Words(text) {
			if len(w) > len(text) {
				t.Errorf("%q gave %q", text, w)
			}
		}
	})
}

func FuzzPath(f *testing.F) {
	f.Add("~/$A/${REF}\\$")
	f.Fuzz(func(t *testing.T, path string) {
		got, err := expander().Path(path, "x")
		if err == nil && !strings.ContainsAny(path, `$~\`) && got != path {
			t.Errorf("%q became %q", path, got)
		}
	})
}

func TestLine(t *testing.T) {
	for _, words := range [][]string{nil, {"--no-folding"}, {"--ignore=a b", `--defer=\.c'"$`, "--override=\t|\\"}} {
		if got := Words(Line(words)); !slices.Equal(got, words) {
			t.Errorf("%q becomes %q", words, got)
		}
	}
}
