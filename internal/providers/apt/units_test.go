package apt

import "testing"

// Which program a unit file starts.
func TestProgramOf(t *testing.T) {
	for text, want := range map[string]string{
		"[Service]\nExecStartPre=/bin/a\nExecStart=-/usr/sbin/b -c x\n": "/usr/sbin/b",
		"[Service]\nExecStart=\nExecStart = @/opt/c c":                  "/opt/c",
		"[Service]\nExecStart=env d\n":                                  "",
		"[Unit]\n":                                                      "",
	} {
		if got := programOf(text); got != want {
			t.Errorf("%q starts %q, want %q", text, got, want)
		}
	}
	if withoutUsr("/usr/sbin/x") != withoutUsr("/sbin/x") || withoutUsr("/usr/local/x") == withoutUsr("/local/x") {
		t.Error("paths of a merged /usr")
	}
}
