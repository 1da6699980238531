package edit

import "strings"

// Dialect is how a program deviates from a format of lines.
type Dialect string

// Dialects of programs.
const (
	Common Dialect = ""
	SSH    Dialect = "ssh" // names in any case, the first counts, Match and Host begin sections
	PHP    Dialect = "php" // a semicolon behind a value begins a comment

	Systemd     Dialect = "systemd"     // a backslash at the end continues a line, and indentation means nothing
	Sysctl      Dialect = "sysctl"      // quotes belong to the value; -name and a/b are name and a.b
	Environment Dialect = "environment" // /etc/environment, as pam_env reads it
	Dotenv      Dialect = "dotenv"      // .env, with many different readers
	Postgres    Dialect = "postgres"    // names in any case, a blank can replace '=', '' is a quote in quotes
	MySQL       Dialect = "mysql"       // # begins a comment behind a value, - and _ are equal in names
	Shadow      Dialect = "shadow"      // login.defs: a value is read up to a quote
	Pacman      Dialect = "pacman"      // boolean options are names alone
)

// rules are how lines of a format are read.
type rules struct {
	values   syntax
	blank    bool   // a blank separates name and value, otherwise '='
	colon    bool   // ':' separates them as well
	comments string // characters that begin a comment line
	sections bool   // [name]
	indented bool   // an indented line continues the value above
	shell    bool   // a shell reads the file, if its first separator has no blanks
	exported bool   // the word export may precede a name
	first    bool   // the first assignment counts, otherwise the last
	anyCase  bool   // the case of names does not matter
	match    bool   // the file is of ssh: Match and Host begin sections
	joined   bool   // a backslash at the end continues a line
	kernel   bool   // names are those of kernel parameters
	optional bool   // a blank can replace '='
	dashes   bool   // - and _ are equal in names
	exact    bool   // no blanks may be around the separator
	quoted   bool   // a value in quotes may have several lines
	hashes   bool   // a # behind a name begins a comment
	overall  bool   // a key counts in any section
	alone    alone  // the meaning of a name alone
}

func (d Dialect) rules(f Format) rules {
	switch f {
	case Space:
		return d.spaceRules()
	case INI:
		return d.iniRules()
	}
	switch d {
	case Sysctl:
		return rules{values: raw{}, comments: "#;", kernel: true}
	case Postgres:
		return rules{values: postgresValue{}, comments: "#", anyCase: true, optional: true}
	case Environment:
		return rules{values: pamValue{}, comments: "#", exported: true, joined: true, exact: true}
	case Dotenv:
		return rules{values: dotenv{}, comments: "#", exported: true, quoted: true}
	}
	return rules{values: shellWord{}, comments: "#", exported: true, shell: true}
}

func (d Dialect) spaceRules() rules {
	switch d {
	case SSH:
		return rules{values: sshWords{}, blank: true, comments: "#", first: true, anyCase: true, match: true}
	case Shadow:
		return rules{values: loginDefs{}, blank: true, comments: "#"}
	}
	return rules{values: raw{}, blank: true, comments: "#"}
}

func (d Dialect) iniRules() rules {
	switch d {
	case PHP:
		return rules{values: phpValue{}, comments: ";#", sections: true, overall: true}
	case Systemd:
		return rules{values: continued{}, comments: "#;", sections: true, joined: true}
	case MySQL:
		return rules{values: mysqlValue{}, comments: "#;", sections: true, dashes: true, hashes: true, alone: alone{isTrue: true, begins: "skip_ no_"}}
	case Pacman:
		return rules{values: raw{}, comments: "#", sections: true, alone: alone{isTrue: true, always: true}}
	}
	return rules{values: indented{}, colon: true, comments: "#;", sections: true, indented: true, alone: alone{isTrue: true}}
}

// syntaxOf is how the value of a name is written behind a separator.
func (f rules) syntaxOf(name, sep string) syntax {
	switch {
	case f.match:
		return sshWords{name}
	case f.shell && strings.TrimSpace(sep) != sep:
		return loose{}
	}
	return f.values
}
