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
		if got, ok := ParseStat([]byte(text)); got != want && ok || ok != (want != Stat{}) {
			t.Errorf("%q: %+v %v, want %+v", text, got, ok, want)
		}
	}
	if s, ok := StatOf(os.Getpid()); !ok || s.Parent != os.Getppid() || s.Born == 0 {
		t.Errorf("this process: %+v %v", s, ok)
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("1 (a) S 0 1"))
	f.Fuzz(func(t *testing.T, text []byte) {
		ParseStat(text)
		parseCgroup(string(text))
	})
}

func TestParseCgroup(t *testing.T) {
	for in, want := range map[string]string{
		"0::/system.slice/cloud-final.service\n":                                                  "cloud-final.service",
		"0::/system.slice/docker.service/inner/x.service\n":                                       "x.service",
		"0::/user.slice/user-0.slice/session-1.scope\n":                                           "",
		"12:pids:/system.slice/wrong.service\n1:name=systemd:/system.slice/right.service\n0::/\n": "right.service",
		"0::/user.slice/user-1000.slice/user@1000.service/app.slice/run.scope\n":                  "user@1000.service",
		"": "", "nonsense\n0": "", "0::/\n": "",
		"0::/system.slice/converge.service\n":                              "converge.service",
		"0::/system.slice/system-x.slice/x@1.service/sub\n":                "x@1.service",
		"0::/user.slice/user-0.slice/user@0.service/app.slice/a.service\n": "a.service",
		"9:name=systemd:/system.slice/cron.service\n1:cpu:/\n0::/\n":       "cron.service",
		"nonsense\n::\n0:":                         "",
		"0::/system.slice/a.service:b.service/x\n": "a.service:b.service",
	} {
		if got := parseCgroup(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
