package edit

import (
	"strings"
	"testing"
)

// A boolean is written as the file's program reads it, in place of its opposite; a synonym is left as it is.
func TestBooleans(t *testing.T) {
	for _, c := range []struct {
		file, yes, no string
		same          string // more words for true, separated by blanks
		other         string // words that are not true
	}{
		{"/etc/ssh/sshd_config", "UsePAM yes\n", "UsePAM no\n", "yes Yes YES", "no true on 1"},
		{"/etc/login.defs", "USERGROUPS_ENAB yes\n", "USERGROUPS_ENAB no\n", "yes YES", "true 1"},
		{"/etc/systemd/logind.conf", "KillUserProcesses=yes\n", "KillUserProcesses=no\n", "yes true True on 1 y t", "no off maybe"},
		{"/etc/php/8.2/fpm/php.ini", "expose_php = On\n", "expose_php = Off\n", "On on yes True 1", "Off none 0 2"},
		{"/etc/mysql/my.cnf", "skip_networking = ON\n", "skip_networking = OFF\n", "ON on TRUE 1", "yes OFF"},
		{"/etc/postgresql/15/main/postgresql.conf", "fsync = on\n", "fsync = off\n", "on ON yes y true tr t 1", "of off no o"},
		{"/etc/sysctl.d/x.conf", "net.ipv4.ip_forward = 1\n", "net.ipv4.ip_forward = 0\n", "1", "0 true yes"},
		{"/srv/.env", "DEBUG=true\n", "DEBUG=false\n", "true", "True 1 yes"},
		{"/etc/app.ini", "debug = true\n", "debug = false\n", "true", "True 1 yes on"},
		{"/etc/default/x", "ENABLED=true\n", "ENABLED=false\n", "true", "True 1 yes"},
		{"/etc/app.toml", "debug = true\n", "debug = false\n", "true", "\"yes\" 1"},
		{"/etc/app.yaml", "debug: true\n", "debug: false\n", "true True", "\"true\" 1 yes"},
	} {
		format, dialect := Known(c.file)
		key := strings.FieldsFunc(c.yes, func(r rune) bool { return strings.ContainsRune(" =:", r) })[0]
		set := func(text string, value bool) (string, bool) {
			t.Helper()
			s := &Setting{Format: format, Dialect: dialect, Key: key, Value: value}
			if err := s.Check(); err != nil {
				t.Fatal(c.file, err)
			}
			state, err := Look([]byte(text), s)
			if err != nil {
				t.Fatal(c.file, err)
			}
			out, err := Edit([]byte(text), []Part{s})
			if err != nil {
				t.Fatal(c.file, err)
			}
			return string(out), state.Right
		}
		if got, _ := set(c.yes, false); got != c.no {
			t.Errorf("%s: false is written %q", c.file, got)
		}
		if got, _ := set(c.no, true); got != c.yes {
			t.Errorf("%s: true is written %q", c.file, got)
		}
		word := strings.TrimSpace(c.yes[len(key)+1:])
		word = strings.TrimSpace(strings.TrimLeft(word, "="))
		for _, same := range strings.Fields(c.same) {
			text := strings.Replace(c.yes, word+"\n", same+"\n", 1)
			if got, right := set(text, true); got != text || !right {
				t.Errorf("%s: %q becomes %q, right %v", c.file, text, got, right)
			}
		}
		for _, other := range strings.Fields(c.other) {
			text := strings.Replace(c.yes, word+"\n", other+"\n", 1)
			if got, right := set(text, true); got != c.yes || right {
				t.Errorf("%s: %q becomes %q, right %v", c.file, text, got, right)
			}
		}
	}
}
