package resources

import "testing"

func TestPackageWith(t *testing.T) {
	for _, c := range []struct{ manager, key, want string }{
		{"apt", "program:/usr/sbin/visudo", "sudo"},
		{"apk", "program:visudo", "sudo"},
		{"apt", "program:sshd", "openssh-server"},
		{"pacman", "program:/usr/bin/sshd", "openssh"},
		{"apt", "unit:nginx.service", "nginx"},
		{"dnf", "unit:httpd.service", "httpd"},
		{"apt", "unit:nginx.socket", ""},
		{"apt", "path:/etc/nginx", "nginx"},
		{"apt", "path:/etc/sudoers.d", "sudo"},
		{"dnf", "path:/etc/cron.d", "cronie"},
		{"apk", "path:/etc/ssh", "openssh-server"},
		{"dnf", "path:/etc/nginx/sites-enabled", ""},
		{"apt", "path:/etc/nginx/sites-enabled", "nginx"},
		{"pacman", "path:/etc/httpd", "apache"},
		{"dnf", "path:/etc/apache2", ""},
		{"apt", "path:/etc/nginx/nginx.conf", "nginx"},
		{"apk", "path:/etc/haproxy/haproxy.cfg", "haproxy"},
		{"pacman", "path:/etc/ssh/sshd_config", "openssh"},
		{"dnf", "path:/etc/httpd/conf/httpd.conf", "httpd"},
		{"apt", "path:/etc/nginx/own.conf", ""},
		{"apt", "path:/etc/git", ""},
		{"dnf", "path:/etc/curl", ""},
		{"apk", "path:/etc/jq", ""},
		{"apt", "path:/etc/nginx.d", ""},
		{"apt", "path:/srv/nginx", ""},
		{"apt", "group:docker", ""},
		{"apt", "program:/opt/own", ""},
		{"", "program:visudo", ""},
	} {
		if got := PackageWith(c.manager, c.key); got != c.want {
			t.Errorf("%s, %s: got %q, want %q", c.manager, c.key, got, c.want)
		}
	}
}
