package edit

import (
	"path"
	"strings"
)

// KnownFiles are files whose format and dialect follow from their path.
type KnownFiles struct {
	Format  Format
	Dialect Dialect
	Reader  string // the program with this dialect, for people
	Headed  bool   // it has no keys above the first section: its reader skips them, or refuses the file

	// Names are patterns of the last name of a path, or of the last two. A pattern that begins with / matches the
	// whole path. * is any text of a name, ** any text.
	Names string // with blanks between them
}

// AllKnown lists them. The first that matches counts.
func AllKnown() []KnownFiles {
	all := allKnown()
	return all[:]
}

// allKnown is an array, which costs [Known] no memory: it is called often for each setting.
func allKnown() [17]KnownFiles {
	return [...]KnownFiles{
		{Space, SSH, "ssh and sshd", false, "sshd_config ssh_config sshd_config.d/* ssh_config.d/*"},
		{Space, Shadow, "shadow and util-linux", false, "login.defs"},
		{Space, Common, "", false, "chrony.conf ntp.conf resolv.conf host.conf"},
		{INI, PHP, "PHP", false, "php.ini /etc/php**.ini"},
		{KeyValue, Sysctl, "sysctl", false, "sysctl.conf sysctl.d/*"},
		{KeyValue, Postgres, "PostgreSQL", false, "postgresql.conf /etc/postgresql/**/conf.d/*"},
		{KeyValue, Environment, "pam_env", false, "/etc/environment"},
		{KeyValue, Dotenv, "what readers of `.env` agree on", false, ".env .env.* *.env"},
		{KeyValue, Common, "sh", false, "default/* sysconfig/* grub.d/* os-release locale.conf vconsole.conf adduser.conf deluser.conf environment"},
		{INI, Systemd, "systemd", true, "/etc/systemd/**.conf *.service *.socket *.timer *.mount *.path *.target *.slice *.automount *.swap *.network *.netdev *.link"},
		{INI, MySQL, "MySQL and MariaDB", true, "my.cnf .my.cnf mysql.cnf mysqld.cnf mariadb.cnf my.cnf.d/* /etc/mysql/**.cnf /etc/my.cnf.d/**.cnf"},
		{INI, Pacman, "pacman", true, "pacman.conf"},
		{INI, Common, "", true, "/etc/NetworkManager/**.conf dnf.conf yum.conf ansible.cfg setup.cfg *.repo *.desktop *.nmconnection"},
		{INI, Common, "", false, "*.ini"},
		{TOML, Common, "", false, "*.toml"},
		{YAML, Common, "", false, "/etc/cloud/**.cfg *.yaml *.yml"},
		{JSON, Common, "", false, "*.json *.jsonc *.hujson"},
	}
}

// Known returns the format and the dialect of a file by its path; "" if they are not
// known.
func Known(file string) (Format, Dialect) {
	k := knownAs(file)
	return k.Format, k.Dialect
}

// IsHeaded reports whether a file is known to have no keys above the first section.
func IsHeaded(file string) bool { return knownAs(file).Headed }

func knownAs(file string) KnownFiles {
	dir, base := path.Split(file)
	dir = path.Base(dir)
	all := allKnown()
	for i := range all {
		for names := all[i].Names; names != ""; {
			var name string
			if name, names, _ = strings.Cut(names, " "); mayFit(name, base) && fits(name, file, dir, base) {
				return all[i]
			}
		}
	}
	return KnownFiles{}
}

// mayFit compares the last character of a pattern, which excludes most of them.
func mayFit(pattern, base string) bool {
	last := pattern[len(pattern)-1]
	return last == '*' || base != "" && base[len(base)-1] == last
}

// fits reports whether a path, whose last two names are dir and base, matches a pattern of KnownFiles.
func fits(pattern, file, dir, base string) bool {
	begin, end, _ := strings.Cut(pattern, "*")
	switch {
	case strings.HasSuffix(end, "/*"): // behind **
		return strings.HasPrefix(file, begin) && dir == path.Base(path.Dir(pattern))
	case pattern[0] == '/' && strings.HasPrefix(end, "*"):
		return strings.HasPrefix(file, begin) && strings.HasSuffix(base, end[1:])
	case pattern[0] == '/':
		return file == pattern
	case strings.HasSuffix(begin, "/"):
		return dir == begin[:len(begin)-1]
	case len(begin) == len(pattern):
		return base == pattern
	}
	return strings.HasPrefix(base, begin) && strings.HasSuffix(base, end)
}

// OneName returns the one spelling of all names of a section and a key that mean the same setting.
func (d Dialect) OneName(f Format, section, key string) (oneSection, oneKey string) {
	if f.IsTyped() {
		return section, key
	}
	r := d.rules(f)
	return r.foldSection(section), r.fold(key)
}
