package edit

import (
	"path"
	"slices"
	"strings"
	"testing"
)

func TestKnown(t *testing.T) {
	for file, want := range map[string]string{
		"/etc/ssh/sshd_config": "space ssh", "/etc/ssh/sshd_config.d/50-x.conf": "space ssh", "/etc/login.defs": "space shadow",
		"/etc/chrony/chrony.conf": "space ", "/etc/php/8.2/fpm/conf.d/20-x.ini": "ini php", "/srv/php.ini": "ini php", "/srv/x.ini": "ini ",
		"/etc/sysctl.d/x": "keyvalue sysctl", "/etc/postgresql/15/main/postgresql.conf": "keyvalue postgres",
		"/etc/postgresql/15/main/conf.d/x.conf": "keyvalue postgres", "/etc/postgresql/15/main/pg_hba.conf": " ",
		"/etc/environment": "keyvalue environment", "/srv/.env": "keyvalue dotenv", "/srv/.env.local": "keyvalue dotenv", "/srv/x.env": "keyvalue dotenv",
		"/etc/default/grub": "keyvalue ", "/etc/default/grub.d/x.cfg": "keyvalue ", "/etc/systemd/journald.conf.d/x.conf": "ini systemd",
		"/etc/systemd/system/x.service": "ini systemd", "/etc/systemd/network/x.network": "ini systemd", "/etc/mysql/conf.d/x.cnf": "ini mysql",
		"/etc/NetworkManager/conf.d/x.conf": "ini ", "/etc/yum.repos.d/x.repo": "ini ", "/x.toml": "toml ", "/x.yml": "yaml ", "/x.hujson": "json ",
		"/etc/my.cnf": "ini mysql", "/root/.my.cnf": "ini mysql", "/etc/my.cnf.d/server.cnf": "ini mysql", "/etc/mysql/mariadb.conf.d/50-server.cnf": "ini mysql",
		"/etc/ssl/openssl.cnf": " ", "/etc/pki/tls/openssl.cnf": " ", "/srv/app.conf": " ",
		"/etc/cloud/cloud.cfg": "yaml ", "/etc/cloud/cloud.cfg.d/x.cfg": "yaml ", "/etc/haproxy/haproxy.cfg": " ", "/boot/grub/grub.cfg": " ", "/etc/ansible/ansible.cfg": "ini ", "/srv/sshd_config/x": " ",
	} {
		if f, d := Known(file); string(f)+" "+string(d) != want {
			t.Errorf("%s: %q %q, want %q", file, f, d, want)
		}
	}
}

// FuzzKnown: the result is the first matching pattern, although the search skips patterns by comparing the ends of
// names.
func FuzzKnown(f *testing.F) {
	for _, file := range []string{"", "/", "/etc/my.cnf", "/etc/default/", "/etc/my.cnf.d/x.cnf", ".env.", "/etc/postgresql/conf.d/x", "ä"} {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file string) {
		var format Format
		var dialect Dialect = Common
		dir, base := path.Split(file)
		for _, k := range slices.Backward(AllKnown()) {
			for name := range strings.SplitSeq(k.Names, " ") {
				if fits(name, file, path.Base(dir), base) {
					format, dialect = k.Format, k.Dialect
				}
			}
		}
		if got, of := Known(file); got != format || of != dialect {
			t.Errorf("%q: %q %q, want %q %q", file, got, of, format, dialect)
		}
	})
}
