package edit

import (
	"path"
	"strings"
)

// Dialect is what a program does differently with a format of lines.
type Dialect string

// The dialects.
const (
	Common Dialect = ""
	SSH    Dialect = "ssh" // names in any case, the first counts, Match and Host begin sections
	PHP    Dialect = "php" // a semicolon behind a value begins a comment

	Systemd  Dialect = "systemd"  // a backslash at its end continues a line, and indentation means nothing
	Sysctl   Dialect = "sysctl"   // quotes belong to the value; -name and a/b are name and a.b
	Plain    Dialect = "plain"    // a value may have blanks without quotes: no shell reads it
	Postgres Dialect = "postgres" // names in any case, a blank does for '=', '' is a quote in quotes
	Option   Dialect = "option"   // of MySQL, OpenSSL: # begins a comment behind a value
)

// rules are how lines of a format are read.
type rules struct {
	blank    bool   // a blank separates name and value, otherwise '='
	colon    bool   // ':' separates them as well
	comments string // characters that begin a comment line
	trailing string // characters that begin a comment behind a value and a blank
	sections bool   // [name]
	indented bool   // an indented line continues the value above
	quoted   bool   // values may be in quotes, as in shells
	first    bool   // the first assignment counts, otherwise the last
	anyCase  bool   // names are the same in any case
	match    bool   // Match and Host begin sections
	glued    bool   // a comment behind a value needs no blank before it
	joined   bool   // a backslash at its end continues a line
	words    bool   // a value may have blanks without quotes
	kernel   bool   // names are those of parameters of the kernel
	optional bool   // a blank does for '='
	escaped  bool   // values may be in single quotes, with escapes
}

func (d Dialect) rules(f Format) rules {
	switch {
	case f == Space && d == SSH:
		return rules{blank: true, comments: "#", trailing: "#", first: true, anyCase: true, match: true}
	case f == Space:
		return rules{blank: true, comments: "#"}
	case f == INI && d == PHP:
		return rules{comments: ";#", trailing: ";", sections: true, glued: true}
	case f == INI && d == Systemd:
		return rules{comments: "#;", sections: true, joined: true}
	case f == INI && d == Option:
		return rules{comments: "#;", trailing: "#", sections: true, glued: true}
	case f == INI:
		return rules{colon: true, comments: "#;", sections: true, indented: true}
	}
	switch d {
	case Sysctl:
		return rules{comments: "#;", kernel: true}
	case Postgres:
		return rules{comments: "#", trailing: "#", glued: true, anyCase: true, optional: true, escaped: true}
	}
	return rules{comments: "#", trailing: "#", quoted: true, words: d == Plain}
}

// Known returns the format and the dialect of a file by its path; "" if they are not
// known.
func Known(file string) (Format, Dialect) {
	base, dir := path.Base(file), path.Base(path.Dir(file))
	switch {
	case base == "sshd_config", base == "ssh_config", dir == "sshd_config.d", dir == "ssh_config.d":
		return Space, SSH
	case base == "login.defs", base == "chrony.conf", base == "ntp.conf", base == "resolv.conf", base == "host.conf":
		return Space, Common
	case base == "php.ini", strings.HasPrefix(file, "/etc/php") && strings.HasSuffix(base, ".ini"):
		return INI, PHP
	case base == "sysctl.conf", dir == "sysctl.d":
		return KeyValue, Sysctl
	case base == "postgresql.conf", dir == "conf.d" && strings.HasPrefix(file, "/etc/postgresql/"):
		return KeyValue, Postgres
	case base == "environment":
		return KeyValue, Plain
	case dir == "default", dir == "sysconfig", dir == "grub.d",
		base == "os-release", base == "locale.conf", base == "vconsole.conf", base == "adduser.conf", base == "deluser.conf":
		return KeyValue, Common
	case strings.HasPrefix(file, "/etc/systemd/") && strings.HasSuffix(base, ".conf"):
		return INI, Systemd
	case strings.HasPrefix(file, "/etc/NetworkManager/") && strings.HasSuffix(base, ".conf"),
		base == "dnf.conf", base == "yum.conf", base == "pacman.conf":
		return INI, Common
	}
	return byExtension(path.Ext(base))
}

func byExtension(ext string) (Format, Dialect) {
	switch ext {
	case ".ini", ".cfg", ".repo", ".desktop", ".nmconnection":
		return INI, Common
	case ".cnf":
		return INI, Option
	case ".service", ".socket", ".timer", ".mount", ".network", ".netdev", ".link":
		return INI, Systemd
	case ".toml":
		return TOML, Common
	case ".yaml", ".yml":
		return YAML, Common
	case ".json", ".jsonc", ".hujson":
		return JSON, Common
	case ".env":
		return KeyValue, Plain
	}
	return "", Common
}
