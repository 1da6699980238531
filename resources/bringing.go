package resources

import (
	"path"
	"strings"

	"converge/internal/resource"
)

// bringer is the package that brings a program, as each family of distributions calls it.
type bringer struct{ apt, dnf, zypper, pacman, apk string }

// everywhere is a package that has one name in all families.
func everywhere(name string) bringer { return bringer{name, name, name, name, name} }

// of is its name in the words of a package manager.
func (b bringer) of(manager string) string {
	return map[string]string{"apt": b.apt, "dnf": b.dnf, "zypper": b.zypper, "pacman": b.pacman, "apk": b.apk}[manager]
}

// PackageWith returns the package that brings a thing, in the words of a package manager, by the key of
// that thing: a program ("program:/usr/sbin/visudo"), its unit ("unit:nginx.service"), or its folder
// or file of settings ("path:/etc/sudoers.d"). "" means that none is known. No file of a machine tells that before the
// package is there, so the names are written here of what people check files with and start most often.
func PackageWith(manager, key string) string {
	what, name, _ := strings.Cut(key, ":")
	name = resource.DecodeBytes(name)
	switch what {
	case "program":
		name = path.Base(name)
	case "unit":
		name = strings.TrimSuffix(name, ".service")
	case "path":
		return bringerOfSettings(name).of(manager)
	default:
		return ""
	}
	return bringerOf(name).of(manager)
}

func bringerOf(program string) bringer {
	switch program {
	case "visudo":
		return everywhere("sudo")
	case "sshd", "ssh":
		return bringer{"openssh-server", "openssh-server", "openssh-server", "openssh", "openssh-server"}
	case "cron", "crond":
		return bringer{"cron", "cronie", "cronie", "cronie", "cronie"}
	case "apache2", "apache2ctl", "apachectl", "httpd":
		return bringer{"apache2", "httpd", "apache2", "apache", "apache2"}
	case "named", "named-checkconf", "named-checkzone":
		return bringer{"bind9", "bind", "bind", "bind", "bind"}
	case "docker":
		return bringer{"docker.io", "moby-engine", "docker", "docker", "docker"}
	case "unbound-checkconf":
		return everywhere("unbound")
	case "nft":
		return everywhere("nftables")
	case "iptables-restore", "ip6tables-restore":
		return everywhere("iptables")
	case "rsyslogd":
		return everywhere("rsyslog")
	case "chronyd":
		return everywhere("chrony")
	case "smbd", "testparm":
		return everywhere("samba")
	case "nginx", "haproxy", "squid", "caddy", "dnsmasq", "unbound", "postfix", "logrotate", "chrony", "nftables", "rsyslog",
		"keepalived", "monit", "rsync", "git", "curl", "jq", "certbot", "fail2ban", "samba", "ufw":
		return everywhere(program)
	}
	return bringer{}
}
