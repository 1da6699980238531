package edit

import "testing"

// TestIncluded shows the lines where a file includes others that override a key.
func TestIncluded(t *testing.T) {
	const ssh, mysql, postgres = "/etc/ssh/sshd_config", "/etc/mysql/my.cnf", "/etc/postgresql/15/main/postgresql.conf"
	for _, c := range []struct {
		file, src string
		want      int
	}{
		{ssh, "include x.d/*\nA 1\n", 1},
		{ssh, "A 1\nInclude x.d/*\n", 0},
		{ssh, "#Include y\nB 1\nInclude x.d/*\n", 3}, // a new one is added at the end
		{mysql, "A=1\n!includedir /etc/mysql/conf.d/\n", 2},
		{mysql, "!includedir /etc/mysql/conf.d/\nA=1\n", 0},
		{postgres, "A=1\ninclude_dir = 'conf.d'\n", 2},
		{postgres, "A=1\n#include_dir = 'conf.d'\n", 0},
		{postgres, "include = 'x'\n", 0},
	} {
		s := Setting{Key: "A", Value: "2"}
		s.Format, s.Dialect = Known(c.file)
		if got := NewMemo([]byte(c.src)).Included(&s); got != c.want {
			t.Errorf("%s %q: line %d, want %d", c.file, c.src, got, c.want)
		}
	}
}
