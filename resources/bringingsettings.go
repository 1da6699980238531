package resources

import (
	"path"
	"strings"
)

// bringerOfSettings returns the package that contains a folder or a file of /etc, itself or by what it requires. A package that has
// the name of a folder need not contain it (git has no /etc/git), and distributions divide their settings
// differently: a folder is here only for those whose package is known to bring it, and else has to be declared.
func bringerOfSettings(at string) bringer {
	at, _ = strings.CutPrefix(at, "/etc/")
	switch at {
	case "sudoers.d":
		return everywhere("sudo")
	case "ssh":
		return bringerOf("sshd")
	case "ssh/sshd_config.d":
		return bringer{apt: "openssh-server", dnf: "openssh-server"}
	case "cron.d":
		return bringer{apt: "cron", dnf: "cronie", zypper: "cronie", pacman: "cronie"}
	case "logrotate.d":
		return bringer{apt: "logrotate", dnf: "logrotate", zypper: "logrotate", pacman: "logrotate"}
	case "rsyslog.d":
		return bringer{apt: "rsyslog", dnf: "rsyslog", zypper: "rsyslog"}
	case "chrony":
		return bringer{apt: "chrony", apk: "chrony"}
	case "bind":
		return bringer{apt: "bind9", apk: "bind"}
	case "samba":
		return bringer{apt: "samba", dnf: "samba"}
	case "dnsmasq.d":
		return bringer{apt: "dnsmasq", dnf: "dnsmasq"}
	case "nginx", "haproxy", "postfix", "squid", "unbound":
		return everywhere(at)
	case "nginx/nginx.conf", "haproxy/haproxy.cfg", "postfix/main.cf", "postfix/master.cf", "squid/squid.conf", "unbound/unbound.conf":
		return everywhere(path.Dir(at))
	case "ssh/sshd_config":
		return bringer{apt: "openssh-server", dnf: "openssh-server", pacman: "openssh", apk: "openssh-server"}
	case "fail2ban", "fail2ban/jail.d", "fail2ban/filter.d", "fail2ban/action.d", "fail2ban/jail.conf", "fail2ban/fail2ban.conf":
		return everywhere("fail2ban")
	}
	return bringerOfWebSettings(at)
}

// bringerOfWebSettings is [bringerOfSettings] for servers of web pages.
func bringerOfWebSettings(at string) bringer {
	switch at {
	case "nginx/conf.d":
		return bringer{apt: "nginx", dnf: "nginx", zypper: "nginx"}
	case "nginx/sites-available", "nginx/sites-enabled", "nginx/modules-enabled", "nginx/snippets":
		return bringer{apt: "nginx"}
	case "apache2":
		return bringer{apt: "apache2", zypper: "apache2", apk: "apache2"}
	case "apache2/conf.d":
		return bringer{zypper: "apache2", apk: "apache2"}
	case "apache2/apache2.conf", "apache2/sites-available", "apache2/sites-enabled", "apache2/conf-available", "apache2/conf-enabled",
		"apache2/mods-available", "apache2/mods-enabled":
		return bringer{apt: "apache2"}
	case "httpd", "httpd/conf", "httpd/conf/httpd.conf":
		return bringer{dnf: "httpd", pacman: "apache"}
	case "httpd/conf.d":
		return bringer{dnf: "httpd"}
	case "caddy", "caddy/Caddyfile":
		return bringer{apt: "caddy", dnf: "caddy", pacman: "caddy", apk: "caddy"}
	}
	return bringer{}
}
