package apt

import "testing"

func TestUnitOfCgroup(t *testing.T) {
	for in, want := range map[string]string{
		"0::/system.slice/converge.service\n":                              "converge.service",
		"0::/system.slice/system-x.slice/x@1.service/sub\n":                "x@1.service",
		"0::/user.slice/user-0.slice/user@0.service/app.slice/a.service\n": "a.service",
		"0::/user.slice/user-0.slice/session-1.scope\n":                    "",
		"9:name=systemd:/system.slice/cron.service\n1:cpu:/\n0::/\n":       "cron.service",
		"0::/\n":           "",
		"":                 "",
		"nonsense\n::\n0:": "",
		"0::/system.slice/a.service:b.service/x\n": "a.service:b.service",
	} {
		if got := unitOfCgroup(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
