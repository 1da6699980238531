package edit

import "testing"

// TestDialects shows how a value is written so that the file's program reads that value, or why that is impossible.
// These texts were checked with OpenSSH 9.2, PHP 8.2, MariaDB 10.11 and PostgreSQL 15; pam_env of Linux-PAM 1.5; dash,
// bash and systemd 252; godotenv, compose-go, dotenv for Node and for Python. The behaviour of shadow and util-linux
// with login.defs is from their sources.
func TestDialects(t *testing.T) {
	const (
		ssh, pam, env, shell = "/etc/ssh/sshd_config", "/etc/environment", "/srv/.env", "/etc/default/x"
		php, mysql, postgres = "/etc/php/8.2/cli/php.ini", "/etc/mysql/my.cnf", "/etc/postgresql/15/main/postgresql.conf"
		defs, unit, ini      = "/etc/login.defs", "/etc/systemd/system/x.service", "/etc/x.ini"
		sysctl, redis        = "/etc/sysctl.d/x.conf", "/etc/chrony.conf"
	)
	for _, c := range []struct{ file, key, before, value, after string }{
		{ssh, "AllowGroups", `AllowGroups "domain users"`, "a b", `AllowGroups a b`},
		{ssh, "AllowGroups", `AllowGroups a`, `"domain users" wheel`, `AllowGroups "domain users" wheel`},
		{ssh, "AllowGroups", `AllowGroups "domain users"`, `domain users`, `AllowGroups domain users`},
		{ssh, "AllowGroups", `AllowGroups a # c`, `b\ c`, `AllowGroups b\ c # c`},
		{ssh, "AllowGroups", `AllowGroups a # c`, `b\`, "!line 1: the value cannot be written in a file of the format space: a part of it, or what is behind it, would be read as a comment, a separator or quotes"},
		{ssh, "AllowGroups", `AllowGroups a`, `a #b`, "!the value has a word that begins with #, which is a comment: quotes belong to the value here, and the word needs them"},
		{ssh, "AllowGroups", `AllowGroups a`, `a#b "#c"`, `AllowGroups a#b "#c"`},
		{ssh, "AllowGroups", `AllowGroups a`, `it's`, "!the value has a quote without its end, which ssh refuses"},
		{ssh, "AllowGroups", `AllowGroups a`, ``, "!the value must not be empty: ssh refuses an option without one"},
		{ssh, "AllowGroups", `AllowGroups a`, `=a`, "!the value cannot be written in a file of the format space: a part of it, or what is behind it, would be read as a comment, a separator or quotes"},
		{ssh, "AllowGroups", `AllowGroups=a`, `é`, "AllowGroups=é"},
		{ssh, "Banner", `Banner /etc/issue`, `/etc/my banner`, "!the value has 2 words, and Banner takes one: quotes belong to the value here, and a word with a blank needs them (\"\\\"/etc/my banner\\\"\")"},
		{ssh, "Banner", `Banner /etc/issue`, `"/etc/my banner"`, `Banner "/etc/my banner"`},
		{ssh, "ForceCommand", `ForceCommand a # b`, `a`, `ForceCommand a`},
		{ssh, "ForceCommand", `ForceCommand a`, `a # it's`, `ForceCommand a # it's`},
		{ssh, "KbdInteractiveAuthentication", `ChallengeResponseAuthentication yes`, `no`, `ChallengeResponseAuthentication no`},

		{pam, "A", `A=1`, `a b`, `A="a b"`},
		{pam, "A", `A="1"`, `it's`, `A="it's"`},
		{pam, "A", `A='1'`, `it's`, `A="it's"`},
		{pam, "A", `A="1"`, `$HOME\x`, `A='$HOME\x'`},
		{pam, "A", `A=1`, `it's "b"\`, `A="it's "b"\"`},
		{pam, "A", `A=1`, `a#b`, "!the value has a # in it, which begins a comment in this file, even in quotes: pam_env cannot read such a value"},
		{pam, "A", `A=1 # c`, `1`, `A=1`}, // the blank belongs to the old value
		{pam, "A", `export A=1`, `2`, `export A=2`},
		{pam, "A", `A = 1`, `2`, "A = 1\nA=2"}, // pam_env reads no variable from the first line
		{pam, "A", `A="1`, `1`, `A="1`},
		{pam, "A", `A=1`, ``, `A=`},
		{pam, "A", `A=1`, ` é `, `A=" é "`},
		{pam, "A", "A=1\\\n2", `3`, "!line 1: the value is continued in the next line, which is not supported"},
		{pam, "B", "A=1 # \\\nB=2", `3`, "A=1 # \\\nB=3"},

		{env, "A", `A=1 # c`, `a b`, `A="a b" # c`},
		{env, "A", `A=1`, `a#b;c`, `A="a#b;c"`},
		{env, "A", `A="1"`, `$2y$10$x\d`, `A='$2y$10$x\d'`},
		{env, "A", `A='1'`, `it's`, `A="it's"`},
		{env, "A", `A=1`, `it's $5`, "!the value has a ' and one of \" \\ $ ` in it: programs that read .env files do not agree on what this value is"},
		{env, "A", `A=1`, `${B}`, "!the value has ${ in it, which some programs replace even in quotes: programs that read .env files do not agree on what this value is"},
		{env, "A", `A=1`, `a\\b`, "!the value has two backslashes in a row, or one at its end: programs that read .env files do not agree on what this value is"},
		{env, "A", `A=a#b`, `a#b`, "!line 1: programs that read .env files do not agree on what this value is"},
		{env, "A", `A=a#b # c`, `1`, `A=1 # c`},
		{env, "A", `A=C:\x`, `C:x`, `A=C:x`},
		{env, "A", `A="a\nb"`, `1`, `A="1"`},
		{env, "A", `A="${B}"`, `1`, `A="1"`},
		{env, "A", `A=it's`, `its`, `A=its`},
		{env, "A", `A="1" x`, `1`, "!line 1: the line is more than an assignment, which is not supported"},
		{env, "A", `A=1 # c`, ``, `A="" # c`},
		{env, "A", `A=1`, "\u00a0", "A=\"\u00a0\""},
		{env, "A", `A=1`, `a=b`, `A=a=b`},

		{shell, "A", `A=1`, `a=b,c`, `A=a=b,c`},
		{shell, "A", `export A=1`, `{a,b}`, `export A="{a,b}"`},
		{shell, "A", `A=1`, `~/x`, `A="~/x"`},
		{shell, "A", `A=~/x`, `1`, "!line 1: the value is made of a variable, which is not supported"},
		{shell, "A", `A=a\ b"c"'d'`, `a bcd`, `A=a\ b"c"'d'`},
		{shell, "A", `A=$1`, `1`, "!line 1: the value is made of a variable, which is not supported"},
		{shell, "A", `A='1' # it's`, `it's "$x" \`, "A=\"it's \\\"\\$x\\\" \\\\\" # it's"},
		{shell, "A", `A=1`, ``, `A=`},
		{shell, "A", `A=1&`, `1`, "!line 1: the line is more than an assignment, which is not supported"},
		{shell, "A", `A = 1`, `x # y`, `A = "x # y"`},

		{php, "a", `a = 1`, `x;y`, `a = "x;y"`},
		{php, "a", `a = 1`, `x=y`, `a = "x=y"`},
		{php, "a", `a = 1 ; c`, `it's`, `a = "it's" ; c`},
		{php, "a", `a = "1"`, `C:\x "y" ${z}`, `a = "C:\\x \"y\" \${z}"`},
		{php, "a", `a = '1'`, `$x\`, `a = '$x\'`},
		{php, "a", `a = 1`, `E_ALL & ~E_NOTICE`, `a = E_ALL & ~E_NOTICE`},
		{php, "a", `a = 1`, `E_ALL!`, `a = "E_ALL!"`},
		{php, "a", `a = 1`, `on the way`, `a = "on the way"`},
		{php, "a", `a = 1`, `On`, `a = On`},
		{php, "a", `a = ${HOME}`, `1`, "!line 2: the value is made of a variable, which is not supported"},
		{php, "a", `a = 1`, ``, `a = `},
		{php, "a", `a = 1`, `x # é`, `a = x # é`},

		{mysql, "a", `a = 1 # c`, `x#y`, `a = "x#y" # c`},
		{mysql, "a", `a = 1 # c`, `it's`, `a = "it's" # c`},
		{mysql, "a", `a = '1'`, `x"y`, `a = 'x"y'`},
		{mysql, "a", `a = "1"`, `x"\y`, `a = "x\"\\y"`},
		{mysql, "a", `a = C:\temp`, `C:\temp`, `a = C:\\temp`}, // it was read as C:, a tab and emp
		{mysql, "a", `a = C:\dir`, `C:\dir`, `a = C:\dir`},
		{mysql, "a", `a = 1`, ` x;`, `a = " x;"`},
		{mysql, "a_b", `a-b = 1`, `2`, `a-b = 2`},
		{mysql, "a", `a = 1`, ``, `a = `},

		{postgres, "a", `a = 1 # c`, `it's \ #`, `a = 'it''s \\ #' # c`},
		{postgres, "a", `a = 1`, ``, `a = ''`},
		{postgres, "a", `a = 1`, `$user, é`, `a = '$user, é'`},

		{defs, "A", `A 1`, `a b`, `A a b`},
		{defs, "A", `A "1"`, `2`, `A "2"`},
		{defs, "A", `A "1"`, `1`, `A "1"`},
		{defs, "A", `A 1`, ``, `A ""`},
		{defs, "A", `A 1`, `a#b`, "!the value has a \" or a # in it, which programs read as its end"},
		{defs, "A", `A 1`, `=a`, "!the value begins with = or ', which some programs take away"},

		{unit, "a", `a=1`, `x ; y # "z"`, `a=x ; y # "z"`},
		{unit, "a", `a="1"`, `1`, `a=1`},
		{unit, "a", `a=1`, `x\`, "!the value must not end with a backslash: the next line would be a part of it"},
		{unit, "a", `a=1`, ` x`, "!the value must not begin or end with a blank"},
		{unit, "a", `a=1`, ``, `a=`},
		{ini, "a", `a = "1"`, `1`, `a = 1`},
		{ini, "a", `a = "1"`, `"2"`, `a = "2"`},
		{ini, "a", `a = 1`, `x # y`, `a = x # y`},

		{sysctl, "a.b", `a.b = 1`, `"x" # y`, `a.b = "x" # y`},
		{redis, "a", `a "b c"`, `b c`, `a b c`},
		{redis, "a", `a b`, `""`, `a ""`},
	} {
		s := Setting{Key: c.key, Value: c.value}
		s.Format, s.Dialect = Known(c.file)
		before, after := c.before+"\n", c.after+"\n"
		if s.Format == INI {
			s.Section = []string{"s"}
			before, after = "[s]\n"+before, "[s]\n"+after
		}
		got := ""
		if err := s.Check(); err != nil {
			got = "!" + err.Error()
		} else if out, err := Edit([]byte(before), []Part{&s}); err != nil {
			got = "!" + err.Error()
		} else {
			got = string(out)
		}
		if want := after; got != want && (got[0] != '!' || got != c.after) {
			t.Errorf("%s: %s, wanted %q:\n got  %q\n want %q", c.file, c.before, c.value, got, want)
		}
	}
}
