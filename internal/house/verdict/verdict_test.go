package main

import (
	"strings"
	"testing"
)

func TestVerdict(t *testing.T) {
	const passes = `{"Action":"output","Package":"p","Test":"TestA","Output":"noise\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
`
	for _, c := range []struct {
		name, in   string
		shown, err string
	}{
		{"all passes", passes, "ok  \tp\t0.1s\n", ""},
		{"a test fails", `{"Action":"output","Package":"p","Test":"TestB","Output":"why\n"}
{"Action":"fail","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}
{"Action":"fail","Package":"p"}
`, "why\nFAIL\tp\t0.1s\n", "not all tests passed\n  failed: p TestB\n  failed: p"},
		{"a test is skipped", `{"Action":"output","Package":"p","Test":"TestC","Output":"no gcc\n"}
{"Action":"skip","Package":"p","Test":"TestC"}
` + passes, "no gcc\nok  \tp\t0.1s\n", "not all tests passed\n  skipped, and nothing may be: p TestC"},
		{"a package has no tests", `{"Action":"output","Package":"q","Output":"?   \tq\t[no test files]\n"}
{"Action":"skip","Package":"q"}
` + passes, "?   \tq\t[no test files]\nok  \tp\t0.1s\n", ""},
		{"it does not build", `{"ImportPath":"p","Action":"build-output","Output":"syntax error\n"}
{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}
{"Action":"fail","Package":"p"}
`, "syntax error\nFAIL\tp [build failed]\n", "not all tests passed\n  failed: p"},
		{"nothing ran", "", "", "not all tests passed\n  no package was tested"},
		{"it is no JSON", "go: cannot find main module\n", "", "cannot read the events of go test: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			v := newVerdict(&out)
			err := v.read(strings.NewReader(c.in))
			if err == nil {
				err = v.judge()
			}
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != c.err && (c.err == "" || !strings.HasSuffix(c.err, ": ") || !strings.HasPrefix(got, c.err)) {
				t.Errorf("error %q, want %q", got, c.err)
			}
			if out.String() != c.shown {
				t.Errorf("shown %q, want %q", out.String(), c.shown)
			}
		})
	}
}

func TestVerdictNamesTheSlowestTests(t *testing.T) {
	const in = `{"Action":"pass","Package":"p","Test":"TestA/x/y","Elapsed":30}
{"Action":"pass","Package":"p","Test":"TestA/x","Elapsed":31}
{"Action":"pass","Package":"p","Test":"TestA/z","Elapsed":12.6}
{"Action":"pass","Package":"p","Test":"TestA","Elapsed":44}
{"Action":"fail","Package":"q","Test":"TestB","Elapsed":20}
{"Action":"pass","Package":"q","Test":"TestC","Elapsed":9}
{"Action":"fail","Package":"q","Elapsed":29}
`
	var out strings.Builder
	v := newVerdict(&out)
	if err := v.read(strings.NewReader(in)); err != nil {
		t.Fatal(err)
	}
	v.showSlowest()
	want := "slow\tp TestA/x/y\t30s\nslow\tq TestB\t20s\nslow\tp TestA/z\t13s\n"
	if out.String() != want {
		t.Errorf("shown %q, want %q", out.String(), want)
	}
}
